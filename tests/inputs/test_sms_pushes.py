"""What a vendor of short messages, or somebody with its address, might push: no input is our
failure, and what is not understood is kept with its code and its place."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from events.models import Event
from integrations.models import Quarantine
from tests.factories import a_source, a_workspace
from tests.inputs.doors import of_its_own
from tests.inputs.strategies import DEEP, VALUE, spelled, spoiled
from tests.integrations.sms import connected, people, push_path

pytestmark = pytest.mark.django_db
NUMBER = "13811110000"
VALID = {"aliyun_sms": [], "tencent_sms": [], "sms_gateway": []}
for sample in json.loads((Path(__file__).parents[1] / "vectors/sms_pushes.json").read_text()):
    VALID[sample["vendor"]].append(sample["body"])
VALID["sms_gateway"] += [
    {"receipts": [{"id": "7", "mobile": NUMBER, "status": "DELIVRD", "time": 1, "parts": 1}]},
    {"replies": [{"id": "8", "mobile": NUMBER, "content": "T", "time": 1457336869}]},
]
ADDRESSES = ["1/x", "0/", "x/x", "99999999999999999999/x", "-1/x", "1/%00", "1/..", "٣/x", "1/%FF"]


@st.composite
def pushes(draw, valid: list) -> bytes:
    way = draw(st.sampled_from(["spoiled"] * 8 + ["value", "bytes", "cut", "many"]))
    if way == "bytes":
        return draw(st.binary(max_size=200))
    if way == "value":
        return spelled(draw(VALUE | DEEP))
    value = draw(spoiled(draw(st.sampled_from(valid))))
    if way == "many":
        value = [value] * draw(st.integers(0, 30))
    body = spelled(value)
    return body[: draw(st.integers(0, len(body)))] if way == "cut" else body


def every_push(vendor: str, cases: int) -> None:
    a_workspace(caps=None)
    people(a_source(), [NUMBER])
    row = connected(vendor, SimpleNamespace(url="http://127.0.0.1:9", port=9), is_synced=False)
    http, statuses = Client(raise_request_exception=False), {}

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(body=pushes(VALID[vendor]))
    def one(body):
        with of_its_own():
            answer = http.post(push_path(row), body, content_type="application/json")
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        assert answer.status_code in {200, 400}, answer.content[:300]
        if answer.status_code == 400:
            told = answer.json()
            assert told["code"]
            assert told["path"]

    one()
    print(f"\n{vendor}: {statuses}, quarantined {Quarantine.objects.count()}")
    assert Quarantine.objects.exists()
    assert not Quarantine.objects.filter(code="").exists()
    assert not Quarantine.objects.filter(path="").exists()
    assert Event.objects.exists()  # some were good all the same


@pytest.mark.parametrize("vendor", sorted(VALID))
def test_no_push_is_our_failure(vendor):
    every_push(vendor, 100)


@pytest.mark.proof
@pytest.mark.parametrize("vendor", sorted(VALID))
def test_thousands_of_pushes_are_not_our_failure(vendor):
    every_push(vendor, 3000)


@pytest.mark.parametrize("vendor", sorted(VALID))
@pytest.mark.parametrize("address", ADDRESSES)
def test_who_guesses_an_address_is_refused(vendor, address):
    a_workspace()
    connected(vendor, SimpleNamespace(url="http://127.0.0.1:9", port=9), is_synced=False)

    for method in ("POST", "GET"):
        answer = Client(raise_request_exception=False).generic(method, f"/sms/{vendor}/{address}")
        assert answer.status_code in {401, 404}
