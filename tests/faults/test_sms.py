"""Short messages while their vendors and we ourselves fail: nobody is written to twice, no more is
unknown than was with the vendor, and the accounts add up with the vendor's own."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db.models import Sum

from campaigns.delivery import outbox, recovering, sender
from campaigns.models import Message, Price
from crm_project.queue.due import database_now
from customers.models import Connection, Consent, Customer, Identity, Kind, Purpose
from customers.privacy.sealing import digest
from demo.vendors.apart import Apart
from integrations.sms import accounts
from tests.campaigns.queued import intent
from tests.factories import a_workspace
from tests.faults.test_failpoints import dies, the_leases_are_over
from tests.integrations.sms import connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]
VENDORS = ("aliyun_sms", "tencent_sms", "sms_gateway")
SEND = {"aliyun_sms": "SendBatchSms", "tencent_sms": "SendSms", "sms_gateway": "/v2/send"}
NOTICE = "{{ customer.name }}，您预约的品茶在15:00开始。"
PRICE = 450  # 1/100 fen of a part, as the stand-ins charge
PEOPLE, CROWD = 40, 10_000
ENDED = ("sent", "unknown", "failed", "skipped")


@pytest.fixture(params=VENDORS)
def vendor(request, settings):
    """A vendor in a process of its own, and our account there."""

    class Vendor(Apart):
        module, key = f"demo.vendors.{request.param}", request.param

    a_workspace(caps=None)
    Price.objects.create(channel="sms", price=PRICE, since=database_now())
    with Vendor() as running:
        settings.OUTBOUND_HOSTS = [running.url.removeprefix("http://")]
        running.port = running.url.rpartition(":")[2]
        running.row = connected(request.param, running)
        yield running


def crowd(count: int) -> None:
    """So many people with a phone, no two of one name, each with one notice on its way."""
    now = database_now()
    people = Customer.objects.bulk_create(
        [Customer(name=f"客{n}", first_seen_at=now) for n in range(count)]
    )
    numbers = [f"+86139{n:08}" for n in range(count)]
    Identity.objects.bulk_create(
        [
            Identity(
                customer=one,
                origin_customer=one,
                kind=Kind.PHONE,
                value=digest("phone", number),
                sealed=number,
                first_seen_at=now,
                is_strong=True,
            )
            for one, number in zip(people, numbers, strict=True)
        ]
    )
    Consent.objects.bulk_create(
        [
            Consent(
                customer=one,
                origin_customer=one,
                channel="sms",
                purpose=Purpose.SERVICE,
                is_granted=True,
                occurred_at=now,
            )
            for one in people
        ]
    )
    about = {"channel": "sms", "purpose": "service", "content": {"text": NOTICE}}
    for start in range(0, count, 1000):
        outbox.queue([intent(one, **about) for one in people[start : start + 1000]], now=now)


def send(row: Connection) -> None:
    sender.send_due("sms", connection_id=row.pk, rounds=10_000)


def until_all_is_over(row: Connection) -> None:
    for _round in range(12):
        the_leases_are_over()
        recovering.recover(database_now())
        send(row)
        if not Message.objects.exclude(state__in=ENDED).exists():
            return


def states() -> Counter:
    return Counter(Message.objects.values_list("state", flat=True))


def accounts_add_up(vendor) -> dict:
    """What the vendor accepted and charged lies between what is sure and what is possible."""
    tally, of_state = vendor.ask("tally"), states()
    assert tally["twice"] == []
    assert of_state["sent"] <= tally["accepted"] <= of_state["sent"] + of_state["unknown"]
    rows = Message.objects.filter(channel="sms")
    sure = rows.filter(state="sent").aggregate(cost=Sum("cost"), parts=Sum("parts"))
    most = rows.filter(state__in=("sent", "unknown")).aggregate(cost=Sum("cost"))
    assert (sure["cost"] or 0) <= tally["cost"] <= (most["cost"] or 0)
    assert (sure["parts"] or 0) <= tally["parts"]
    nothing = rows.exclude(state__in=("sent", "unknown")).aggregate(cost=Sum("cost"))
    assert not nothing["cost"]
    return tally


@pytest.mark.parametrize("point", ["claim.fenced", "send.fenced", "send.answered"])
def test_a_kill_while_sending_doubles_nothing(vendor, point, tmp_path):
    crowd(PEOPLE)

    dies(point, partial(send, vendor.row), tmp_path)
    in_flight = Message.objects.filter(state="sending").count()
    until_all_is_over(vendor.row)

    accounts_add_up(vendor)
    of_state = states()
    assert of_state["unknown"] == in_flight
    assert of_state["sent"] + of_state["unknown"] == PEOPLE


FAULTS = {
    "slow": {"kind": "slow", "seconds": 30, "times": 3},
    "5xx": {"kind": "fail", "status": 503, "times": 3},
    "hung up": {"kind": "drop", "times": 3},
    "cut after it was accepted": {"kind": "cut", "times": 3},
    "garbage": {"kind": "garbage", "times": 3},
    "too often": {"kind": "throttle", "times": 3},
    "a page of a proxy": {"kind": "fail", "status": 429, "times": 3},
    "forbidden": {"kind": "fail", "status": 403, "times": 3},
}
NOBODY_CAN_KNOW = {"slow", "5xx", "hung up", "cut after it was accepted", "garbage"}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_ill_vendor_doubles_nothing(vendor, fault):
    crowd(PEOPLE)
    vendor.misbehave(FAULTS[fault] | {"only": SEND[vendor.key]})

    send(vendor.row)
    until_all_is_over(vendor.row)
    vendor.advance(60)

    tally, of_state = accounts_add_up(vendor), states()
    print(f"\n{vendor.key}, {fault}: {dict(of_state)}, accepted {tally['accepted']}")
    assert of_state["sent"] + of_state["unknown"] == PEOPLE
    of_a_call = PEOPLE if vendor.key == "aliyun_sms" else 1
    at_most = min(PEOPLE, 3 * of_a_call) if fault in NOBODY_CAN_KNOW else 0
    assert of_state["unknown"] <= at_most
    if fault in NOBODY_CAN_KNOW:
        assert of_state["unknown"] > 0


def test_half_a_batch_is_refused(vendor):
    """What was taken is sent, what was refused says why; Aliyun says so by its receipts."""
    crowd(PEOPLE)
    code = {"tencent_sms": "FailedOperation.ContainSensitiveWord", "sms_gateway": "3002"}
    half = {"kind": "half", "code": code.get(vendor.key, "CONTENT_KEYWORD"), "share": 0.5}
    if vendor.key == "aliyun_sms":
        half |= {"share": 1.0}
    else:  # one number in a call: every second call
        half = {"kind": "refuse", "code": half["code"], "share": 0.5}
    vendor.misbehave(half | {"only": SEND[vendor.key]})

    until_all_is_over(vendor.row)

    tally, of_state = accounts_add_up(vendor), states()
    assert of_state["unknown"] == 0
    assert of_state["sent"] + of_state["failed"] == PEOPLE
    assert of_state["sent"] == tally["accepted"]
    if vendor.key != "aliyun_sms":
        assert 0 < of_state["failed"] < PEOPLE
        assert set(Message.objects.filter(state="failed").values_list("reason", flat=True)) == {
            "content"
        }


def test_the_quota_ends_in_the_middle_of_ten_thousand(vendor):
    """What the account can pay for leaves; the others wait and do not fail, nobody goes on calling
    in vain for each of them, and all leave once it is topped up."""
    enough = CROWD * 6 // 10
    crowd(CROWD)
    vendor.tell("account", package=enough)

    send(vendor.row)

    of_state = states()
    assert enough - 100 <= of_state["sent"] <= enough
    assert of_state["sent"] + of_state["queued"] == CROWD
    vendor.row.refresh_from_db()
    words = accounts.sms_vendors()[vendor.key]().problem(vendor.row)
    assert vendor.row.last_error
    assert words
    calls = len(vendor.ask("calls", name=SEND[vendor.key]))
    in_vain = calls - (of_state["sent"] if vendor.key != "aliyun_sms" else of_state["sent"] // 100)
    print(f"\n{vendor.key}: {dict(of_state)}, calls in vain {in_vain}: {words}")
    assert in_vain <= 0.15 * (CROWD - enough)

    vendor.tell("account", package=CROWD)
    Message.objects.filter(state="queued").update(due_at=database_now() - timedelta(seconds=1))
    until_all_is_over(vendor.row)

    assert accounts_add_up(vendor)["accepted"] == CROWD
    assert states() == {"sent": CROWD}
