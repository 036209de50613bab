"""Restarts: at once after a life, with a growing pause after an early death; and a child that is not wanted rests."""

import subprocess
import sys
import time

import pytest

from crm_project.runtime import home, processes
from crm_project.runtime.processes import Child


@pytest.fixture
def child(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: clock[0])
    child = Child("child", ["true"])
    child.clock = clock

    def lives(seconds):
        child.started = clock[0]
        clock[0] += seconds
        child.wait_before_restart()
        return child.delay

    child.lives = lives
    return child


def test_early_deaths_wait_longer_each_time_up_to_a_limit(child):
    assert [child.lives(1) for _ in range(8)] == [0.5, 1, 2, 4, 5, 5, 5, 5]


def test_a_life_resets_the_pause(child):
    child.lives(1)
    child.lives(1)
    assert child.lives(5) == 0
    assert child.lives(1) == 0.5


RESTING = """
import signal, sys, threading, time
from pathlib import Path
from crm_project.runtime.processes import Child
from crm_project.runtime.supervisor import Supervisor
stop = Path(sys.argv[1])
supervisor = Supervisor()
supervisor.add(Child("talker", ["sh", "-c", "echo 你好; exec sleep 60"], wanted=lambda: not stop.exists()))
supervisor.forever()
supervisor.stop([])
"""


def test_a_child_rests_while_it_is_not_wanted(tmp_path, monkeypatch):
    monkeypatch.setenv("HUTONG_DATA", str(tmp_path))
    home.prepare()
    stop, pid = tmp_path / "stop", tmp_path / "run" / "talker.pid"
    log = tmp_path / "log"
    process = subprocess.Popen([sys.executable, "-c", RESTING, str(stop)], cwd=home.BASE_DIR, stdout=log.open("w"))
    talked = lambda: log.read_text().count("talker   | 你好")  # noqa: E731 -- a question, asked twice
    try:
        assert eventually(lambda: talked() == 1)
        stop.touch()
        assert eventually(lambda: not pid.exists())
        time.sleep(0.5)
        assert not pid.exists()
        stop.unlink()
        assert eventually(lambda: talked() == 2)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
    assert talked() == 2


def eventually(true, seconds=10):
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()
