"""A stand-in in a process of its own, where its work must not slow down whoever is measured."""

import subprocess
import sys
from pathlib import Path

from demo.vendors.base import Controls

ROOT = Path(__file__).parents[2]


class Apart(Controls):
    """`module` is what `python -m` starts; it has a free port, and ends when the test leaves it."""

    module = ""

    def __init__(self):
        super().__init__("")

    def __enter__(self):
        command = [sys.executable, "-m", self.module]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.url = self._process.stdout.readline().removeprefix("ready: ").strip()
        if not self.url:
            raise RuntimeError(f"{self.module} did not start")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()
