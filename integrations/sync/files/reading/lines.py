"""The lines of a text, each with its length in bytes, whatever the encoding.

In UTF-8 and GB18030 no byte of a character is a line's end, so lines are found before they are
decoded, and a byte that is no character spoils its own place only. UTF-16 is decoded first; what it
cannot say takes as many bytes as the mark that stands for it.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
LONGEST = 1 << 20  # bytes (characters in UTF-16) of a line
# Only ends are looked for, so a long line costs its length. A CR at the end may be half of a CRLF.
BYTES = re.compile(rb"\r\n|\n|\r(?!\Z)")
TEXT = re.compile(r"\r\n|\n|\r(?!\Z)")


class Line(NamedTuple):
    """A line with its end; without its text where it is longer than LONGEST."""

    text: str
    size: int
    is_too_long: bool = False


def lines(pieces: Iterable[bytes], encoding: str, *, at: int) -> Iterator[Line]:
    """The lines from the byte `at` on, which `pieces` begin with. In memory stands one piece."""
    wide = encoding.startswith("utf-16")
    found = cut(decoded(pieces, encoding), TEXT, "") if wide else cut(pieces, BYTES, b"")
    for raw, dropped in found:
        if dropped:
            line = Line("", dropped * 2 if wide else dropped, True)
        elif wide:
            line = Line(raw, len(raw.encode(encoding, "surrogatepass")))
        else:
            line = Line(raw.decode(encoding, "replace"), len(raw))
        yield line if at else Line(line.text.lstrip("\ufeff"), line.size, line.is_too_long)
        at += line.size


def decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece)


def cut(pieces: Iterable, pattern: re.Pattern, left) -> Iterator[tuple]:
    """Each line, and 0; of one that is too long its length alone."""
    nothing, dropped = left, 0
    for piece in pieces:
        left, end = left + piece, 0
        for found in pattern.finditer(left):
            line, end = left[end : found.end()], found.end()
            if dropped or len(line) > LONGEST:
                yield nothing, dropped + len(line)
                dropped = 0
            else:
                yield line, 0
        left = left[end:]
        if len(left) > LONGEST:
            dropped, left = dropped + len(left), nothing
    if dropped or len(left) > LONGEST:
        yield nothing, dropped + len(left)
    elif left:
        yield left, 0
