"""Short messages as a marketer uses them: a campaign walked to its end, and a welcome over three
channels, each for whom the one before does not get to."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from campaigns import automation
from campaigns.broadcasts import launching, slots
from campaigns.delivery import dispatch, sender
from campaigns.journeys import definition, engine
from campaigns.models import CampaignSlot, Journey, Message, Price, Suppression, Template
from crm_project.queue.due import database_now
from customers.models import Consent, Customer
from customers.segments import membership
from demo.vendors.aliyun_sms import AliyunSms
from demo.vendors.sms.stock import SIGN
from events import ingest
from events.incoming_items import Named
from integrations.models import SubscribeTemplate
from integrations.sms.channel import Sms
from integrations.wechat.subscribe import templates
from integrations.wechat.subscribe.channel import KEY as WECHAT
from tests.factories import a_campaign, a_segment, a_source, a_template, a_workspace, an_event
from tests.integrations.sms import BIRTHDAY, connected, people
from tests.integrations.test_email import server
from tests.integrations.test_sms import into_daytime
from tests.integrations.test_sms_doors import push, told
from tests.integrations.wechat.conftest import an_app, nothing_is_remembered, platform
from tests.integrations.wechat.test_subscribe import TITLE, WORDS, Someone

__all__ = ["nothing_is_remembered", "platform", "server"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 550  # 1/100 fen
NUMBERS = [f"1390005{n:04}" for n in range(10)]


def all_lanes() -> None:
    """Whatever is due leaves, through whichever lane it is due in by then."""
    for _round in range(4):
        Message.objects.filter(state="queued").update(due_at=database_now())
        for channel, connection_id in dispatch.due_lanes():
            sender.send_due(channel, connection_id=connection_id)


def expand() -> None:
    CampaignSlot.objects.filter(due_at__isnull=False).update(due_at=database_now())
    slots.expand(rounds=20)


@pytest.fixture
def aliyun(settings, monkeypatch):
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(Sms, "lawful_hours", {})
    a_workspace(name="互通小店", caps=None)
    with AliyunSms() as stand_in:
        into_daytime(stand_in)
        stand_in.row = connected("aliyun_sms", stand_in)
        yield stand_in


def test_a_campaign_by_sms_is_walked_to_its_end(aliyun, admin_client):
    """It leaves, arrives or comes back, is paid for, is replied to; whoever replied R is left
    alone, and the campaign's page says all of it."""
    Price.objects.create(channel="sms", price=PRICE, since=database_now())
    found = people(a_source(), NUMBERS)
    silent = found[0]  # has agreed to nothing
    Consent.objects.filter(customer=silent).delete()
    aliyun.tell("numbers", number=NUMBERS[1], fate="gone")
    aliyun.tell("numbers", number=NUMBERS[2], fate="off")
    template = a_template(channel="sms", content={"text": BIRTHDAY})
    campaign = launching.launch(
        a_campaign(segment=a_segment(*found), template=template), by=None, now=database_now()
    )
    membership.refresh_all()
    expand()

    all_lanes()
    aliyun.advance(1)
    push(aliyun.row, told(aliyun))
    aliyun.tell("reply", number=NUMBERS[3], text="ｒ")
    push(aliyun.row, told(aliyun, replies=aliyun.replies))
    automation.process_reactions()
    expand()

    accounts = launching.accounts(campaign)
    ended = {state: n for state, n in accounts.items() if n}
    assert ended == {"targeted": 10, "sent": 7, "failed": 2, "skipped": 1}
    assert launching.reasons(campaign)["skipped"] == {"no_consent": 1}
    rows = Message.objects.filter(campaign_id=campaign.pk)
    assert rows.filter(delivered_at__isnull=False).count() == 7
    assert rows.filter(unsubscribed_at__isnull=False).count() == 1
    assert sum(rows.exclude(cost=None).values_list("cost", flat=True)) == 9 * PRICE
    assert aliyun.ask("tally")["cost"] == 9 * PRICE
    gone = Suppression.objects.get(purpose="")
    assert gone.customer.pk == found[1].pk
    campaign.refresh_from_db()
    assert campaign.status == "done"
    for language in ("en", "zh-hans"):
        with translation.override(language):
            page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
            assert admin_client.get(page, follow=True).status_code == 200

    other = a_template(channel="sms", content={"text": "会员日全场八折，欢迎光临。拒收请回复R"})
    again = launching.launch(
        a_campaign(segment=a_segment(*found), template=other), by=None, now=database_now()
    )
    membership.refresh_all()
    expand()
    all_lanes()
    # One has never agreed, one has replied R, one has no phone any more.
    assert launching.reasons(again)["skipped"] == {"no_consent": 2, "suppressed": 1}


def test_a_welcome_goes_by_the_next_channel_where_one_does_not_get_to_somebody(
    aliyun, platform, server, settings
):
    """WeChat, SMS, e-mail: each person by the first that reaches them, once."""
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    app = an_app(platform)
    templates.sync(app, now=database_now())
    SubscribeTemplate.objects.update(about="account")
    source = a_source()
    anna = Someone(platform, app)
    anna.accepts()
    letter = Template.objects.create(
        name="letter",
        channel="email",
        purpose="service",
        content={"subject": "欢迎", "body": "欢迎成为会员"},
    )
    text = Template.objects.create(
        name="text",
        channel="sms",
        purpose="service",
        content={"text": "{{ customer.name | default: '您' }}，您预约的品茶在15:00开始。"},
        fallback=letter,
    )
    key = SubscribeTemplate.objects.get(title=TITLE).key
    first = {
        "channel": WECHAT,
        "purpose": "service",
        "content": {"template": key, **WORDS},
        "otherwise": text.pk,
    }
    draft = {
        "trigger": {"trigger": "event", "event": "Customer Registered"},
        "reentry": {"kind": "once"},
        "holdout_percent": 0,
        "start": "hello",
        "steps": {"hello": {"step": "send_message", **first, "next": None}},
    }
    now = database_now()
    journey = Journey.objects.create(name="Welcome", draft=draft)
    definition.publish(journey, by=None, now=now - timedelta(minutes=1))

    phone = Named("phone", "+8613900060002", verified=True)
    letters = [Named("email", f"{name}@example.com") for name in ("bo", "cai")]
    came = [
        an_event(anna_is(anna), name="Customer Registered", at=now),
        an_event(Named("member_id", "bo"), phone, letters[0], name="Customer Registered", at=now),
        an_event(Named("member_id", "cai"), letters[1], name="Customer Registered", at=now),
        an_event(Named("member_id", "dan"), name="Customer Registered", at=now),
    ]
    ids = [one.customer_id for one in ingest.record(source, came, now=now)]
    automation.process_reactions()
    engine.advance()
    all_lanes()

    by_customer = {m.customer_id: m for m in Message.objects.filter(journey_id=journey.pk)}
    assert [by_customer[pk].channel for pk in ids] == [WECHAT, "sms", "email", "email"]
    assert [by_customer[pk].state for pk in ids] == ["sent", "sent", "sent", "skipped"]
    assert len(anna.there.inbox) == 1
    [theirs] = aliyun.ask("inbox")
    assert theirs["number"] == "+8613900060002"
    assert theirs["content"].startswith(f"【{SIGN}】")
    assert [to for to, _letter in server.got] == [["cai@example.com"]]
    tried = [[one["channel"] for one in by_customer[pk].tried] for pk in ids]
    assert tried == [[], [WECHAT], [WECHAT, "sms"], [WECHAT, "sms"]]


def anna_is(someone: Someone) -> Named:
    """As the platform's app knows her."""
    Customer.objects.filter(pk=someone.customer.pk).update(name="安娜")
    return Named("wx_openid", someone.row.value, scope=someone.row.scope)
