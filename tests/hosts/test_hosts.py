"""Two hosts with web, worker and beat, and a lone web, over PostgreSQL and RabbitMQ: whoever is
killed, cut off or renewed, nothing is lost or doubled (`make proof PART=hosts`)."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from datetime import UTC, datetime

import pytest

from crm_project.runtime import home
from tests.faults.sender import signed
from tests.hosts.cluster import START_SECONDS, Cluster, why_not
from tests.product import eventually

REASON = why_not()
pytestmark = [pytest.mark.proof, pytest.mark.skipif(bool(REASON), reason=REASON)]
BUSY = 3 * (os.cpu_count() or 1)  # at such a load seconds say nothing about us
KILLED, CUT_OFF, LEADER_GONE = 2.0, 10.0, 12.0  # seconds until others go on
SENDERS = 4
BEAT = """
SELECT host(client_addr) AS at FROM pg_locks JOIN pg_stat_activity USING (pid)
 WHERE locktype = 'advisory' AND granted AND objid = 0
   AND classid::bigint = hashtext('hutong beat')::bigint & 4294967295
"""


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as cluster:
        cluster.first = cluster.host("web", "worker", "beat")
        cluster.second = cluster.host("web", "worker", "beat")
        cluster.lone = cluster.host("web")
        for host in cluster.hosts:
            host.start()
        for host in cluster.hosts:
            assert eventually(lambda host=host: alive(host), seconds=START_SECONDS), cluster.logs()
        assert eventually(lambda: health(cluster)["status"] == "up", seconds=START_SECONDS)
        cluster.source = json.loads(
            cluster.first.run("manage.py", "source", "Hosts", "--trust", "server")
        )
        cluster.sensors = json.loads(
            cluster.first.run(
                "manage.py", "source", "Page", "--trust", "client", "--format", "sensors"
            )
        )
        yield cluster


def ask(host, path: str, body: bytes | None = None, headers=None, seconds: float = 30):
    """(status, answer)."""
    request = urllib.request.Request(
        f"http://{host.address}:8000/{path}", data=body, headers=headers or {}
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds) as said:
            return said.status, said.read()
    except urllib.error.HTTPError as said:
        return said.code, said.read()


def alive(host) -> bool:
    try:
        return ask(host, "livez", seconds=2)[0] == 200
    except OSError:
        return False


def health(cluster) -> dict:
    """As an operator on the first host sees it."""
    return json.loads(
        cluster.first.run(
            "-c",
            "import urllib.request as r, urllib.error as e\n"
            "try: print(r.urlopen('http://127.0.0.1:8000/healthz', timeout=20).read().decode())\n"
            "except e.HTTPError as said: print(said.read().decode())",
        )
    )


def an_event(member: str, **more) -> dict:
    return {
        "id": uuid.uuid4().hex,
        "name": "Seen",
        "occurred_at": datetime.now(UTC).isoformat(),
        "identities": {"member_id": member},
        **more,
    }


def post(cluster, host, event: dict, seconds: float = 30):
    body = json.dumps(event).encode()
    return ask(host, "api/v1/events", body, signed(cluster.source, body), seconds)


def evaluated(cluster) -> bool:
    return cluster.count("SELECT count(*) FROM customers_changedcustomer") == 0


def test_health_names_every_host(cluster):
    said = {host["name"]: host for host in health(cluster)["hosts"]}
    assert set(said) == {"host1", "host2", "host3"}
    assert set(said["host3"]["parts"]) == {"web"}
    assert set(said["host1"]["parts"]) == {"web", "worker", "beat"}
    assert all(abs(host["clock_difference_seconds"]) < 5 for host in said.values())


def noted(statuses: list, cluster, host, event: dict) -> None:
    statuses.append(post(cluster, host, event)[0])


def test_one_id_at_both_webs_is_one_event(cluster):
    for _round in range(20):
        event, statuses = an_event("both"), []
        threads = [
            threading.Thread(target=noted, args=(statuses, cluster, host, event))
            for host in (cluster.first, cluster.second)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200, 202]


COLLECT = """
import base64, gzip, json, sys, time, urllib.parse, urllib.request
key, number = sys.argv[1:]
item = {"type": "track", "event": "Waited", "distinct_id": "d" + number,
        "_track_id": int(number), "time": int(time.time() * 1000), "properties": {}}
data = base64.b64encode(json.dumps(item).encode()).decode()
body = urllib.parse.urlencode({"data": data, "gzip": 0}).encode()
address = "http://127.0.0.1:8000/sa?project=default&token=" + key
print(urllib.request.urlopen(urllib.request.Request(address, data=body), timeout=30).status)
"""


def test_what_a_lone_web_acknowledged_while_cut_off_comes_in(cluster):
    cluster.lone.cut_off()
    try:
        for number in range(5):
            said = cluster.lone.run("-c", COLLECT, cluster.sensors["key"], str(number))
            assert said.strip() == "200"
        assert len(list((cluster.lone.data / "spool").glob("*.request"))) == 5
    finally:
        cluster.lone.bring_back()
    waited = (
        "SELECT count(*) FROM events_event e JOIN events_eventname n ON n.id = e.name_id"
        " WHERE n.name = 'Waited'"
    )
    took = cluster.seconds_until(lambda: cluster.count(waited) == 5, 120)
    print(f"spool of the lone web: in after {took:.1f} s")
    assert not list((cluster.lone.data / "spool").glob("*.request"))


def test_a_worker_host_is_killed(cluster):
    cluster.first.kill()
    assert post(cluster, cluster.second, an_event("killed"))[0] == 202
    took = cluster.seconds_until(lambda: evaluated(cluster), 60)
    print(f"worker host killed: others went on after {took:.1f} s, load {os.getloadavg()[0]:.0f}")
    assert took <= KILLED or os.getloadavg()[0] > BUSY
    restarted(cluster, cluster.first)


def test_a_worker_host_is_cut_off(cluster):
    cluster.second.stop("worker")  # so the loops are the first host's
    assert eventually(lambda: evaluated(cluster), seconds=60)
    cluster.second.start("worker")
    assert eventually(lambda: parts_of(cluster, "host2") >= {"worker"}, seconds=START_SECONDS)
    cluster.first.cut_off()
    try:
        assert post(cluster, cluster.second, an_event("cut"))[0] == 202
        took = cluster.seconds_until(lambda: evaluated(cluster), 90)
    finally:
        cluster.first.bring_back()
    print(f"worker host cut off: others went on after {took:.1f} s, load {os.getloadavg()[0]:.0f}")
    assert took <= CUT_OFF or os.getloadavg()[0] > BUSY


def test_the_host_of_the_beat_that_ticks_is_killed(cluster):
    assert eventually(lambda: len(cluster.rows(BEAT)) == 1, seconds=60)
    address = cluster.rows(BEAT)[0]["at"]
    host = next(host for host in cluster.hosts if host.address == address)
    host.kill()
    took = cluster.seconds_until(
        lambda: (found := cluster.rows(BEAT)) and found[0]["at"] != address, 60
    )
    print(f"beat's host killed: another ticks after {took:.1f} s, load {os.getloadavg()[0]:.0f}")
    assert took <= LEADER_GONE or os.getloadavg()[0] > BUSY
    restarted(cluster, host)


def parts_of(cluster, name: str) -> set[str]:
    said = next(host for host in health(cluster)["hosts"] if host["name"] == name)
    return {part for part, one in said["parts"].items() if one["status"] == "up"}


def restarted(cluster, host) -> None:
    host.start()
    assert eventually(lambda: alive(host), seconds=START_SECONDS), cluster.logs()
    assert eventually(
        lambda: parts_of(cluster, f"host{host.number}") == set(host.parts), seconds=START_SECONDS
    ), cluster.logs()


class Load(threading.Thread):
    """Sends events one by one to whichever web takes a connection, as a balancer does."""

    def __init__(self, cluster, number: int):
        super().__init__(daemon=True)
        self.cluster, self.number, self.over = cluster, number, threading.Event()
        self.seen, self.acknowledged = Counter(), set()

    def run(self):
        turn = self.number
        while not self.over.is_set():
            event, turn = an_event(f"load{self.number}"), turn + 1
            for host in self.cluster.hosts[turn % 3 :] + self.cluster.hosts[: turn % 3]:
                try:
                    status, _answer = post(self.cluster, host, event)
                except ConnectionRefusedError:
                    continue  # a balancer asks the next one
                except urllib.error.URLError as error:
                    if isinstance(error.reason, ConnectionRefusedError):
                        continue
                    status = type(error.reason).__name__
                self.seen[status] += 1
                if status in (200, 202):
                    self.acknowledged.add(event["id"])
                break


def test_a_release_host_by_host_under_load(cluster):
    before = cluster.count("SELECT count(*) FROM events_event")
    loads = [Load(cluster, number) for number in range(SENDERS)]
    for load in loads:
        load.start()
    for host in cluster.hosts:
        host.run("manage.py", "prepare")
        host.running["web"].send_signal(signal.SIGHUP)
        for part in ("worker", "beat"):
            if part in host.running:
                host.stop(part)
                host.start(part)
        time.sleep(2)
        assert eventually(
            lambda host=host: parts_of(cluster, f"host{host.number}") == set(host.parts),
            seconds=START_SECONDS,
        ), cluster.logs()
    for load in loads:
        load.over.set()
    for load in loads:
        load.join(60)
    seen = sum((load.seen for load in loads), Counter())
    acknowledged = set().union(*(load.acknowledged for load in loads))
    print(f"a release host by host: {dict(seen)}")
    assert set(seen) <= {200, 202}, seen
    stored = cluster.count("SELECT count(*) FROM events_event") - before
    assert stored == len(acknowledged) > 100
    assert eventually(lambda: evaluated(cluster), seconds=120)


def test_a_host_with_other_keys_does_not_start(cluster):
    other = subprocess.run(
        [*["ip", "netns", "exec", cluster.lone.name], sys.executable, "manage.py", "prepare"],
        env=cluster.lone.environment(
            HUTONG_HASH_KEY="b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyMTI="
        ),
        cwd=home.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert other.returncode != 0
    assert "HUTONG_HASH_KEY is another one than this installation's" in other.stderr
