"""As whom PostgreSQL runs: it refuses root, and another user may not reach a checkout under
somebody's private folder.

not root                                  ourselves
root, everything within others' reach     the user postgres, else nobody
root, under a 0700 folder                 ourselves, seen as nobody inside a user namespace
the same, where namespaces are forbidden  postgres or nobody, with binaries and data in a folder of
their own under /var/lib
"""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
ELSEWHERE = Path("/var/lib/hutong")


@dataclass
class Account:
    bin: Path
    data: Path
    user: pwd.struct_passwd | None = None  # to become, from root
    namespace: bool = False

    @property
    def scratch(self) -> str:
        """A folder for files that this account must read."""
        return str(self.data.parent) if self.namespace else tempfile.gettempdir()

    def own(self, path: Path) -> None:
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def wrap(self, command: list[str]) -> list[str]:
        return (
            ["unshare", "--user", f"--map-user={NOBODY}", *command] if self.namespace else command
        )

    def popen(self) -> dict:
        """Arguments for subprocess that make the child this account."""
        keep = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        extra = {"env": {**keep, "LC_ALL": "C.UTF-8"}, "cwd": "/"}
        if self.user:
            extra |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return extra


def choose(binaries: Path, data: Path) -> Account:
    if os.geteuid() != 0:
        return Account(binaries, data)
    user = _unprivileged()
    if _reachable(binaries, user) and _reachable(data.parent, user):
        return Account(binaries, data, user)
    if _namespaces_allowed():
        return Account(binaries, data, namespace=True)
    return Account(_copy(binaries, _elsewhere(data)), _elsewhere(data) / "data", user)


def _elsewhere(data: Path) -> Path:
    """A folder under /var/lib for this data folder, named in it: a new data folder at an old place
    does not find the old data."""
    note = data.with_name(data.name + ".elsewhere")
    if not note.exists():
        note.write_text(str(ELSEWHERE / secrets.token_hex(6)))
    return Path(note.read_text())


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`."
    )


def _reachable(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether this user can walk to the folder, as the kernel sees it."""
    path.mkdir(parents=True, exist_ok=True)
    return not subprocess.run(
        ["test", "-x", str(path)],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    ).returncode


def _namespaces_allowed() -> bool:
    try:
        return not subprocess.run(
            ["unshare", "--user", f"--map-user={NOBODY}", "true"], capture_output=True, check=False
        ).returncode
    except FileNotFoundError:
        return False


def _copy(binaries: Path, place: Path) -> Path:
    """The binaries with their libraries, where others may read them (41 MB, 0.2 s)."""
    package = binaries.parent.parent
    target = place / package.name
    if not target.exists():
        place.mkdir(parents=True, exist_ok=True, mode=0o755)
        for source in (package, package.with_name(package.name + ".libs")):
            if source.exists():
                fresh = place / f"{source.name}.{os.getpid()}.new"
                shutil.copytree(source, fresh)
                fresh.replace(place / source.name)
    return target / binaries.relative_to(package)
