"""Bodies as they come in: how much of what was read belongs to one, and where it is kept
meanwhile."""

import re
from io import BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO

from crm_project.runtime.front.heads import Bad
from crm_project.runtime.front.limits import MEMORY_BYTES, MOST_HEAD_BYTES

MOST_LINE_BYTES = 1024  # of a chunk's size with what is said beside it
_size = re.compile(rb"([0-9A-Fa-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?").fullmatch
_trailers = re.compile(
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n"
).fullmatch
NOT_CHUNKED = "The body is not chunked as Transfer-Encoding says."


class BodyBytes:
    """Bytes in memory, and from MEMORY_BYTES on in a file."""

    def __init__(self):
        self.memory = bytearray()
        self.size = 0
        self.file = None

    def add(self, data: bytes | memoryview) -> None:
        self.size += len(data)
        if self.file is None and self.size > MEMORY_BYTES:
            self.file = TemporaryFile()  # noqa: SIM115 (closed with us)
            self.file.write(self.memory)
            self.memory = bytearray()
        if self.file:
            self.file.write(data)
        else:
            self.memory += data

    def reader(self) -> BinaryIO:
        """What to read it from, from its beginning."""
        if self.file is None:
            return BytesIO(self.memory)
        self.file.seek(0)
        return self.file

    def close(self) -> None:
        self.memory = bytearray()
        if self.file:
            self.file.close()


class Sized:
    """A body whose length was told before."""

    def __init__(self, length: int):
        self.kept, self.left = BodyBytes(), length

    @property
    def is_whole(self) -> bool:
        return not self.left

    @property
    def announced(self) -> int:
        return self.kept.size + self.left

    def take(self, data: bytes) -> bytes:
        """What of `data` comes after the body."""
        mine = data[: self.left]
        self.left -= len(mine)
        self.kept.add(mine)
        return data[len(mine) :]


class Chunked:
    """A body in chunks. What it says beside the data (extensions, trailers) is forgotten."""

    def __init__(self):
        self.kept = BodyBytes()
        self.left = 0  # of the chunk that is being read, with the line's end after it
        self.is_whole = self.is_last = False
        self.line = b""

    @property
    def announced(self) -> int:
        return self.kept.size + max(0, self.left - 2)

    def take(self, data: bytes) -> bytes:
        """What of `data` comes after the body; Bad where it is none."""
        data, self.line = self.line + data, b""
        at = 0
        while at < len(data) and not self.is_whole:
            if self.left > 2:
                at = self.content(data, at)
            elif self.left:
                at = self.end_of_chunk(data, at)
            elif self.is_last:
                at = self.trailers(data, at)
            else:
                at = self.size_line(data, at)
        return data[at:]

    def content(self, data: bytes, at: int) -> int:
        mine = data[at : at + self.left - 2]
        self.left -= len(mine)
        self.kept.add(mine)
        return at + len(mine)

    def end_of_chunk(self, data: bytes, at: int) -> int:
        mine = data[at : at + self.left]
        if not b"\r\n"[2 - self.left :].startswith(mine):
            raise Bad(400, "invalid_chunk", NOT_CHUNKED)
        self.left -= len(mine)
        return at + len(mine)

    def size_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\r\n", at, at + MOST_LINE_BYTES)
        if end < 0:
            return self.later(data, at, MOST_LINE_BYTES)
        found = _size(data[at:end])
        if not found:
            raise Bad(400, "invalid_chunk", NOT_CHUNKED)
        size = int(found[1], 16)
        self.is_last, self.left = not size, size + 2 if size else 0
        return end + 2

    def trailers(self, data: bytes, at: int) -> int:
        if data.startswith(b"\r\n", at):
            self.is_whole = True
            return at + 2
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            return self.later(data, at, MOST_HEAD_BYTES)
        if not _trailers(data[at : end + 4]):
            raise Bad(400, "invalid_chunk", NOT_CHUNKED)
        self.is_whole = True
        return end + 4

    def later(self, data: bytes, at: int, most: int) -> int:
        """The rest is no whole line yet."""
        if len(data) - at > most:
            raise Bad(400, "invalid_chunk", NOT_CHUNKED)
        self.line = data[at:]
        return len(data)
