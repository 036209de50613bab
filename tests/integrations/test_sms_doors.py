"""What vendors of short messages push and what is pulled from them: receipts, replies, and what is
neither."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.delivery import early_receipts
from campaigns.models import EarlyReceipt, Message, Suppression
from crm_project.queue.due import database_now
from customers.models import Consent, Source
from demo.vendors.aliyun_sms import AliyunSms
from events.models import Event
from integrations.models import Quarantine, SmsAccount
from integrations.sms import upkeep
from integrations.sms.channel import Sms
from tests.factories import a_source, a_workspace
from tests.integrations.sms import a_person, connected, deliver, people, push_path, said, state
from tests.integrations.test_sms import STAND_INS, into_daytime

pytestmark = pytest.mark.django_db
NUMBER = "13800000001"
VECTORS = Path(__file__).parents[1] / "vectors"
SAMPLES = json.loads((VECTORS / "sms_pushes.json").read_text())
# Other platforms' published pushes, and one whose number its documentation has masked.
STRANGE = [
    (key, one)
    for one in json.loads((VECTORS / "sms_strange_pushes.json").read_text())
    for key in ([one["vendor"]] if one["vendor"] else sorted(STAND_INS))
]


@pytest.fixture
def shop(settings, monkeypatch):
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    a_workspace(name="互通小店", caps=None)
    monkeypatch.setattr(Sms, "lawful_hours", {})
    return a_source()


@pytest.fixture(params=STAND_INS)
def vendor(request, shop):
    with STAND_INS[request.param]() as stand_in:
        stand_in.key = request.param
        into_daytime(stand_in)
        stand_in.row = connected(request.param, stand_in)
        yield stand_in


def push(row, body, **more):
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Client().post(push_path(row), raw, content_type="application/json", **more)


def told(stand_in, *, replies=()):
    """What the stand-in would push, as it would write it."""
    request = stand_in.manner().request
    if replies:
        items = [stand_in.reply_row(one) for one in replies]
        kind = "replies"
    else:
        items, kind = [stand_in.receipt(text) for text in stand_in.phones.all()], "receipts"
    if kind in stand_in.manner().alone:
        items = items[:1]
    asked = request(kind, items)
    return asked.get("json") if "json" in asked else asked["data"]


def settle(stand_in):
    stand_in.advance(1)


def test_a_receipt_says_that_it_was_delivered(vendor, shop):
    message = said(a_person(shop, NUMBER))
    deliver(vendor.row)
    settle(vendor)

    answer = push(vendor.row, told(vendor))

    assert answer.status_code == 200
    message.refresh_from_db()
    assert message.delivered_at
    assert push(vendor.row, told(vendor)).status_code == 200  # told again, nothing changes
    assert Source.objects.get(connection=vendor.row).format == vendor.key


def test_a_receipt_says_why_it_came_back(vendor, shop):
    gone, off = a_person(shop, NUMBER), a_person(shop, "13800000002")
    vendor.tell("numbers", number=NUMBER, fate="gone")
    vendor.tell("numbers", number="13800000002", fate="off")
    messages = [said(gone), said(off)]
    deliver(vendor.row)
    settle(vendor)

    push(vendor.row, told(vendor))

    assert [state(m) for m in messages] == [("failed", "bounced")] * 2
    assert set(Suppression.objects.values_list("customer", "purpose")) == {(gone.pk, "")}
    assert all(Message.objects.values_list("error", flat=True))


def test_a_receipt_before_our_commit_waits_for_it(vendor, shop):
    message = said(a_person(shop, NUMBER))
    deliver(vendor.row)
    settle(vendor)
    before = Message.objects.get(pk=message.pk).provider_id
    Message.objects.filter(pk=message.pk).update(provider_id="")

    push(vendor.row, told(vendor))
    assert EarlyReceipt.objects.get().provider_id == before
    Message.objects.filter(pk=message.pk).update(provider_id=before)
    EarlyReceipt.objects.update(due_at=database_now())
    early_receipts.look_again()

    assert Message.objects.get(pk=message.pk).delivered_at


REFUSING = {"aliyun_sms": "USER_REJECT", "sms_gateway": "2002"}


@pytest.mark.parametrize("is_early", [False, True])
def test_who_refuses_advertising_at_the_vendor_gets_no_more_of_it(vendor, shop, is_early):
    if vendor.key == "tencent_sms":
        pytest.skip("says so in its answers only")
    customer = a_person(shop, NUMBER)
    message = said(customer)
    vendor.tell("numbers", number=NUMBER, fate="rejected", why=REFUSING[vendor.key])
    deliver(vendor.row)
    settle(vendor)
    if is_early:
        before = Message.objects.get(pk=message.pk).provider_id
        Message.objects.filter(pk=message.pk).update(provider_id="")

    push(vendor.row, told(vendor))
    if is_early:
        assert not Suppression.objects.exists()
        Message.objects.filter(pk=message.pk).update(provider_id=before)
        EarlyReceipt.objects.update(due_at=database_now())
        early_receipts.look_again()

    assert state(message) == ("failed", "bounced")
    refused = Suppression.objects.get()
    assert (refused.customer, refused.channel, refused.purpose) == (customer, "sms", "marketing")
    notice = said(customer, "{{ customer.name }}，您预约的品茶在15:00开始。", purpose="service")
    deliver(vendor.row)
    assert state(notice) == ("sent", "")


def test_many_replies_in_one_push_are_asked_about_as_a_set(shop):
    with AliyunSms() as stand_in:
        row = connected("aliyun_sms", stand_in, is_synced=False)
        numbers = [f"1390000{n:04}" for n in range(120)]
        people(shop, numbers)
        items = [
            {"phone_number": one, "content": "好", "sequence_id": n, "dest_code": "1"}
            for n, one in enumerate([*numbers, "18800000000"])
        ]
        push(row, items[:1])  # the source is made, and what is read once is read
        with CaptureQueriesContext(connection) as few:
            push(row, items[1:3])
        with CaptureQueriesContext(connection) as many:
            push(row, items[3:])

    assert Event.objects.filter(name__name="Message Replied").count() == len(numbers)
    assert len(many) <= len(few) + 3


@pytest.mark.parametrize("word", ["R", "ｔｄ", "退订"])
def test_who_replies_so_gets_no_more_advertising_and_still_their_notices(vendor, shop, word):
    customer = a_person(shop, NUMBER)
    first, queued = (
        said(customer),
        said(customer, "{{ customer.name }}，生日快乐，到店送您一壶龙井。拒收请回复R"),
    )
    Message.objects.filter(pk=queued.pk).update(due_at=database_now() + timedelta(hours=1))
    deliver(vendor.row)
    vendor.tell("reply", number=NUMBER, text=word)

    answer = push(vendor.row, told(vendor, replies=vendor.replies))

    assert answer.status_code == 200
    stated = Consent.objects.filter(customer=customer, channel="sms").latest("pk")
    assert (stated.purpose, stated.is_granted) == ("marketing", False)
    event = Event.objects.get(name__name="Message Unsubscribed")
    assert (event.customer_id, event.properties["message_id"]) == (customer.pk, first.pk)
    push(vendor.row, told(vendor, replies=vendor.replies))
    assert Consent.objects.filter(is_granted=False).count() == 1  # told twice, said once
    Message.objects.filter(pk=queued.pk).update(due_at=database_now())
    deliver(vendor.row)
    assert state(queued) == ("skipped", "no_consent")
    notice = said(customer, "{{ customer.name }}，您预约的品茶在15:00开始。", purpose="service")
    deliver(vendor.row)
    assert state(notice) == ("sent", "")


def test_another_reply_is_an_event_and_a_strangers_is_only_counted(vendor, shop):
    customer = a_person(shop, NUMBER)
    said(customer)
    deliver(vendor.row)
    vendor.tell("reply", number=NUMBER, text="几点开门？")
    [reply] = vendor.replies
    before = Event.objects.count()

    push(vendor.row, told(vendor, replies=[reply]))
    stranger = type(reply)("9", "+8613999999999", "R", reply.sign, "", reply.at)
    answer = push(vendor.row, told(vendor, replies=[stranger]))

    assert answer.status_code == 200
    event = Event.objects.get(name__name="Message Replied")
    assert event.properties["text"] == "几点开门？"
    assert Event.objects.count() == before + 1
    assert not Consent.objects.filter(is_granted=False).exists()


def test_consoles_look_whether_the_address_is_there(shop):
    with AliyunSms() as stand_in:
        row = connected("aliyun_sms", stand_in)
        answer = Client().get(push_path(row))

    assert (answer.status_code, answer.json()["code"]) == (200, 0)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one["name"])
def test_every_published_push_is_understood(shop, sample):
    with STAND_INS[sample["vendor"]]() as stand_in:
        row = connected(sample["vendor"], stand_in, is_synced=False)

        answer = push(row, sample["body"])

    assert answer.status_code == 200
    assert answer.json() == sample["reply"]
    assert Quarantine.objects.count() == 0
    assert EarlyReceipt.objects.count() == sample["receipts"]


@pytest.mark.parametrize(
    ("key", "sample"), STRANGE, ids=[f"{key}-{one['name']}" for key, one in STRANGE]
)
def test_what_is_pushed_by_others_is_in_the_quarantine(shop, key, sample):
    with STAND_INS[key]() as stand_in:
        row = connected(key, stand_in, is_synced=False)

        answer = push(row, sample["body"])

    assert answer.status_code == 200
    [kept] = Quarantine.objects.all()
    assert (kept.source.connection_id, bool(kept.code), bool(kept.path)) == (row.pk, True, True)
    assert not EarlyReceipt.objects.exists()
    assert not Event.objects.exists()


NONSENSE = [
    (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 3000, 400), (b"null", 200),
    (b"[]", 200), (b"[1]", 200), (b"{}", 200), (b'[{"biz_id":{}}]', 200),
    (b'[{"biz_id":"1","phone_number":"x","success":true}]', 200),
    (b'[{"sid":1,"report_status":"SUCCESS"}]', 200), (b'{"text":1,"mobile":"13800000001"}', 200),
    (b'[{"content":"T","phone_number":"13800000001","sequence_id":[]}]', 200),
    (b'[{"biz_id":"\\u0000","phone_number":"13800000001","success":true}]', 200),
    (b'{"text":"\\ud800","mobile":"13800000001","nationcode":"86"}', 400),
    (b"[" + b",".join([b"1"] * 2000) + b"]", 400),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("key", STAND_INS)
def test_bad_input_is_never_our_failure_and_is_kept(shop, key, body, status):
    with STAND_INS[key]() as stand_in:
        row = connected(key, stand_in, is_synced=False)
        answer = push(row, body)

    assert answer.status_code in {status, 200, 400}
    assert answer.status_code < 500
    if answer.status_code == 400:
        assert answer.json()["code"]
    kept = Quarantine.objects.filter(source__connection=row)
    if (
        body not in (b"", b"[]")
        and not Event.objects.exists()
        and not EarlyReceipt.objects.exists()
    ):
        assert all(one.code and one.path for one in kept)


@pytest.mark.parametrize(
    "path", ["/sms/aliyun_sms/1/x", "/sms/aliyun_sms/x/x", "/sms/aliyun_sms/99999999999999999999/x"]
)
def test_who_has_not_the_address_is_refused(shop, path):
    with AliyunSms() as stand_in:
        connected("aliyun_sms", stand_in, is_synced=False)
    answer = Client().post(path, b"[]", content_type="application/json")

    assert answer.status_code == 401


# -- pulled


@pytest.mark.parametrize("key", ["aliyun_sms", "tencent_sms"])
def test_what_was_not_pushed_is_pulled(shop, key):
    with STAND_INS[key]() as stand_in:
        into_daytime(stand_in)
        row = connected(key, stand_in)
        message = said(a_person(shop, NUMBER))
        deliver(row)
        settle(stand_in)
        Message.objects.update(sent_at=database_now() - upkeep.AFTER - timedelta(minutes=1))
        stand_in.clock.in_beijing = type(stand_in.clock).in_beijing.__get__(stand_in.clock)
        SmsAccount.objects.update(due_at=database_now())

        upkeep.work()

        assert Message.objects.get(pk=message.pk).delivered_at
        account = SmsAccount.objects.get()
        assert account.due_at > database_now()
        row.refresh_from_db()
        assert not row.last_error


def test_replies_are_pulled_too(shop):
    with STAND_INS["tencent_sms"]() as stand_in:
        into_daytime(stand_in)
        row = connected("tencent_sms", stand_in)
        customer = a_person(shop, NUMBER)
        said(customer)
        deliver(row)
        stand_in.tell("reply", number=NUMBER, text="Ｒ")
        SmsAccount.objects.update(due_at=database_now())

        upkeep.work()

        assert not Consent.objects.filter(customer=customer).latest("pk").is_granted
