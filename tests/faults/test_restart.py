"""A rolling restart of the web under requests: nobody is refused, no connection breaks (`make proof PART=faults`).

It does not hold yet: now and then the server that leaves closes a connection which it had accepted and
not answered, also on a quiet machine. Nobody is refused, and senders repeat with the same ids, so nothing is lost.
"""

import os
import signal
import urllib.error
import urllib.request

import pytest

from tests.product import Product

pytestmark = pytest.mark.proof
RESTARTS = 5


def test_a_restart_of_the_web_breaks_no_connection():
    with Product(demo=False) as product:
        product.start()
        for _restart in range(RESTARTS):
            pid = product.data / "run" / "web.pid"
            old = pid.read_text()
            os.kill(int(old), signal.SIGTERM)
            while not pid.exists() or pid.read_text() in {"", old}:
                assert status(product.url) in {200, 503}  # a refused or broken connection would raise
            assert status(product.url) in {200, 503}


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as answered:
        return answered.code
