"""The other side of the loopback channel: a server in a process of its own that answers at once and
remembers when it was told what."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request

from benchmarks.environment import started

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
TAKEN = ANSWER % (11, b'{"id": "x"}')


class Provider(asyncio.Protocol):
    """As little HTTP as a client of ours speaks. A GET is told what was heard since the last
    one."""

    def __init__(self, heard: dict[str, float]):
        self.heard, self.waiting = heard, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            lower = self.waiting[:end].lower()
            length = int(lower.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self.waiting) < end + 4 + length:
                return
            body, self.waiting = (
                self.waiting[end + 4 : end + 4 + length],
                self.waiting[end + 4 + length :],
            )
            self.transport.write(self.told() if lower.startswith(b"get") else self.taken(body))

    def taken(self, body: bytes) -> bytes:
        self.heard[json.loads(body)["body"]] = time.time()
        return TAKEN

    def told(self) -> bytes:
        body = json.dumps(self.heard).encode()
        self.heard.clear()
        return ANSWER % (len(body), body)


class Served:
    """The running server: `url` is its address, `pid` its process."""

    def __enter__(self):
        self.process = started(
            [sys.executable, "-m", "benchmarks.provider"], stdout=subprocess.PIPE
        )
        self.url, self.pid = self.process.stdout.readline().decode().strip(), self.process.pid
        return self

    def heard(self) -> dict[str, float]:
        """What came in since the last time, and when."""
        with urllib.request.urlopen(self.url) as answer:
            return json.loads(answer.read())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


async def serve() -> None:
    heard: dict[str, float] = {}
    server = await asyncio.get_running_loop().create_server(lambda: Provider(heard), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
