"""Two thousand callers that never finish what they begin hold nobody up (`make proof PART=faults`).

Silent, with half a head, with half a body, with a byte a second; each comes again as soon as it is
hung up on. All of it stays on the loopback device and ends by itself. Meanwhile an honest client
connects anew for each event.
"""

import http.client
import json
import resource
import subprocess
import sys
import time
from itertools import count

import psutil
import pytest

from crm_project.runtime import home
from tests.faults.sender import event, signed
from tests.product import Product

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address"),
]
CALLERS, ADDRESSES = 2000, 20
SECONDS = 40  # longer than any time-out of unfinished requests
SETTLE = 5
SLOWEST_P99 = 1.0
MOST_GROWN_MB = 200  # of all web processes
numbers = count(7_000_000)


@pytest.fixture(scope="module")
def product():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < CALLERS + 500:
        pytest.skip(f"{hard} descriptors are too few for {CALLERS} callers")
    resource.setrlimit(
        resource.RLIMIT_NOFILE,
        (min(hard, 20_000) if hard != resource.RLIM_INFINITY else 20_000, hard),
    )
    with Product(demo=False) as product:
        product.start()
        yield product
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def posted(product, source: dict, address: str) -> tuple[float, int]:
    """How long an honest client waits that connects for one event, and the answer."""
    body = json.dumps(event(next(numbers))).encode()
    began = time.monotonic()
    connection = http.client.HTTPConnection(
        "127.0.0.1", product.port, timeout=20, source_address=(address, 0)
    )
    try:
        connection.request("POST", "/api/v1/events", body, signed(source, body))
        status = connection.getresponse().status
    except OSError:
        status = 0
    finally:
        connection.close()
    return time.monotonic() - began, status


def memory(product) -> float:
    return sum(process.memory_info().rss for process in product.part("web").children()) / 2**20


def p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


@pytest.mark.parametrize(
    ("slow", "honest"),
    [
        pytest.param(
            [f"127.0.0.{n}" for n in range(2, 2 + ADDRESSES)],
            "127.0.0.1",
            id="from 20 addresses, the honest one from another",
        ),
        pytest.param(["127.0.0.1"], "127.0.0.1", id="all from one address"),
    ],
)
def test_slow_callers_hold_nobody_up(product, slow, honest):
    source = product.made_source(f"Honest {len(slow)}")
    for _n in range(5):
        posted(product, source, honest)
    threads = sum(process.num_threads() for process in product.part("web").children())
    before = memory(product)
    command = [
        sys.executable,
        "-m",
        "tests.faults.slow",
        str(product.port),
        str(CALLERS),
        str(SECONDS + SETTLE),
        *slow,
    ]
    attack = subprocess.Popen(command, cwd=home.BASE_DIR, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(SETTLE)
        open_ones, found, until = 0, [], time.monotonic() + SECONDS - 2
        while time.monotonic() < until:
            found.append(posted(product, source, honest))
            time.sleep(0.05)
            if len(found) == 50:
                open_ones = sum(
                    len(psutil.Process(child.pid).net_connections())
                    for child in product.part("web").children()
                )
        grown = memory(product) - before
        more = sum(process.num_threads() for process in product.part("web").children()) - threads
        seen = json.loads(attack.communicate(timeout=60)[0])
    finally:
        attack.kill()
        attack.wait()

    seconds = [took for took, _status in found]
    print(
        f"\n{len(found)} events, p99 {p99(seconds) * 1000:.0f} ms, slowest"
        f" {max(seconds) * 1000:.0f} ms; slow callers: {seen}, {open_ones} connections at once;"
        f" {grown:+.0f} MB, {more:+d} threads"
    )
    assert {status for _took, status in found} == {202}
    assert len(found) > 100
    assert p99(seconds) <= SLOWEST_P99
    assert grown < MOST_GROWN_MB
    assert seen["connected"] >= CALLERS
    assert seen["refused"] == 0
    took, status = posted(product, source, honest)
    assert (status, took < SLOWEST_P99) == (202, True)
