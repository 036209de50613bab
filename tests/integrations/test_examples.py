"""The clients of docs/examples do what docs/developer.md says of them, at the real doors; each
where its interpreter is on the machine."""

import gc
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from django.utils import timezone

from crm_project.runtime.web import application
from customers.models import Identity
from events.models import Event
from integrations.doors import signatures
from tests.factories import a_source
from tests.runtime.test_front import Front

EXAMPLES = settings.BASE_DIR / "docs" / "examples"
CLIENTS = {
    "SendEvents.php": "php",
    "SendEvents.java": "java",
    "send_events.py": sys.executable,
    "send_events.mjs": "node",
}
EACH = pytest.mark.parametrize("name", CLIENTS)


def run(name: str, port: int, source, *, secret: str = "") -> subprocess.CompletedProcess:
    command = shutil.which(CLIENTS[name])
    if command is None:
        pytest.skip(f"{CLIENTS[name]} is not on this machine")
    told = {
        "HUTONG_URL": f"http://127.0.0.1:{port}/",
        "HUTONG_KEY": source.key,
        "HUTONG_SECRET": secret or source.secret,
    }
    plain = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return subprocess.run(
        [command, str(EXAMPLES / name)],
        env=plain | told,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.fixture
def port():
    with Front(application()) as front:
        yield front.listener.getsockname()[1]
    gc.collect()  # the threads' sessions end with them


def test_each_of_them_has_a_client_here():
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == set(CLIENTS)


@EACH
@pytest.mark.django_db(transaction=True)
def test_a_batch_is_stored_as_it_was_meant(name, port):
    done = run(name, port, a_source())

    assert (done.returncode, done.stdout[:3]) == (0, "202"), done.stdout + done.stderr
    viewed, added = Event.objects.select_related("name").order_by("name__name").reverse()
    assert (viewed.name.name, added.name.name) == ("Product Viewed", "Product Added")
    assert viewed.properties == {"product_id": "P1", "price_fen": 19900}
    assert added.properties["名称"] == "福鼎白茶"
    assert abs((timezone.now() - viewed.occurred_at).total_seconds()) < 120
    assert {(one.kind, one.value) for one in Identity.objects.all()} == {
        ("member_id", "10086"),
        ("anonymous_id", "device-1"),
    }


@EACH
@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_told(name, port):
    done = run(name, port, a_source(), secret="whsec_" + "A" * 32)

    assert (done.returncode, done.stdout[:3]) == (1, "401"), done.stdout + done.stderr
    assert "unauthorized" in done.stdout
    assert not Event.objects.exists()


class Busy(BaseHTTPRequestHandler):
    """First it is away, then it takes what is sent again."""

    def do_POST(self):
        self.server.asked.append(
            (self.headers, self.rfile.read(int(self.headers["Content-Length"])))
        )
        is_first = len(self.server.asked) == 1
        answer = b'{"code":"unavailable"}' if is_first else b'{"accepted":2,"rejected":[]}'
        self.send_response(503 if is_first else 202)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Nothing."""


@EACH
@pytest.mark.django_db
def test_after_503_the_same_is_sent_again_and_signed_anew(name):
    source = a_source()
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = run(name, server.server_address[1], source)
        server.shutdown()

    assert (done.returncode, done.stdout[:3]) == (0, "202"), done.stdout + done.stderr
    (first, body), (second, again) = server.asked
    assert body == again
    assert first["webhook-timestamp"] < second["webhook-timestamp"]
    for headers in (first, second):
        assert signatures.is_signed(
            headers, body, secrets=[source.secret], now=int(headers["webhook-timestamp"])
        )
