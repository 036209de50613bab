"""A TCP proxy in a thread: what goes through it can be held up, as by a network that loses
everything, or cut."""

import asyncio
import contextlib
import threading

from crm_project.runtime.ports import free_port


class Proxy:
    """127.0.0.1:port leads to the target. `silent`: connections stay open, new ones are taken, and
    nothing passes any more."""

    def __init__(self, target: int):
        self.target, self.port = target, free_port()
        self.loop = asyncio.new_event_loop()
        self.writers: set[asyncio.StreamWriter] = set()

    def __enter__(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(5)
        return self

    def __exit__(self, *_):
        self.cut()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    async def _listen(self):
        self.passing = asyncio.Event()
        self.passing.set()
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def _connected(self, reader, writer):
        with contextlib.suppress(OSError):
            there, to_there = await asyncio.open_connection("127.0.0.1", self.target)
            self.writers |= {writer, to_there}
            await asyncio.gather(self._pump(reader, to_there), self._pump(there, writer))

    async def _pump(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self.passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    def silence(self) -> None:
        self.loop.call_soon_threadsafe(self.passing.clear)

    def speak(self) -> None:
        """Also those go on that are connected: what was lost comes late, as from a network that was
        away."""
        self.loop.call_soon_threadsafe(self.passing.set)

    def cut(self) -> None:
        """Every connection is reset."""

        def abort():
            for writer in self.writers:
                writer.transport.abort()
            self.writers.clear()

        self.loop.call_soon_threadsafe(abort)
