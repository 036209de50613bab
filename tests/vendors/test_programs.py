"""A stand-in is also a program, for whoever wants to try against it by hand."""

import signal
import subprocess
import sys

import pytest

from crm_project.runtime import home
from demo.vendors.base import Controls

OTHERS = [pytest.param(name, marks=pytest.mark.proof) for name in ["aliyun_sms", "tencent_sms"]]


@pytest.mark.parametrize("name", ["sms_gateway", *OTHERS])
def test_it_says_where_it_is_and_ends_when_asked(name):
    command = [sys.executable, "-m", f"demo.vendors.{name}", "--port", "0"]
    with subprocess.Popen(command, cwd=home.BASE_DIR, stdout=subprocess.PIPE, text=True) as program:
        try:
            said, _space, url = program.stdout.readline().strip().partition(" ")
            assert said == "ready:"
            assert Controls(url).ask("inbox") == []
            program.send_signal(signal.SIGINT)
            assert program.wait(120) == 0
        finally:
            # one that inherited that SIGINT is ignored would be waited for without end
            program.kill()
