import gzip
import json
import time
import uuid

import pytest
from django.core.cache import cache
from django.test import Client

from events import schema
from integrations.doors import callers, quarantine, signatures, throttle
from tests import described


@pytest.fixture(autouse=True)
def doors_remember_nothing():
    """Sources are read anew and nothing was counted yet."""
    callers.forget()
    schema.forget()
    quarantine._used.clear()
    throttle._seconds.clear()
    cache.clear()


@pytest.fixture(autouse=True)
def answers_are_as_described(monkeypatch):
    """Whatever a test here is about: what it was answered at a described address must be what the
    description says."""
    ask = Client.request

    def asked(self, **request):
        response = ask(self, **request)
        if request.get("PATH_INFO", "").startswith("/api/v1/"):
            described.check(request["REQUEST_METHOD"], request["PATH_INFO"], response)
        return response

    monkeypatch.setattr(Client, "request", asked)


class Sender:
    """One source and how it talks to us."""

    def __init__(self, source, http=None):
        self.source, self.http = source, http or Client()

    def headers(self, body: bytes, **changed) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self.source.key}"}
        if self.source.is_server:
            message_id, now = uuid.uuid4().hex, int(time.time())
            headers |= {
                "webhook-id": message_id,
                "webhook-timestamp": str(now),
                "webhook-signature": signatures.sign(self.source.secret, message_id, now, body),
            }
        return headers | {name.replace("_", "-"): value for name, value in changed.items()}

    def post(self, path: str, data, *, content_type="application/json", **headers):
        """The answer to `data`, given as bytes or as what JSON can say."""
        body = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
        return self.http.post(
            f"/api/v1/{path}",
            body,
            content_type=content_type,
            headers=self.headers(body, **headers),
            CONTENT_TYPE=content_type,
        )

    def post_gzip(self, path: str, body: bytes):
        return self.post(path, gzip.compress(body), content_encoding="gzip")


@pytest.fixture
def sender():
    return Sender
