"""A stored file as something to read and seek in, one part of it in memory; and texts on disk."""

import io
import tempfile
from array import array

from crm_project.files import storing
from crm_project.files.models import File


class Stored(io.RawIOBase):
    """The clear bytes of an uploaded file. Raises StoreFailed, NotDecipherable."""

    def __init__(self, file: File):
        self.file, self.at = file, 0
        self.sizes = list(file.parts.order_by("number").values_list("number", "size"))
        self.size = sum(size for _number, size in self.sizes)
        self.part, self.content = 0, b""

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=io.SEEK_SET):
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(start + offset, 0)
        return self.at

    def readinto(self, buffer):
        begins = 0
        for number, size in self.sizes:
            if begins <= self.at < begins + size:
                within = self.at - begins
                found = self.content_of(number)[within : within + len(buffer)]
                buffer[: len(found)] = found
                self.at += len(found)
                return len(found)
            begins += size
        return 0

    def content_of(self, number: int) -> bytes:
        if self.part != number:
            part = self.file.parts.get(number=number)
            self.part, self.content = number, storing.content_of(self.file, part)
        return self.content


class Texts:
    """Many short texts on this machine's disk, by their number; in memory stand their places."""

    def __init__(self):
        # Gone with us, also when killed.
        self.file = tempfile.TemporaryFile(prefix="hutong-")  # noqa: SIM115 -- it lives as we do
        self.ends = array("Q", [0])

    def __len__(self):
        return len(self.ends) - 1

    def append(self, text: str) -> None:
        raw = text.encode("utf-8", "replace")
        self.file.write(raw)
        self.ends.append(self.ends[-1] + len(raw))

    def __getitem__(self, number: int) -> str:
        begin, end = self.ends[number], self.ends[number + 1]
        self.file.seek(begin)
        return self.file.read(end - begin).decode()

    def close(self) -> None:
        self.file.close()
