"""Which sources run: those that a process began with, or a release that `manage.py upgrade` has put
in their place.

A release lies in `releases/` of the data folder, whole, with an environment of its own. One small
file names the one that parts start from; it is written in one step, so whoever is killed leaves the
one or the other.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from crm_project.runtime import home


@dataclass(frozen=True)
class Release:
    tree: Path

    @property
    def python(self) -> str:
        return sys.executable if self.tree == home.BASE_DIR else str(self.tree / ".venv/bin/python")

    @property
    def name(self) -> str:
        return self.tree.name if self.tree.parent == folder() else ""

    def is_whole(self) -> bool:
        return (self.tree / "manage.py").is_file() and Path(self.python).exists()

    def command(self, words: list[str]) -> list[str]:
        """Words that were meant for the sources we began with, for these."""
        if self.tree == home.BASE_DIR:
            return words
        moved = {sys.executable: self.python, str(home.BASE_DIR / "manage.py"): "manage.py"}
        return [moved.get(word, word) for word in words]


def folder() -> Path:
    return home.folder() / "releases"


def pointer() -> Path:
    return home.folder() / "release.json"


def ours() -> Release:
    return Release(home.BASE_DIR)


def current() -> Release:
    """The release that parts start from; ours where none is named, or it is not there any more."""
    try:
        named = Release(Path(json.loads(pointer().read_text())["tree"]))
    except (OSError, ValueError, KeyError):
        return ours()
    return named if named.is_whole() else ours()


def choose(release: Release | None) -> None:
    """Parts start from this one from now on; None: from the sources that `up` itself began with."""
    if release is None:
        pointer().unlink(missing_ok=True)
    else:
        home.write_private(pointer(), {"tree": str(release.tree)})


def enter() -> None:
    """The process goes on as the release that is named, with the same words; returns where that is
    ours."""
    release = current()
    if release.tree != home.BASE_DIR:
        os.environ["HUTONG_DATA"] = str(home.folder())
        os.chdir(release.tree)
        os.execv(release.python, [release.python, *release.command(sys.orig_argv[1:])])  # noqa: S606
