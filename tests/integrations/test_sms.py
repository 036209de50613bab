"""Short messages by each vendor: what leaves, what each number's answer means, and what stands
against it, at stand-ins that check as the vendors do."""

from datetime import timedelta

import pytest
from django.utils import translation

from campaigns.delivery import dispatch, outbox, sender
from campaigns.models import Message, Price, Suppression
from crm_project.queue.due import database_now
from customers.models import Connection
from demo.vendors.aliyun_sms import AliyunSms
from demo.vendors.clock import Clock
from demo.vendors.sms.stock import SIGN
from demo.vendors.sms_gateway import SmsGateway
from demo.vendors.tencent_sms import TencentSms
from integrations.models import SmsAccount, SmsTemplate
from integrations.sms import accounts, matching, refusing, syncing, texts
from integrations.sms.channel import Sms
from integrations.sms.vendor import SmsForm
from tests.campaigns.queued import intent
from tests.factories import a_source, a_workspace
from tests.integrations.sms import (
    BIRTHDAY,
    a_person,
    connected,
    deliver,
    people,
    said,
    state,
)

pytestmark = pytest.mark.django_db

STAND_INS = {"aliyun_sms": AliyunSms, "tencent_sms": TencentSms, "sms_gateway": SmsGateway}


@pytest.fixture
def shop(settings, monkeypatch):
    """No caps, no night; the law's hours are tested by themselves."""
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    a_workspace(name="互通小店", caps=None)
    monkeypatch.setattr(Sms, "lawful_hours", {})
    return a_source()


@pytest.fixture(params=STAND_INS)
def vendor(request, shop):
    """Each of them in turn, at noon of Beijing whatever the time is, with an account of ours."""
    with STAND_INS[request.param]() as stand_in:
        stand_in.key = request.param
        into_daytime(stand_in)
        stand_in.row = connected(request.param, stand_in)
        yield stand_in


def into_daytime(stand_in) -> None:
    """The stand-ins refuse advertising at night; their own clocks tell the real time."""
    stand_in.clock.in_beijing = lambda at=None: Clock.in_beijing(stand_in.clock, at).replace(
        hour=12
    )


def test_a_text_leaves_with_its_signature_and_is_known_by_its_vendors_number(vendor, shop):
    customer = a_person(shop, "13800000001", "小 明+~*'(&=")
    message = said(customer)

    deliver(vendor.row)

    assert state(message) == ("sent", "")
    [text] = vendor.ask("inbox", number="13800000001")
    assert text["content"] == f"【{SIGN}】小 明+~*'(&=，生日快乐，到店送您一壶龙井。拒收请回复R"
    message.refresh_from_db()
    assert message.provider_id
    assert message.connection_id == vendor.row.pk
    assert message.parts == text["parts"] == 1
    vendor.row.refresh_from_db()
    assert vendor.row.last_ok_at


def test_many_texts_are_accepted_once_each_and_charged(vendor, shop):
    Price.objects.create(channel="sms", price=450, since=database_now())
    found = people(shop, [f"1390000{n:04}" for n in range(105)])
    content = {"text": "{{ customer.name }}，生日快乐，到店送您一壶龙井。拒收请回复R"}
    wanted = [intent(one, channel="sms", content=content) for one in found]
    outbox.queue(wanted, now=database_now())
    messages = list(Message.objects.all())

    deliver(vendor.row)

    tally = vendor.ask("tally")
    assert (tally["accepted"], tally["twice"]) == (105, [])
    rows = Message.objects.filter(pk__in=[m.pk for m in messages])
    assert set(rows.values_list("state", "cost")) == {("sent", 450)}
    assert len(set(rows.values_list("provider_id", flat=True))) == 105


def test_who_is_listed_with_the_vendor_gets_no_more(vendor, shop):
    vendor.tell("numbers", number="13800000002", do_not_disturb=True)
    listed, other = a_person(shop, "13800000002"), a_person(shop, "13800000003")
    refused, good = said(listed), said(other)

    deliver(vendor.row)

    assert state(good)[0] == "sent"
    if vendor.key == "aliyun_sms":  # of several in one call a receipt tells
        assert state(refused)[0] == "sent"
    else:
        assert state(refused) == ("failed", "refused")
        assert Suppression.objects.get().customer == listed


def test_where_the_balance_is_used_up_texts_wait_and_the_account_says_why(vendor, shop):
    vendor.tell("account", balance=0, package=0)
    message = said(a_person(shop, "13800000004"))

    deliver(vendor.row)

    assert state(message) == ("queued", "temporary")
    vendor.row.refresh_from_db()
    assert vendor.row.last_error
    words = accounts.sms_vendors()[vendor.key]().problem(vendor.row)
    assert words != vendor.row.last_error
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("mode", "is_accepted"),
    [("cut", True), ("garbage", True), ("drop", False)],
)
def test_what_nobody_can_know_is_not_sent_again(vendor, shop, mode, is_accepted):
    message = said(a_person(shop, "13800000005"))
    vendor.misbehave({"kind": mode, "times": 1})

    deliver(vendor.row)
    vendor.misbehave()
    deliver(vendor.row)

    assert state(message) == ("unknown", "no_answer")
    assert vendor.ask("tally")["accepted"] == is_accepted


def test_a_throttled_call_is_made_again(vendor, shop):
    message = said(a_person(shop, "13800000006"))
    vendor.misbehave({"kind": "throttle", "times": 1})

    deliver(vendor.row)

    assert state(message) == ("queued", "temporary")
    Message.objects.filter(pk=message.pk).update(due_at=database_now())
    deliver(vendor.row)
    assert state(message) == ("sent", "")
    assert vendor.ask("tally")["accepted"] == 1


def test_nobody_at_the_address_has_sent_nothing(shop):
    with AliyunSms() as stand_in:
        row = connected("aliyun_sms", stand_in)
    message = said(a_person(shop, "13800000007"))

    deliver(row)

    assert state(message) == ("queued", "temporary")
    row.refresh_from_db()
    assert row.last_error.startswith("unreachable")


@pytest.mark.parametrize("status", [403, 429])
def test_a_page_of_a_proxy_says_nothing_of_the_text(vendor, shop, status):
    vendor.misbehave({"kind": "fail", "status": status})
    message = said(a_person(shop, "13800000021"))

    deliver(vendor.row)

    assert state(message) == ("queued", "temporary")
    vendor.misbehave()
    Message.objects.update(due_at=database_now())
    deliver(vendor.row)
    assert state(message) == ("sent", "")


def test_where_the_account_is_the_trouble_the_others_are_not_tried_one_by_one(shop):
    with TencentSms() as stand_in:
        into_daytime(stand_in)
        row = connected("tencent_sms", stand_in)
        stand_in.tell("account", package=0)
        for n in range(60):
            said(a_person(shop, f"1390001{n:04}", f"客{n}"))
        before = len(stand_in.calls)

        deliver(row)

        assert len(stand_in.calls) - before <= 20
        assert set(Message.objects.values_list("state", "reason")) == {("queued", "temporary")}


def test_for_whom_there_was_no_time_left_the_next_batch_is(shop, monkeypatch):
    monkeypatch.setattr("integrations.sms_gateway.sending.AT_ONCE", 1)
    monkeypatch.setattr("integrations.outbound.client.begin_within", lambda: lambda: False)
    with SmsGateway() as stand_in:
        into_daytime(stand_in)
        row = connected("sms_gateway", stand_in)
        messages = [said(a_person(shop, f"1390002{n:04}")) for n in range(3)]

        dispatch.deliver("sms", connection_id=row.pk)

        assert sorted(state(m) for m in messages) == [
            ("queued", "temporary"),
            ("queued", "temporary"),
            ("sent", ""),
        ]
        assert stand_in.ask("tally")["accepted"] == 1


def test_no_more_leave_in_a_second_than_was_agreed_on(shop):
    with SmsGateway() as stand_in:
        into_daytime(stand_in)
        row = connected("sms_gateway", stand_in, settings={"per_second": 5})
        for n in range(12):
            said(a_person(shop, f"1390003{n:04}"))

        def a_second_later() -> int:
            Message.objects.filter(sent_at__isnull=False).update(
                sent_at=database_now() - timedelta(seconds=2)
            )
            sender.send_due("sms", connection_id=row.pk)
            return Message.objects.filter(state="sent").count()

        assert [a_second_later() for _second in range(3)] == [5, 10, 12]


def test_a_text_may_begin_with_another_signature_of_the_account(vendor, shop):
    vendor.tell("signatures", name="新店", filing="done")
    row = vendor.row
    row.settings = {**row.settings, "more_signs": "新店"}
    row.save()
    syncing.sync(row, database_now())
    theirs = said(a_person(shop, "13800000031"), f"【新店】{BIRTHDAY}")
    strange = said(a_person(shop, "13800000032"), f"【别人】{BIRTHDAY}")

    deliver(row)
    dispatch.deliver("sms")

    assert state(theirs) == ("sent", "")
    assert state(strange)[0] == "skipped"
    [text] = vendor.ask("inbox", number="13800000031")
    assert text["content"].startswith("【新店】小茗，生日快乐")
    assert text["sign"] == "新店"
    if vendor.key != "sms_gateway":
        assert SmsAccount.objects.get().signs["新店"][0] == "passed"


# -- templates


def test_templates_signature_and_balance_are_as_the_vendor_has_them(shop):
    with AliyunSms() as aliyun, TencentSms() as tencent:
        aliyun.tell("account", balance=123_400)
        tencent.tell("account", package=1000)
        rows = [connected("aliyun_sms", aliyun), connected("tencent_sms", tencent)]
        found = [
            list(
                SmsTemplate.objects.filter(connection=row)
                .order_by("code")
                .values_list("kind", "review")
            )
            for row in rows
        ]
        assert (
            found[0]
            == found[1]
            == [
                ("code", "passed"),
                ("notice", "passed"),
                ("promotion", "passed"),
                ("promotion", "passed"),
                ("notice", "waiting"),
            ]
        )
        with translation.override("en"):
            for row in rows:
                syncing.sync(row, database_now())
        assert list(SmsAccount.objects.order_by("pk").values_list("sign", "balance")) == [
            ("passed", "¥12.34"),
            ("passed", "1000 parts left"),
        ]
        aliyun.catalogue.templates.pop("SMS_202600001")
        syncing.sync(rows[0], database_now())
        assert SmsTemplate.objects.get(connection=rows[0], kind="code").review == "gone"


def test_a_signature_that_is_not_filed_sends_nothing(shop):
    with AliyunSms() as stand_in:
        row = connected("aliyun_sms", stand_in, settings={"sign": "新店"})
        message = said(a_person(shop, "13800000008"))

        deliver(row)

        assert SmsAccount.objects.get().sign == "filing"
        assert state(message) == ("skipped", "sms_sign")


@pytest.mark.parametrize(
    ("text", "purpose", "reason"),
    [
        ("别的文字", "marketing", "unreachable"),
        ("{{ customer.name }}，您预约的品茶在15:00开始。", "marketing", "sms_purpose"),
        (BIRTHDAY, "service", "sms_purpose"),
    ],
)
def test_what_no_template_says_for_this_purpose_does_not_leave(shop, text, purpose, reason):
    with AliyunSms() as stand_in:
        row = connected("aliyun_sms", stand_in)
        message = said(a_person(shop, "13800000009"), text, purpose=purpose)
        assert message.connection_id == (None if reason == "unreachable" else row.pk)

        deliver(row)
        if message.connection_id is None:
            dispatch.deliver("sms")

        assert state(message) == ("skipped", reason)
        assert not stand_in.ask("inbox")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("www.example.com", "sms_link"),
        ("长" * 36, "sms_long"),
        ("小😀", "sms_emoji"),
        ("【假】", "sms_value"),
    ],
)
def test_a_value_that_the_vendor_refuses_keeps_the_message_back(shop, name, reason):
    with AliyunSms() as stand_in:
        row = connected("aliyun_sms", stand_in)
        message = said(a_person(shop, "13800000010", name))

        deliver(row)

        assert state(message) == ("skipped", reason)


def test_a_text_leaves_by_whichever_account_can_say_it(shop):
    with AliyunSms() as aliyun, SmsGateway() as gateway:
        into_daytime(gateway)
        template, free = connected("aliyun_sms", aliyun), connected("sms_gateway", gateway)
        by_template = said(a_person(shop, "13800000011"))
        any_text = said(a_person(shop, "13800000012"), "本店今日新茶上市")

        assert (by_template.connection_id, any_text.connection_id) == (template.pk, free.pk)
        Connection.objects.filter(pk=template.pk).update(is_active=False)
        deliver(template)
        deliver(free)

        assert state(by_template) == state(any_text) == ("sent", "")
        contents = {text["number"]: text["content"] for text in gateway.ask("inbox")}
        assert contents["+8613800000012"] == f"【{SIGN}】本店今日新茶上市拒收请回复R"
        assert contents["+8613800000011"].count("拒收请回复R") == 1


# -- pure


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" 新店 ", "新店"),
        ("【新店】【老店】", "新店 老店"),
        ("新店，老店、新店;AB", "新店 老店 AB"),
        ("店", None),
        ("【】", None),
        ("新\x00店", None),
        ("长" * 17, None),
        ("新【店", None),
    ],
)
def test_further_signatures_are_typed_as_people_do(typed, kept):
    form = SmsForm({"sign": SIGN, "more_signs": typed, "per_second": ""})

    assert form.is_valid() == (kept is not None), form.errors
    assert kept is None or form.cleaned_data["more_signs"] == kept


@pytest.mark.parametrize("typed", ["0", "-1", "10001", "1.5", "viele", "９９９９９"])
def test_a_speed_is_a_number_that_a_provider_can_mean(typed):
    form = SmsForm({"sign": SIGN, "per_second": typed})

    assert not form.is_valid()
    assert set(form.errors) == {"per_second"}


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("【新店】你好", ("新店", "你好")),
        (" 【新店】\n你好", ("新店", "\n你好")),
        ("你好【新店】", ("", "你好【新店】")),
        ("【店】你好", ("", "【店】你好")),
        ("【" + "长" * 17 + "】你好", ("", "【" + "长" * 17 + "】你好")),
    ],
)
def test_a_text_may_begin_with_a_signature(text, apart):
    assert texts.apart(text) == apart


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("字" * 70, 1),
        ("字" * 71, 2),
        ("字" * 134, 2),
        ("字" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_in_utf_16(text, parts):
    assert texts.parts(text) == parts


@pytest.mark.parametrize(
    "reply",
    ["R", "r", "Ｒ", "T", "ｔｄ", "TD", "退订", " 退订。", "N", "回复R", "0000", "拒收", "回T"],
)
def test_who_answers_so_wants_no_more(reply):
    assert refusing.wants_no_more(reply)


@pytest.mark.parametrize(
    "reply", ["", "好的", "R2 有货吗", "谢谢", "Tea", "请问几点开门？", "R" * 50]
)
def test_who_answers_otherwise_does_not(reply):
    assert not refusing.wants_no_more(reply)


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("${a}，${b}好", "小明，早上好", ("小明", "早上")),
        ("您的{1}在{2}。", "您的茶在15:00。", ("茶", "15:00")),
        ("固定", "固定", ()),
        ("固定", "固定。", None),
        ("${a}在${a}", "茶在茶", ("茶", "茶")),
        ("${a}在${a}", "茶在酒", None),
        ("${a}好", "好", None),
        ("您${a}", "您", None),
        ("{{x}", "{{x}", ()),
    ],
)
def test_a_text_is_taken_apart_by_its_template(template, text, values):
    assert matching.pattern(template).values(text) == values
