"""Children that are forked from what is loaded already are children as any other."""

import os
import signal
import subprocess
import sys

import pytest

from crm_project.runtime import home, lifeline
from crm_project.runtime.preloaded import Preloaded
from tests.product import eventually

pytestmark = pytest.mark.skipif(
    not lifeline.AVAILABLE, reason="only Linux gives orphans to whoever asks for them"
)

# In a process of its own: it becomes the parent of whatever is orphaned.
SCENE = """
import os, sys, time
from crm_project.runtime.preloaded import Preloaded, orphans, reap_orphans

def child(words, **more):
    return preloaded.start(words, env={**os.environ, "GIVEN": "yes"}, cwd=os.getcwd(),
                           orphan_signal=9, **more)

preloaded = Preloaded({})
"""


def scene(code: str, seconds: float = 120) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCENE + code],
        cwd=home.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_child_says_ends_and_is_ours():
    said = scene("""
one = child(["-m", "this"])
print(one.stdout.read().decode().splitlines()[0])
print(one.wait(), orphans({preloaded.process.pid}))
""")
    assert "The Zen of Python" in said
    assert said.splitlines()[-1] == "0 []"


def test_its_code_comes_back_as_its_signal_does(tmp_path):
    (tmp_path / "ends.py").write_text("import sys; sys.exit(7)")
    (tmp_path / "fails.py").write_text("1 / 0")
    (tmp_path / "waits.py").write_text("import time; print('here', flush=True); time.sleep(60)")
    said = scene(f"""
print(child([{str(tmp_path / "ends.py")!r}]).wait())
failed = child([{str(tmp_path / "fails.py")!r}])
print(failed.wait(), b"ZeroDivisionError" in failed.stdout.read())
waits = child([{str(tmp_path / "waits.py")!r}])
waits.stdout.read(4)
waits.send_signal(15)
print(waits.wait())
""")
    assert said.splitlines() == ["7", "1 True", "-15"]


def test_descriptors_and_the_environment_come_with_it(tmp_path):
    (tmp_path / "reads.py").write_text(
        "import os, sys; print(os.environ['GIVEN'], os.read(int(sys.argv[1]), 9).decode())"
    )
    said = scene(f"""
ends = os.pipe()
os.write(ends[1], b"handed on")
one = child([{str(tmp_path / "reads.py")!r}, str(ends[0])], pass_fds=[ends[0]])
print(one.stdout.read().decode())
""")
    assert said.split() == ["yes", "handed", "on"]


def test_it_dies_with_us(tmp_path):
    (tmp_path / "waits.py").write_text("import time; print('here', flush=True); time.sleep(60)")
    code = f"""
waits = child([{str(tmp_path / "waits.py")!r}])
waits.stdout.read(4)
print(waits.pid, flush=True)
time.sleep(60)
"""
    ours = subprocess.Popen(
        [sys.executable, "-c", SCENE + code], cwd=home.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    pid = int(ours.stdout.readline())
    ours.kill()
    ours.wait()
    assert eventually(lambda: not alive(pid), seconds=20, every=0.1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_where_it_is_gone_the_caller_is_told():
    preloaded = Preloaded.__new__(Preloaded)
    preloaded.line = None
    with pytest.raises(OSError):
        preloaded.start(["-m", "this"], env={}, cwd="/", orphan_signal=signal.SIGKILL)
