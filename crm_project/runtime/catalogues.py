"""Compiles our message catalogues (.po) for gettext (.mo), which are not committed: a binary drifts
from its source."""

from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent.parent / "locale"


def compile_catalogues(folder: Path = LOCALE) -> int:
    """Every .mo is as new as its .po; the number of catalogues written."""
    written = 0
    for source in folder.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))
            written += 1
    return written


if __name__ == "__main__":
    compile_catalogues()
