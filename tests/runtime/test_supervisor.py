"""Restarts: at once after a life, with a growing pause after an early death; and a child that is
not wanted rests."""

import os
import signal
import subprocess
import sys
import time

import pytest

from crm_project.runtime import home, processes, pulse, stopped
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


@pytest.fixture
def listened_to(child, tmp_path, monkeypatch):
    """A child that has started, may be silent for 30 s, and writes its pulse."""
    monkeypatch.setenv("HUTONG_DATA", str(tmp_path))
    home.prepare()
    child.silence, child.command = 30, ["sleep", "60"]
    child.start()
    child.beat = lambda at: os.utime(pulse.file_of(child.name), (at, at))
    yield child
    child.signal_group(signal.SIGKILL)
    child.process.wait()


def test_one_that_works_and_then_does_not_is_silent(listened_to):
    listened_to.beat(5_000)
    assert not listened_to.is_silent()
    listened_to.clock[0] += 29
    assert not listened_to.is_silent()
    listened_to.beat(1_000)  # the clock on the wall went back
    assert not listened_to.is_silent()
    listened_to.clock[0] += 31
    assert listened_to.is_silent()


def test_the_first_pulse_may_take_longer(listened_to):
    listened_to.clock[0] += processes.LONGEST_START + 29
    assert not listened_to.is_silent()
    listened_to.clock[0] += 2
    assert listened_to.is_silent()


def test_who_is_not_listened_to_is_never_silent(child):
    child.clock[0] += 1_000
    assert not child.is_silent()


@pytest.fixture
def family(child, tmp_path, monkeypatch):
    """A child that may be continued and has forked one itself: both pids."""
    monkeypatch.setenv("HUTONG_DATA", str(tmp_path))
    home.prepare()
    child.goes_on, child.command = True, ["sh", "-c", "sleep 60 & wait"]
    child.start()
    assert eventually(lambda: stopped.children(child.process.pid))
    yield child.process.pid, stopped.children(child.process.pid)[0]
    child.signal_group(signal.SIGKILL)
    child.process.wait()


def continued(child, seconds: float) -> list[int]:
    """How many went on at each look of these seconds."""
    looks = []
    for _look in range(int(seconds)):
        looks.append(child.continued())
        child.clock[0] += 1
    return looks


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who is stopped")
@pytest.mark.parametrize("who", [0, 1])
def test_one_that_is_stopped_goes_on_after_two_seconds_whoever_of_the_family_it_is(
    child, family, who
):
    assert continued(child, 3) == [0, 0, 0]
    os.kill(family[who], signal.SIGSTOP)
    assert eventually(lambda: stopped.stopped(family[0]) == {family[who]})
    assert continued(child, 3) == [0, 0, 1]
    assert eventually(lambda: not stopped.stopped(family[0]))
    assert continued(child, 3) == [0, 0, 0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who is stopped")
def test_one_that_is_stopped_now_and_then_is_left_alone(child, family):
    os.kill(family[0], signal.SIGSTOP)
    assert eventually(lambda: stopped.stopped(family[0]))
    assert continued(child, 2) == [0, 0]
    os.kill(family[0], signal.SIGCONT)
    assert eventually(lambda: not stopped.stopped(family[0]))
    assert continued(child, 1) == [0]
    os.kill(family[0], signal.SIGSTOP)
    assert eventually(lambda: stopped.stopped(family[0]))
    assert continued(child, 2) == [0, 0]


DEAF = """
import sys
from crm_project.runtime import pulse
from crm_project.runtime.processes import Child
from crm_project.runtime.supervisor import Supervisor
works = "import time; from crm_project.runtime import pulse\\nwhile True: pulse.beat('worker'); time.sleep(0.05)"
supervisor = Supervisor()
supervisor.add(Child("worker", [sys.executable, "-c", works], silence=4))
supervisor.forever()
supervisor.stop([])
"""  # noqa: E501


def test_one_that_stands_still_is_ended_and_starts_again(tmp_path, monkeypatch):
    monkeypatch.setenv("HUTONG_DATA", str(tmp_path))
    home.prepare()
    pid, log = tmp_path / "run" / "worker.pid", tmp_path / "log"
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF], cwd=home.BASE_DIR, stdout=log.open("w")
    )
    try:
        assert eventually(pid.exists)
        first = int(pid.read_text())
        time.sleep(4.5)
        assert int(pid.read_text()) == first  # it works
        os.kill(first, signal.SIGSTOP)
        assert eventually(lambda: pid.exists() and pid.read_text() not in {"", str(first)})
        process.terminate()
        assert process.wait(120) == 0
    finally:
        process.kill()
    assert log.read_text().count("worker has done nothing for 4 s; it is ended") == 1


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
"""  # noqa: E501


def test_a_child_rests_while_it_is_not_wanted(tmp_path, monkeypatch):
    monkeypatch.setenv("HUTONG_DATA", str(tmp_path))
    home.prepare()
    stop, pid = tmp_path / "stop", tmp_path / "run" / "talker.pid"
    log = tmp_path / "log"
    process = subprocess.Popen(
        [sys.executable, "-c", RESTING, str(stop)], cwd=home.BASE_DIR, stdout=log.open("w")
    )
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
        assert process.wait(120) == 0
    finally:
        process.kill()
    assert talked() == 2


def eventually(true, seconds=120):
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()
