"""What a caller may take of the web: seconds, bytes, places. All per process of the web."""

# Seconds.
# from connecting to the whole head of the first request; a browser opens connections that it may
# never use
FIRST_SECONDS = 10
HEAD_SECONDS = 10  # from the first byte of a later head to its last
IDLE_SECONDS = 75  # between an answer and the next request; proxies keep their connections for 60
MOVING_SECONDS = 20  # for a body to come or an answer to be taken ...
SLOWEST_BYTES = 4096  # ... and one more for so many bytes that have moved
GRACE_SECONDS = 0.5  # a body that takes longer is asked for: does anybody want it?
# what still comes after a last answer is read and forgotten, or the caller would not see the answer
LINGER_SECONDS = 2
LOOK_SECONDS = 0.25  # how often time-outs are looked after
TELL_SECONDS = 60  # between two lines of the log about those who were let go

# Bytes.
MOST_TARGET_BYTES = 32 * 1024  # some clients put their events into the address
MOST_HEAD_BYTES = 64 * 1024
MOST_HEADERS = 100
MOST_AHEAD_BYTES = (
    64 * 1024
)  # of requests that a caller sends before he has the answer to the one before
READ_BYTES = 64 * 1024  # at once
FREE_BYTES = (
    1024 * 1024
)  # of a body that are read whoever sends it; all doors and ordinary forms take less
MEMORY_BYTES = 1024 * 1024  # a larger body or answer lies in a file that has no name
HELD_BYTES = 64 * 1024 * 1024  # in memory, for all whose requests are unfinished
FILED_BYTES = 1 << 30  # the same in files
MOST_LINGER_BYTES = 8 * 1024 * 1024

# Places.
MOST_UNFINISHED = 4096
MOST_UNFINISHED_PER_ADDRESS = 512  # one more, and the oldest of this address gives way
# those that wait between two requests too: of these the one that waits longest gives way
MOST_CONNECTIONS = 10_000
SPARE_FILES = 200  # descriptors that are not connections
