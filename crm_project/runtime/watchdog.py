"""Where the kernel cannot tie children to their parent (macOS): waits for the end of `up` and ends
what it left behind."""

import os
import signal
import sys
from pathlib import Path


def main(run_folder: Path) -> None:
    """Our standard input is a pipe that only `up` holds open: its end is the end of `up`."""
    sys.stdin.buffer.read()
    for file in run_folder.glob("*.pid"):
        try:
            pid = int(file.read_text())
            if file.stem == "postgres":
                os.kill(pid, signal.SIGINT)
            else:
                os.killpg(pid, signal.SIGKILL)
        except (ValueError, OSError):
            continue


if __name__ == "__main__":
    main(Path(sys.argv[1]))
