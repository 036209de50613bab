"""`manage.py up` as one story in one data folder: it starts, heals, dies without leaving anybody
behind, and continues."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest

from crm_project.runtime import home
from crm_project.runtime.ports import free_port

pytestmark = pytest.mark.long
CHILDREN = ("postgres", "valkey", "web", "worker", "beat")


class Up:
    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "BROKER_URL", "CACHE_URL"}
        }
        self.environment |= {"HUTONG_DATA": str(folder), "PORT": str(self.port), "DEMO": "0"}
        self.log = folder.with_name("up.log")

    def start(self) -> float:
        """Seconds until the line `ready:` stood there."""
        began = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=home.BASE_DIR,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.until(lambda: f"ready: {self.url}" in self.log.read_text(), 180)
        return time.monotonic() - began

    @property
    def command(self):
        return [sys.executable, "manage.py", "up"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def until(self, true, seconds):
        until = time.monotonic() + seconds
        while not true():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)

    def health(self) -> tuple[int, dict]:
        try:
            with urllib.request.urlopen(self.url + "healthz", timeout=300) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)

    def pid(self, name: str) -> int:
        try:
            return int((self.folder / "run" / f"{name}.pid").read_text() or 0)
        except FileNotFoundError:
            return 0

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def up():
    # mkdtemp makes the folder 0700: as root, PostgreSQL may not walk through it as another user.
    place = Path(tempfile.mkdtemp(prefix="hutong-up-"))
    runner = Up(place / "data")
    try:
        runner.first_start = runner.start()
        yield runner
    finally:
        if runner.process.poll() is None:
            runner.process.send_signal(signal.SIGINT)
            runner.process.wait(300)
        shutil.rmtree(place)


def gone(processes) -> list[psutil.Process]:
    """Those still alive when two minutes are over."""
    _ended, alive = psutil.wait_procs(processes, timeout=120)
    return alive


def test_it_starts_in_an_empty_folder(up):
    # The promise is for a machine of its own; among other tests it only must not be lost.
    assert up.first_start < 180
    status, health = up.health()
    assert (status, health["status"]) == (200, "up")
    assert set(health["parts"]) == {"database", "broker", "worker", "beat"}
    assert "log-in: admin / " in up.log.read_text()
    assert (up.folder / "secrets.json").stat().st_mode & 0o077 == 0


def test_pages_have_their_language_and_styles(up):
    with urllib.request.urlopen(
        urllib.request.Request(up.url, headers={"Accept-Language": "zh-CN"}), timeout=300
    ) as answer:
        page = answer.read().decode()
    assert 'lang="zh-hans"' in page
    style = next(
        part.split('"')[0]
        for part in page.split('href="/')[1:]
        if part.split('"')[0].endswith(".css")
    )
    assert urllib.request.urlopen(up.url + style, timeout=300).status == 200


def test_a_second_start_is_refused(up):
    done = subprocess.run(
        up.command,
        env=up.environment,
        cwd=home.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert "already running" in done.stderr


def test_the_embedded_database_asks_for_its_password(up):
    address = json.loads((up.folder / "run" / "servers.json").read_text())["DATABASE_URL"]
    password = json.loads((up.folder / "secrets.json").read_text())["POSTGRES_PASSWORD"]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address.replace(":" + password, ":guess"))


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_comes_back_and_leaves_nobody(up, name):
    pid = up.pid(name)
    below = psutil.Process(pid).children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    assert gone(below) == []
    up.until(lambda: up.pid(name) not in {0, pid}, 300)


def test_callers_wait_while_the_web_starts_again(up):
    web = psutil.Process(up.pid("web"))
    family = [web, *web.children()]
    web.kill()
    assert gone(family) == []
    status, _health = up.health()  # a refused connection would raise
    assert status in {200, 503}


def test_all_is_well_after_the_killing(up):
    up.until(lambda: up.health()[0] == 200, 120)


def test_a_killed_parent_leaves_nobody_a_second_start_continues_and_ctrl_c_ends_all(up):
    family = up.family()
    assert len(family) >= len(CHILDREN)
    up.process.kill()
    up.process.wait(120)
    assert gone(family) == []

    kept = (up.folder / "secrets.json").read_bytes()
    up.start()
    assert (up.folder / "secrets.json").read_bytes() == kept
    family = up.family()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(300) == 0
    assert gone(family) == []
    assert list((up.folder / "run").glob("*.pid")) == []


def test_a_busy_port_is_named(up):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        environment = {**up.environment, "PORT": str(port)}
        done = subprocess.run(
            up.command,
            env=environment,
            cwd=home.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


@pytest.mark.parametrize(("word", "code"), [("--help", 0), ("8000", 2)])
def test_who_asks_for_help_finds_no_running_product(word, code, tmp_path):
    env = {**os.environ, "HUTONG_DATA": str(tmp_path / "data")}
    answer = subprocess.run(
        [sys.executable, "manage.py", "up", word],
        cwd=home.BASE_DIR,
        env=env,
        capture_output=True,
        check=False,
        timeout=300,
    )

    assert answer.returncode == code
    assert b"PORT" in answer.stdout
    assert not (tmp_path / "data").exists()
