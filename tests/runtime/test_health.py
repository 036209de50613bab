"""/healthz tells the parts' state to whoever asks, also when they are down."""

import threading

import pytest
from django.db import connection
from django.test import Client

from crm_project.hosts import signs
from crm_project.runtime import pulse
from crm_project.web import health

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nobody_gave_a_sign():
    for part in signs.PARTS:
        pulse.file_of(part).unlink(missing_ok=True)


def seen(*parts):
    """This host has said that these parts of it work."""
    for part in parts:
        pulse.beat(part)
    signs.give({})


def ask():
    answer = Client(headers={"host": "10.1.2.3"}).get(
        "/healthz"
    )  # a monitor asks by address, which is no allowed host
    return answer.status_code, answer.json()["parts"]


@pytest.mark.smoke
def test_all_up():
    seen("worker", "beat")
    status, parts = ask()
    assert (status, {part["status"] for part in parts.values()}) == (200, {"up"})
    assert parts["database"]["oldest_due_seconds"], "every queue is listed"


def test_a_worker_that_was_never_seen_is_down():
    seen("beat")
    status, parts = ask()
    assert status == 503
    assert parts["worker"] == {"status": "down", "error": "never seen"}


def test_an_old_heartbeat_is_down():
    seen("worker", "beat")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_project_host SET parts = jsonb_set(parts, '{beat}',"
            " to_jsonb(now() - interval '11 seconds'))"
        )
    status, parts = ask()
    assert status == 503
    assert parts["beat"]["status"] == "down"
    assert parts["worker"]["status"] == "up"


def test_a_broker_that_is_away_is_an_answer_and_not_an_error(settings):
    settings.BROKER_URL = (
        "redis://127.0.0.1:1/0" if settings.BROKER_IS_REDIS else "amqp://127.0.0.1:1//"
    )
    status, parts = ask()
    assert status == 503
    assert parts["broker"]["status"] == "down"
    assert parts["database"]["status"] == "up"


def test_a_part_that_hangs_is_down_after_its_time_out(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(health, "PART_TIMEOUT", 0.2)
    monkeypatch.setattr(health, "_broker", lambda: release.wait(10) and {})
    status, parts = ask()
    release.set()
    assert status == 503
    assert parts["broker"] == {"status": "down", "error": "no answer in time"}


STRANGER = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def strangers(monkeypatch):
    monkeypatch.setattr(health, "_strangers", health.CachedHealth())


@pytest.mark.usefixtures("strangers")
def test_a_stranger_hears_the_states_and_costs_one_look_in_two_seconds(
    django_assert_num_queries, monkeypatch
):
    seen("worker", "beat")
    looks = []
    real = health.looked_at
    monkeypatch.setattr(health, "looked_at", lambda **how: looks.append(how) or real(**how))

    answers = [Client().get("/healthz", **STRANGER) for _n in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json()["parts"]["database"] == {"status": "up"}
    assert looks == [{"counts": False}]


@pytest.mark.parametrize(
    ("caller", "token", "is_operator"),
    [
        ({}, "", True),
        ({"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, "", False),
        (STRANGER, "", False),
        (STRANGER | {"HTTP_AUTHORIZATION": "Bearer secret"}, "", False),
        (STRANGER | {"HTTP_AUTHORIZATION": "Bearer secret"}, "secret", True),
        (STRANGER | {"HTTP_AUTHORIZATION": "Bearer sécret"}, "secret", False),
        ({}, "secret", False),
    ],
)
def test_an_operator_asks_on_this_machine_or_with_the_token(
    settings, rf, caller, token, is_operator
):
    settings.HEALTH_TOKEN = token

    assert health.is_operator(rf.get("/healthz", **caller)) is is_operator


def test_while_one_looks_again_the_others_take_what_there_is():
    kept = health.CachedHealth()
    kept.last = {"database": {"status": "up"}}
    with kept.looking:
        assert kept.parts() == kept.last
