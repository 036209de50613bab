"""The other side of the loopback channel: a server that answers at once and remembers when it was told what."""

import asyncio
import json
import threading
import time

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"id": "x"}'


class Provider(asyncio.Protocol):
    """As little HTTP as a client of ours speaks."""

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
            body, self.waiting = self.waiting[end + 4 : end + 4 + length], self.waiting[end + 4 + length :]
            self.heard[json.loads(body)["body"]] = time.time()
            self.transport.write(ANSWER)


class Served:
    """Runs in a thread of its own; `url` is its address, `heard` what came in and when."""

    def __enter__(self):
        self.heard: dict[str, float] = {}
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self.serve, args=[ready], daemon=True).start()
        ready.wait()
        return self

    def serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(self.loop.create_server(lambda: Provider(self.heard), "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        ready.set()
        self.loop.run_forever()

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
