"""What the demo remembers between starts: HUTONG_DATA/demo.json, readable by its owner alone."""

import json
from pathlib import Path

from crm_project.runtime import home

FIRST_NUMBER = 200_001  # history counts from 100,001 and stays below
BLOCK = 1_000


class Memory:
    def __init__(self, path: Path):
        self.path = path
        self.known = json.loads(path.read_text()) if path.exists() else {}
        self.number = self.end_of_block = 0

    def __getitem__(self, name: str):
        return self.known.get(name)

    def put(self, **values) -> None:
        self.known |= values
        home.write_private(self.path, self.known)

    def forget(self) -> None:
        """A new database: nothing of the old one holds, but its order numbers stay used."""
        self.known = {"next_number": self["next_number"]} if self["next_number"] else {}

    def order_number(self) -> str:
        """Larger than every number given out before, also by earlier starts: a block is written down before its first number is used."""
        if self.number == self.end_of_block:
            self.number = self["next_number"] or FIRST_NUMBER
            self.end_of_block = self.number + BLOCK
            self.put(next_number=self.end_of_block)
        self.number += 1
        return str(self.number - 1)
