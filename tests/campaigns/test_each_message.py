"""Whatever is wrong with one message is that message's: in filling in, at the fence, in the answer
and in the record."""

import pytest
from django.db import connection

from campaigns.delivery import dispatch
from campaigns.delivery.channels import SendFailed
from campaigns.models import Message
from tests.campaigns.loopback import Loopback
from tests.campaigns.queued import a_message, agree
from tests.factories import a_customer, a_workspace

pytestmark = pytest.mark.django_db

REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.{column} = '{value}' THEN RAISE EXCEPTION 'poison' USING ERRCODE = '22003';
    END IF; RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON campaigns_message FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.fixture
def messages(push):
    a_workspace(caps=None)
    found = []
    for n in range(20):
        customer = a_customer()
        agree(customer, channel="loopback")
        found.append(a_message(customer, channel="loopback", content={"body": f"Hello {n}"}))
    return found


def states():
    return list(Message.objects.order_by("pk").values_list("state", flat=True))


def others(number):
    return [state for n, state in enumerate(states()) if n != number]


@pytest.mark.parametrize(
    "answer",
    [
        SendFailed("soon", retry_after=float("nan")),
        SendFailed("soon", retry_after=1e300),
        SendFailed("soon", retry_after=-5),
        SendFailed("soon", retry_after="an hour"),
        SendFailed("\x00\ud800" * 3000),
        12345,
        "x\x00\ud800" * 500,
    ],
)
def test_an_answer_that_nobody_foresaw_is_told_of_its_message_alone(messages, monkeypatch, answer):
    monkeypatch.setattr(
        Loopback,
        "answer",
        staticmethod(lambda p: answer if p.message_id == messages[7].pk else "id"),
    )

    dispatch.deliver("loopback")

    assert set(others(7)) == {"sent"}
    assert states()[7] in {"queued", "unknown", "sent"}


def test_a_record_that_the_database_refuses_costs_the_others_no_answer(messages, monkeypatch):
    monkeypatch.setattr(
        Loopback,
        "answer",
        staticmethod(lambda p: "poison" if p.message_id == messages[7].pk else "id"),
    )
    with connection.cursor() as cursor:
        cursor.execute(REFUSE.format(column="provider_id", value="poison"))

    dispatch.deliver("loopback")

    assert set(others(7)) == {"sent"}
    assert (
        states()[7] == "sending"
    )  # as after the death of its holder: nobody sends it again by mistake


def test_a_fence_that_the_database_refuses_keeps_back_its_message_alone_and_each_leaves_once(
    messages, monkeypatch
):
    monkeypatch.setattr(Loopback, "sent", [])
    bad = messages[7]
    with connection.cursor() as cursor:
        cursor.execute(REFUSE.format(column="effect_key", value=bad.effect_key))
        cursor.execute("ALTER TABLE campaigns_message DISABLE TRIGGER refuse")
        cursor.execute("ALTER TABLE campaigns_message ENABLE TRIGGER refuse")
        cursor.execute(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF"
            f" NEW.id = {bad.pk} AND NEW.state = 'sending' THEN RAISE EXCEPTION 'poison' USING"
            " ERRCODE = '22003'; END IF; RETURN NEW; END $$"
        )

    dispatch.deliver("loopback")

    assert set(others(7)) == {"sent"}
    assert states()[7] == "queued"
    assert sorted(p.message_id for p in Loopback.sent) == sorted(
        m.pk for m in messages if m.pk != bad.pk
    )


def test_a_text_that_breaks_the_template_engine_fails_alone(messages):
    Message.objects.filter(pk=messages[7].pk).update(
        content={"body": "{{ customer.name | divided_by: 0 }}{% if %}"}
    )

    dispatch.deliver("loopback")

    assert set(others(7)) == {"sent"}
    assert states()[7] == "failed"
