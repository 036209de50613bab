"""A process that reads files as an import does, each in a child of its own, and says what came of
each and how much memory it took, a line of JSON each: `python -m tests.sync.reading_apart FILE…`"""

import json
import os
import sys
from pathlib import Path

import django

PART = 1 << 23


class OnDisk:
    """A file that was brought, as the readers see it; no database."""

    def __init__(self, path: str):
        self.path = Path(path)

    def pieces(self, *, after: int = 0):
        with self.path.open("rb") as file:
            file.seek(after * PART)
            while piece := file.read(PART):
                yield piece


def read(path: str) -> dict:
    from integrations.sync.files import guessing
    from integrations.sync.files.reading import opening
    from integrations.sync.files.reading.rows import CannotRead

    file = OnDisk(path)
    rows = problems = 0
    said: list[str] = []
    try:
        shape = guessing.shape_of(file, known=frozenset({"手机号"}))
        is_merged = guessing.has_merged_cells(file, shape)
        for row in opening.rows(file, shape):
            rows += 1
            if row.problem:
                problems += 1
                said.append(row.problem)
        return {"rows": rows, "problems": problems, "said": said[:3], "is_merged": is_merged}
    except CannotRead as refused:
        return {"refused": str(refused), "rows": rows}


def prepare() -> None:
    django.setup()
    from django.utils import translation

    from customers.lists import csv_jobs
    from integrations.sync.files import guessing
    from integrations.sync.files.reading import opening

    translation.activate("en")
    for module in (opening, guessing):
        module.Stored = lambda file: file.path.open("rb", buffering=0)
    opening.storing.pieces = csv_jobs.storing.pieces = lambda file, **after: file.pieces(**after)
    OnDisk.part_bytes = PART


def main() -> None:
    prepare()
    for path in sys.argv[1:]:
        out, into = os.pipe()
        if not (child := os.fork()):
            try:
                found = read(path)
            except BaseException as error:  # noqa: BLE001 -- no answer at all is what the test is to see
                found = {"failed": repr(error)[:300]}
            os.write(into, json.dumps(found).encode())
            os._exit(0)
        os.close(into)
        _pid, status, used = os.wait4(child, 0)
        with os.fdopen(out, "rb") as answer:
            found = json.loads(answer.read() or b"{}")
        found |= {"name": Path(path).name, "status": status, "mb": used.ru_maxrss >> 10}
        found["seconds"] = round(used.ru_utime + used.ru_stime, 1)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
