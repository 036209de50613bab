"""Subscribe messages from the ledger to the platform and back: against the stand-in, which keeps
WeChat's rules."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import translation
from pyroaring import BitMap

from campaigns.delivery import dispatch, early_receipts
from campaigns.models import EarlyReceipt, Message, Suppression
from crm_project.queue.due import database_now
from customers.models import Consent, Trade
from demo.vendors.wechat import events
from integrations.models import Grant, SubscribeTemplate
from integrations.wechat import following, pushed
from integrations.wechat.push import source_of
from integrations.wechat.subscribe import fitting, grants, settling, templates
from integrations.wechat.subscribe.channel import KEY, Subscribe
from integrations.wechat.subscribe.grants import Report
from tests.campaigns.queued import a_message
from tests.factories import a_customer, a_workspace
from tests.integrations.wechat.app import a_person
from tests.integrations.wechat.conftest import an_app

pytestmark = pytest.mark.django_db(transaction=True)
TITLE, LESSON = "课时不足提醒", "上课提醒"
WORDS = {"value1": "绘画", "value2": "3", "value3": "王小明"}


class Someone:
    """A person of the platform whom we know, and what we do for them."""

    def __init__(self, platform, app):
        self.platform, self.app = platform, app
        self.there = platform.person()
        self.row = a_person(self.there.openid, appid=app.account)
        self.customer = self.row.customer
        self.number = 0

    def accepts(self, title: str = TITLE, *, times: int = 1) -> None:
        one = SubscribeTemplate.objects.get(title=title)
        for _time in range(times):
            self.number += 1
            self.there.subscribe(one.key)
            report = Report(one, database_now(), f"{self.row.pk}:{self.number}", "push")
            grants.accept(self.row, [report], now=database_now())

    def message(self, title: str = TITLE, **content) -> Message:
        key = SubscribeTemplate.objects.get(title=title).key
        more = {name: content.pop(name) for name in ("purpose", "alternatives") if name in content}
        said = {"template": key, **WORDS, **content}
        return a_message(self.customer, channel=KEY, content=said, **{"purpose": "service", **more})


@pytest.fixture
def someone(platform, app):
    a_workspace(caps=None)
    templates.sync(app, now=database_now())
    SubscribeTemplate.objects.update(about="account")
    return Someone(platform, app)


def sent(app, *, rounds: int = 1) -> None:
    for _round in range(rounds):
        Message.objects.filter(state="queued").update(due_at=database_now())
        dispatch.deliver(KEY, connection_id=app.pk)


def told(message) -> tuple[str, str]:
    return Message.objects.values_list("state", "reason").get(pk=message.pk)


def states() -> Counter:
    return Counter(Grant.objects.filter(is_withdrawal=False).values_list("state", flat=True))


# -- templates


def test_templates_are_read_as_they_are(someone, app, platform):
    one = SubscribeTemplate.objects.get(title=TITLE)
    assert one.key == platform.template(TITLE)
    assert [(k["key"], k["kind"], k["label"], k["example"]) for k in one.keywords] == [
        ("thing1", "thing", "课程名称", "少儿绘画"),
        ("number2", "number", "剩余课时", "3"),
        ("name3", "name", "学员姓名", "王小明"),
    ]
    assert SubscribeTemplate.objects.get(title=LESSON).is_long_term
    clinic = SubscribeTemplate.objects.get(title="就诊提醒")
    assert clinic.keywords[3]["choices"] == ["已预约", "已改期", "已取消"]


def test_what_is_gone_there_is_not_sent_by(someone, app, platform):
    someone.accepts()
    one = SubscribeTemplate.objects.get(title=TITLE)
    token = platform.token()
    platform.post("/wxaapi/newtmpl/deltemplate", {"priTmplId": one.key}, access_token=token)
    templates.sync(app, now=database_now())
    message = someone.message()
    sent(app)
    assert told(message) == ("skipped", "no_template")
    assert states() == {"free": 1}


@pytest.mark.parametrize(("trade", "first"), [(Trade.SCHOOL, True), (Trade.SHOP, False)])
def test_a_school_is_offered_long_term_templates_first(someone, trade, first):
    SubscribeTemplate.objects.exclude(title__in=[TITLE, LESSON]).delete()
    SubscribeTemplate.objects.filter(title=LESSON).update(title="长期")  # sorts last by its name
    a_workspace(trade=trade)
    assert templates.offered()[0].is_long_term == first


# -- sending


def test_a_message_is_sent_for_a_grant_and_leads_back(someone, app):
    someone.accepts()
    message = someone.message(page="pages/course/index?id=3", state="trial")
    sent(app)
    assert told(message) == ("sent", "")
    [arrived] = someone.there.inbox
    assert arrived["data"] == {"thing1": "绘画", "number2": "3", "name3": "王小明"}
    assert arrived["page"] == f"pages/course/index?id=3&hutong_message={message.pk}"
    assert arrived["state"] == "trial"
    message.refresh_from_db()
    assert message.provider_id == str(arrived["msgid"])
    settling.work(database_now())
    assert states() == {"spent": 1}


def test_without_a_grant_nothing_leaves_and_the_next_channel_is_tried(someone, app):
    alone = someone.message()
    other = {"channel": "in_app", "content": {"title": "Hello", "body": "There"}}
    moved = someone.message(alternatives=[other])
    sent(app, rounds=2)
    assert told(alone) == ("skipped", "no_grant")
    moved.refresh_from_db()
    assert (moved.channel, moved.tried) == ("in_app", [{"channel": KEY, "reason": "no_grant"}])
    assert someone.there.inbox == []


def test_two_grants_are_two_messages_one_after_the_other(someone, app):
    someone.accepts(times=2)
    messages = [someone.message(value1=f"绘画{n}") for n in range(3)]
    sent(app)
    assert Counter(told(m)[0] for m in messages) == {"sent": 1, "queued": 2}
    sent(app, rounds=2)
    assert Counter(told(m) for m in messages) == {("sent", ""): 2, ("skipped", "no_grant"): 1}
    assert len(someone.there.inbox) == 2


def test_a_long_term_template_needs_one_accept(someone, app):
    someone.accepts(LESSON)
    words = {
        "value1": "绘画",
        "value2": "2026年12月5日 09:00",
        "value3": "王小明",
        "value4": "二楼",
        "value5": "0571-88886666",
    }
    messages = [someone.message(LESSON, **{**words, "value4": f"{n}楼"}) for n in range(3)]
    sent(app, rounds=3)
    assert {told(m) for m in messages} == {("sent", "")}
    assert states() == {"free": 1}


def test_what_wechat_would_refuse_costs_no_grant_and_no_call(someone, app, platform):
    someone.accepts()
    bad = someone.message(value2="drei")
    sent(app)
    assert told(bad) == ("skipped", "bad_value")
    assert states() == {"free": 1}
    assert not any(one["path"].endswith("subscribe/send") for one in platform.ask("counts"))


def test_a_thing_that_is_too_long_is_cut(someone, app):
    someone.accepts()
    sent_one = someone.message(value1="很长的课程名称" * 5 + "\n")
    sent(app)
    assert told(sent_one) == ("sent", "")
    [arrived] = someone.there.inbox
    assert arrived["data"]["thing1"] == ("很长的课程名称" * 5)[:19] + "…"


def test_43101_voids_what_we_believed_to_have(someone, app):
    someone.accepts(times=2)
    someone.there.refuse(SubscribeTemplate.objects.get(title=TITLE).key)  # and is not told to us
    Grant.objects.update(accepted_at=database_now() - timedelta(hours=1))
    message = someone.message()
    sent(app)
    assert told(message) == ("queued", "temporary")
    assert states() == {"void": 2}
    sent(app)
    assert told(message) == ("skipped", "no_grant")
    assert not Suppression.objects.exists()


def test_an_openid_that_is_none_ends_the_address(someone, app):
    stranger = a_person("nobody-there", appid=app.account)
    one = SubscribeTemplate.objects.get(title=TITLE)
    grants.accept(stranger, [Report(one, database_now(), "x", "push")], now=database_now())
    message = a_message(
        stranger.customer,
        channel=KEY,
        content={"template": one.key, **WORDS},
        purpose="service",
    )
    sent(app)
    assert told(message) == ("failed", "refused")
    assert Suppression.objects.get().customer == stranger.customer
    assert states() == {"free": 1}


@pytest.mark.parametrize(
    ("changed", "reason", "state"),
    [
        ({"sensitive_words": ["绘画"]}, ("failed", "content"), "free"),
        ({"is_banned": True}, ("queued", "temporary"), "free"),
    ],
)
def test_other_refusals_leave_the_grant(someone, app, platform, changed, reason, state):
    someone.accepts()
    platform.tell("app", appid=platform.appid, **changed)
    message = someone.message()
    sent(app)
    assert told(message) == reason
    assert states() == {state: 1}
    assert not Suppression.objects.exists()


def test_quotas_make_it_wait(someone, app, platform):
    someone.accepts()
    platform.tell("quotas", path="/cgi-bin/message/subscribe/send", day=0)
    message = someone.message()
    sent(app)
    message.refresh_from_db()
    assert (message.state, message.reason) == ("queued", "temporary")
    assert message.due_at > database_now() + timedelta(minutes=30)
    assert states() == {"free": 1}


def test_a_token_that_has_ended_costs_nothing(someone, app, platform):
    someone.accepts(times=2)
    sent_one = someone.message()
    sent(app)
    platform.tell("expire_tokens", appid=platform.appid)
    another = someone.message(value1="书法")
    sent(app)
    assert (told(sent_one), told(another)) == (("sent", ""), ("sent", ""))


def test_a_withdrawal_of_consent_still_bars(someone, app):
    someone.accepts()
    Consent.objects.create(
        customer=someone.customer,
        origin_customer=someone.customer,
        channel=KEY,
        purpose="service",
        is_granted=False,
        occurred_at=database_now(),
    )
    message = someone.message()
    sent(app)
    assert told(message) == ("skipped", "no_consent")


def test_a_message_leaves_by_the_app_of_its_template(someone, app, platform):
    other = platform.tell("add_app")
    second = an_app(platform, appid=other["appid"], secret=other["secret"])
    a_person("elsewhere", appid=second.account, customer=someone.customer)
    someone.accepts()
    message = someone.message()
    assert message.connection_id == app.pk
    sent(app)
    assert told(message) == ("sent", "")


# -- receipts


def receipt(app, someone, msgid, *, code: str = "0") -> None:
    class There:
        original_id, appid = "gh_1", app.account

    one = SubscribeTemplate.objects.get(title=TITLE)
    event = events.sent(
        There, someone.row.value, database_now().timestamp(), one.key, msgid, is_lost=code != "0"
    )
    source = source_of(app)
    following.follow(source, pushed.read(events.as_json(event).encode()), database_now())


def test_a_receipt_says_that_it_arrived_or_not(someone, app):
    someone.accepts(times=2)
    good, lost = someone.message(), someone.message(value1="书法")
    sent(app, rounds=2)
    for message, code in ((good, "0"), (lost, "-1")):
        message.refresh_from_db()
        for _time in range(2):
            receipt(app, someone, message.provider_id, code=code)
    good.refresh_from_db()
    assert good.delivered_at
    assert told(lost) == ("failed", "bounced")
    settling.work(database_now())
    assert states() == {"spent": 2}


def test_a_lost_answer_is_unknown_until_the_receipt_and_holds_its_grant(someone, app, platform):
    someone.accepts()
    platform.misbehave({"kind": "cut", "times": 1, "only": "/cgi-bin/message/subscribe/send"})
    message = someone.message()
    sent(app)
    assert told(message) == ("unknown", "no_answer")
    settling.work(database_now())
    assert states() == {"reserved": 1}
    [arrived] = someone.there.inbox
    receipt(app, someone, arrived["msgid"])
    EarlyReceipt.objects.update(received_at=database_now() - timedelta(minutes=1))
    settling.work(database_now())
    early_receipts.look_again()
    assert told(message) == ("sent", "")
    settling.work(database_now())
    assert states() == {"spent": 1}


# -- what fits


@pytest.mark.parametrize(
    ("about", "purpose", "text", "is_fit"),
    [
        ("", "service", "x", False),
        ("account", "service", "x", True),
        ("account", "marketing", "x", False),
        ("booking", "service", "x", False),
        ("booking", "service", "{{ booking.name }}", True),
        ("order", "service", "{{ booking.name }}", False),
        ("coupon", "marketing", "{{ coupon.value }}", True),
        ("news", "marketing", "x", True),
        ("news", "service", "x", False),
    ],
)
def test_a_template_is_used_for_what_people_subscribed_to(
    someone, app, about, purpose, text, is_fit
):
    SubscribeTemplate.objects.filter(title=TITLE).update(about=about)
    one = SubscribeTemplate.objects.get(title=TITLE)
    content = {"template": one.key, **WORDS, "value1": text}
    with translation.override("en"):
        assert (Subscribe().unfit(content, purpose) == "") == is_fit


def test_what_does_not_fit_does_not_leave(someone, app):
    SubscribeTemplate.objects.update(about="booking")
    someone.accepts()
    message = someone.message(purpose="marketing")
    sent(app)
    assert told(message) == ("skipped", "not_subscribed_for")


def test_the_card_says_what_is_wrong_with_each_value(someone):
    one = SubscribeTemplate.objects.get(title=TITLE)
    with translation.override("en"):
        card = fitting.card(one, {**WORDS, "value2": "drei"}, "service")
    assert [shown.problem for shown in card["values"]] == ["", "a number of at most 32 digits", ""]


def test_whom_it_reaches(someone, app):
    other = a_customer()
    both = BitMap([someone.customer.pk, other.pk])
    assert not Subscribe().reached(both)
    someone.accepts()
    assert Subscribe().reached(both) == BitMap([someone.customer.pk])
