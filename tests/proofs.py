"""When each long proof last passed, on this machine: kept in var/proofs.json, shown by `make proof
PART=status`.

A run of `make proof` notes its date, commit, seconds and counts under what was asked for: `faults`
is the whole part, `faults -k disk` some of it. What failed since is shown beside it. PROOFS names
another file.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OTHERS = ("pythons", "servers")  # parts that are no folder of tests
COUNTED = ("passed", "skipped", "failed", "error")


class Notes:
    """The plugin: what became of a run of proofs is noted at its end."""

    def __init__(self):
        self.began = time.monotonic()

    def pytest_sessionfinish(self, session, exitstatus):
        option = session.config.option
        if option.markexpr != "proof" or option.collectonly:
            return
        stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
        counts = {kind: len(stats[kind]) for kind in COUNTED if stats.get(kind)}
        if counts.get("passed") or exitstatus:
            note(
                asked_for(session.config.args, option.keyword),
                not exitstatus,
                time.monotonic() - self.began,
                counts,
            )


def asked_for(places: list[str], keyword: str) -> str:
    """`faults`, `faults -k disk`, `faults/test_kill.py`."""
    names = [
        str(place).removeprefix(f"{ROOT}/").removeprefix("tests/").strip("/") for place in places
    ]
    # `make proof` names the part, and its ARGS may name files of it.
    narrow = [
        name
        for name in names
        if not any(other != name and other.startswith(f"{name}/") for other in names)
    ]
    return " ".join(narrow + ([f"-k {keyword}"] if keyword else []))


def place() -> Path:
    return Path(os.environ.get("PROOFS") or ROOT / "var" / "proofs.json")


def note(what: str, has_passed: bool, seconds: float, counts: dict[str, int] | None = None) -> None:
    """The last pass, or the last failure, of this proof is this one."""
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = read(path)
        result = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": commit(),
            "seconds": round(seconds),
            **(counts or {}),
        }
        known.setdefault(what, {})["passed" if has_passed else "failed"] = result
        file.truncate(0)
        json.dump(known, file, indent=1, sort_keys=True)


def read(path: Path) -> dict[str, dict[str, dict]]:
    """What is noted; nothing where the file is absent or was cut off."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}


def commit() -> str:
    """Of the sources, with `-dirty` where they differ from it; empty outside git."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        return ""
    return said.stdout.strip()


def parts() -> list[str]:
    """Folders that hold a proof, and the other parts of `make proof`."""
    holding = {
        path.relative_to(ROOT / "tests").parts[0]
        for path in ROOT.glob("tests/*/**/test_*.py")
        if "mark.proof" in path.read_text()
    }
    return sorted(holding | set(OTHERS))


def status() -> list[str]:
    """A line for each part and for each narrower run: when it last passed, of which commit, and
    what failed since."""
    known = read(place())
    return [told(what, known.get(what, {})) for what in sorted({*parts(), *known})]


def told(what: str, known: dict[str, dict]) -> str:
    passed, failed = known.get("passed"), known.get("failed")
    line = f"{what}: passed {in_words(passed)}" if passed else f"{what}: never passed here"
    if failed and (not passed or failed["at"] > passed["at"]):
        line += f"; FAILED {in_words(failed)}"
    return line


def in_words(result: dict) -> str:
    counts = ", ".join(f"{result[kind]} {kind}" for kind in COUNTED if kind in result)
    return " ".join(
        [
            result["at"],
            result["commit"],
            f"in {result['seconds']} s",
            *([f"({counts})"] if counts else []),
        ]
    )


if __name__ == "__main__":
    sys.stdout.write("\n".join(status()) + "\n")
