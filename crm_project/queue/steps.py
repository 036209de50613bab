"""When each worker loop of this worker last took a step: bytes that the processes of its pool share
with their parent."""

import mmap
import struct
import time

LOOPS = ("react", "deliver", "segments")
_size = struct.calcsize("d")
_shared = mmap.mmap(-1, _size * len(LOOPS))


def note(queue: str) -> None:
    if queue in LOOPS:
        struct.pack_into("d", _shared, _size * LOOPS.index(queue), time.monotonic())


def lately(queue: str, seconds: float) -> bool:
    """Whether it did so within these seconds."""
    [at] = struct.unpack_from("d", _shared, _size * LOOPS.index(queue))
    return at > 0 and time.monotonic() - at < seconds
