"""What a made-up business remembers between starts: HUTONG_DATA/demo.json (demo-school.json, …),
readable by its owner alone."""

import json
from pathlib import Path

from crm_project.runtime import home

FIRST_ORDER = 200_001  # history counts from 100,001 and stays below
BLOCK = 100


class Memory:
    def __init__(self, path: Path):
        self.path = path
        self.known = json.loads(path.read_text()) if path.exists() else {}
        self.given: dict[str, int] = {}  # by counter, the last number given out by this start

    def __getitem__(self, name: str):
        return self.known.get(name)

    def put(self, **values) -> None:
        self.known |= values
        home.write_private(self.path, self.known)

    def forget(self) -> None:
        """A new database: nothing of the old one holds."""
        self.known = {}

    def next(self, counter: str, first: int) -> int:
        """Larger than every number given out before, also by earlier starts: a block is written
        down before its first number is used."""
        number = self.given[counter] + 1 if counter in self.given else self[counter] or first
        if number >= (self[counter] or first):
            self.put(**{counter: number + BLOCK})
        self.given[counter] = number
        return number

    def order_number(self) -> str:
        return str(self.next("orders", FIRST_ORDER))

    def booking_number(self) -> str:
        return f"B{self.next('bookings', FIRST_ORDER)}"
