"""A proxy that loses answers: the server has committed and said so, and the client never hears of
it."""

import asyncio
import threading


class LossyProxy:
    """Passes requests on; of the answers every other one is cut off, beginning with the first."""

    def __init__(self, port: int):
        self.upstream = port
        self.port = 0
        self.answers = self.lost = 0
        self.loop = asyncio.new_event_loop()

    def __enter__(self):
        started = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(started,), daemon=True)
        self.thread.start()
        assert started.wait(5)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                answer = await self.asked(await message(reader))
                self.answers += 1
                if self.answers % 2:
                    self.lost += 1
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.transport.abort()

    async def asked(self, request: bytes) -> bytes:
        """The whole answer: when it is here, the server has committed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        writer.write(request)
        await writer.drain()
        answer = await message(reader)
        writer.close()
        return answer


async def message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP message with a Content-Length, or without a body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line[15:])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    return head + await reader.readexactly(length)
