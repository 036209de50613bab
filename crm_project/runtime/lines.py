import codecs
import os


class Lines:
    """What a child says, line by line, without ever waiting for it."""

    def __init__(self, stream):
        os.set_blocking(stream.fileno(), False)
        self.stream = stream
        self.open = True
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def read(self) -> list[str]:
        """The whole lines that stand in the pipe now; `open` is false after the last."""
        try:
            data = os.read(self.stream.fileno(), 65536)
        except BlockingIOError:
            return []
        self.open = bool(data)
        *lines, self._rest = (self._rest + self._decoder.decode(data, final=not data)).split("\n")
        return lines

    def last_words(self) -> list[str]:
        """All that is left; a grandchild may still hold the pipe, so its end is not waited for."""
        lines = []
        while self.open and (more := self.read()):
            lines += more
        self.stream.close()
        self.open = False
        return lines + ([self._rest] if self._rest else [])
