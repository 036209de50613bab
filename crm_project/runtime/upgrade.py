"""`make upgrade`: another release in the place of the running one, without a refused request.

    TO=v1.4 make upgrade            a tag, a branch or a commit; without it what the checkout follows
    TO=/srv/hutong-1.4 make upgrade an unpacked archive

It backs up, lays the release beside the running one, installs what it needs, prepares the database
and tries the release on a port of its own. Up to there nothing that runs has changed, so whatever
fails or is killed leaves the old version as it was (migrations only add, and the old code works on
the new tables). Then parts start from the new one, one after the other; where that goes wrong, they
start from the old one again.
"""  # noqa: E501

import contextlib
import fcntl
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from crm_project import failpoints
from crm_project.runtime import home
from crm_project.runtime.ports import free_port
from crm_project.runtime.release import Release, choose, current, folder, ours
from crm_project.runtime.stopped import children

READY_SECONDS = 180
STEPS = ("backup", "fetch", "install", "prepare", "try", "switch", "settle")
RENEWED_BY = {"worker": signal.SIGTERM, "web": signal.SIGHUP, "beat": signal.SIGTERM}


class Failed(Exception):
    """In words for the operator; the old version stands."""


def main() -> int:
    try:
        with alone():
            upgrade(os.environ.get("TO", ""))
    except (Failed, subprocess.CalledProcessError) as reason:
        say(f"{reason}; the version of before goes on")
        return 1
    return 0


def say(line: str) -> None:
    sys.stdout.write(f"upgrade  | {line}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def alone():
    home.run_folder().mkdir(parents=True, exist_ok=True)
    with (home.run_folder() / "upgrade.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed("another upgrade is under way") from None
        yield


def upgrade(wanted: str) -> None:
    before = current()
    step("backup", lambda: run(before, "manage.py", "backup"))
    release = step("fetch", lambda: fetched(wanted))
    if release.tree == before.tree:
        say(f"{release.tree} runs already")
    step("install", lambda: install(release, before))
    step("prepare", lambda: run(release, "manage.py", "prepare"))
    step("try", lambda: tried(release))
    step("switch", lambda: switch(release, before))
    step("settle", lambda: settle(release))
    say(f"done: {release.name or release.tree}")


def step(name: str, work: Callable):
    """What `work` answers; before it a test may kill us."""
    say(name)
    failpoints.reached(f"upgrade.{name}")
    return work()


# --- beside what runs


def fetched(wanted: str) -> Release:
    """The release lies whole in its folder."""
    if wanted and Path(wanted).is_dir():
        archive = Path(wanted).resolve()
        if not (archive / "manage.py").is_file():
            raise Failed(f"{archive} holds no release")
        return laid(archive.name, lambda place: shutil.copytree(archive, place, symlinks=True))
    if not wanted:
        git("fetch", "--quiet", "--tags")
    commit = git("rev-parse", "--verify", "--quiet", f"{wanted or '@{upstream}'}^{{commit}}")
    if commit == git("rev-parse", "HEAD") and not git("status", "--porcelain"):
        return ours()
    return laid(commit[:12], lambda place: unpacked(commit, place))


def laid(name: str, put: Callable[[Path], object]) -> Release:
    """What was laid there before and is whole stays; the name is there once all of it is."""
    place, fresh = folder() / name, folder() / f"{name}.new"
    if not (place / "manage.py").is_file():
        shutil.rmtree(fresh, ignore_errors=True)
        folder().mkdir(parents=True, exist_ok=True)
        put(fresh)
        fresh.rename(place)
    return Release(place)


def unpacked(commit: str, place: Path) -> None:
    place.mkdir()
    archive = subprocess.Popen(
        ["git", "archive", "--format=tar", commit], cwd=home.BASE_DIR, stdout=subprocess.PIPE
    )
    subprocess.run(["tar", "-x", "-C", str(place)], stdin=archive.stdout, check=True)
    if archive.wait():
        raise Failed(f"git cannot give out {commit[:12]}")


def git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=home.BASE_DIR, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"git {words[0]}: {done.stderr.strip() or 'there is no such release'}")
    return done.stdout.strip()


def install(release: Release, before: Release) -> None:
    """What the release needs is there: the packages of the running one where its lock is the
    same."""
    if release.tree == home.BASE_DIR:
        subprocess.run(["make", "venv"], cwd=release.tree, check=True)
        return
    venv = release.tree / ".venv"
    if venv.is_symlink():
        venv.unlink()
    if not venv.exists() and lock(release.tree) == lock(before.tree):
        venv.symlink_to((before.tree / ".venv").resolve())
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "VENV")}
    subprocess.run(["make", "venv"], cwd=release.tree, env=env, check=True)


def lock(tree: Path) -> list[bytes]:
    return [(tree / name).read_bytes() for name in ("requirements.txt", "requirements-uv.txt")]


def run(release: Release, *words: str) -> None:
    """A command of that release, on our data."""
    subprocess.run([release.python, *words], cwd=release.tree, env=environment(), check=True)


def environment() -> dict[str, str]:
    return {**os.environ, "HUTONG_DATA": str(home.folder())}


def tried(release: Release) -> None:
    """Its web answers on a port of its own, and its worker's tasks can be loaded."""
    tasks = "from crm_project.celery import app; app.loader.import_default_modules()"
    run(release, "-c", f"import django; django.setup(); {tasks}")
    port = free_port()
    web = subprocess.Popen(
        [release.python, "-m", "crm_project.runtime.web", f"127.0.0.1:{port}"],
        cwd=release.tree,
        env={**environment(), "DJANGO_SETTINGS_MODULE": "crm_project.settings"},
    )
    try:
        until = time.monotonic() + READY_SECONDS
        while not all(answers(port, path) for path in ("livez", "admin/login/")):
            if web.poll() is not None or time.monotonic() > until:
                raise Failed("the new release does not answer")
            time.sleep(0.2)
    finally:
        web.terminate()
        web.wait()


def answers(port: int, path: str) -> bool:
    """Somebody serves there; a redirect to https is an answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", f"/{path}", headers={"Host": "localhost"})
        return line.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


# --- the parts


def switch(release: Release, before: Release) -> None:
    """Every part runs from the release, or every part from the one before."""
    if not is_running():
        choose(None if release.tree == home.BASE_DIR else release)
        say("`up` does not run here: it starts with the new release")
        return
    try:
        renewed(release)
    except Failed as reason:
        say(f"{reason}; going back")
        renewed(before)
        raise


def renewed(release: Release) -> None:
    choose(None if release.tree == home.BASE_DIR else release)
    for part, number in RENEWED_BY.items():
        renew(part, number)
    if not within(READY_SECONDS, healthy):
        raise Failed("not every part works with it")


def renew(part: str, number: int) -> None:
    """The part works again. The web stays the same process; the others get another number."""
    before = pid_of(part)
    if not before:
        raise Failed(f"there is no {part}")
    workers = set(children(before)) if part == "web" else set()
    os.kill(before, number)
    if part == "web":
        is_there = lambda: pid_of(part) and set(children(pid_of(part))) - workers  # noqa: E731
    else:
        is_there = lambda: pid_of(part) not in (0, before)  # noqa: E731
    if not within(READY_SECONDS, is_there):
        raise Failed(f"{part} does not start")


def healthy() -> bool:
    port = int(home.read(home.run_folder() / "servers.json")["PORT"])
    since = time.time()
    return answers(port, "livez") and all(
        since - (home.run_folder() / f"{part}.pulse").stat().st_mtime < 10 for part in RENEWED_BY
    )


def is_running() -> bool:
    pid = pid_of("web")
    with contextlib.suppress(ProcessLookupError):
        if pid:
            os.kill(pid, 0)
            return True
    return False


def pid_of(part: str) -> int:
    try:
        return int((home.run_folder() / f"{part}.pid").read_text())
    except (OSError, ValueError):
        return 0


def within(seconds: float, look: Callable[[], object]) -> bool:
    until = time.monotonic() + seconds
    while not look():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


def settle(release: Release) -> None:
    """Only the release that runs, and the one before it, stay beside each other."""
    kept = {release.tree, home.BASE_DIR}
    for place in sorted(folder().glob("*"), key=lambda place: place.stat().st_mtime)[:-2]:
        if place not in kept and place.is_dir():
            shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
