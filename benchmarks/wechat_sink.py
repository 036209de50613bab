"""WeChat as far as a fan-out needs it: a token, and a number for each message, answered at once."""

import asyncio
import itertools
import json
import subprocess
import sys
import time

from benchmarks import provider
from benchmarks.environment import started

TOKEN = json.dumps({"access_token": "t" * 40, "expires_in": 7200}).encode()
_numbers = itertools.count(int(time.time()) * 1_000_000)


class Sink(provider.Provider):
    def taken(self, body: bytes) -> bytes:
        if b'"grant_type"' in body:
            return provider.ANSWER % (len(TOKEN), TOKEN)
        said = b'{"errcode":0,"errmsg":"ok","msgid":%d}' % next(_numbers)
        return provider.ANSWER % (len(said), said)


class Served(provider.Served):
    def __enter__(self):
        words = [sys.executable, "-m", "benchmarks.wechat_sink"]
        self.process = started(words, stdout=subprocess.PIPE)
        self.url, self.pid = self.process.stdout.readline().decode().strip(), self.process.pid
        return self


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Sink({}), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
