"""Where the kernel does not tie children to their parent, the watchdog ends what a dead `up` leaves
behind."""

import subprocess
import sys

from crm_project.runtime import home


def test_it_ends_the_children_when_its_pipe_ends(tmp_path):
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    (tmp_path / "web.pid").write_text(str(child.pid))
    (tmp_path / "torn.pid").write_text("")
    dog = subprocess.Popen(
        [sys.executable, "-m", "crm_project.runtime.watchdog", str(tmp_path)],
        cwd=home.BASE_DIR,
        stdin=subprocess.PIPE,
    )
    assert child.poll() is None
    dog.stdin.close()  # `up` is gone, however it went
    assert dog.wait(120) == 0
    assert child.wait(120) < 0
