"""Subscribe messages while whoever sends them is killed: never more messages than grants, none sent
twice, and what nobody can know is known by the platform's receipt."""

import threading
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from campaigns.delivery import early_receipts, outbox, recovering, sender
from campaigns.models import EarlyReceipt, Message
from crm_project.queue.due import database_now
from demo.vendors.wechat import WeChatApart, events
from integrations.models import Grant, SubscribeTemplate
from integrations.wechat import account, following, pushed, tokens
from integrations.wechat.push import source_of
from integrations.wechat.subscribe import grants, settling, templates
from integrations.wechat.subscribe.channel import KEY
from tests.campaigns.queued import intent
from tests.factories import a_workspace
from tests.faults.test_failpoints import dies, the_leases_are_over
from tests.integrations.wechat.app import a_person
from tests.integrations.wechat.conftest import an_app
from tests.integrations.wechat.test_subscribe import TITLE, Someone
from tests.product import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]
PEOPLE = 8
SEND = "/cgi-bin/message/subscribe/send"


@pytest.fixture
def platform(settings):
    account.forget()
    tokens.forget()
    with WeChatApart() as running:
        settings.OUTBOUND_HOSTS = [running.url.removeprefix("http://")]
        yield running


@pytest.mark.parametrize("point", ["claim.fenced", "send.fenced", "send.answered"])
def test_a_kill_while_sending_doubles_nothing(point, platform, tmp_path):
    a_workspace(caps=None)
    app = an_app(platform)
    templates.sync(app, now=database_now())
    SubscribeTemplate.objects.update(about="account")
    people = [Someone(platform, app) for _n in range(PEOPLE)]
    for one in people:
        one.accepts()
    messages = [one.message() for one in people for _time in range(2)]  # twice what is allowed

    send = partial(sender.send_due, KEY, connection_id=app.pk)
    dies(point, send, tmp_path)
    in_flight = Message.objects.filter(state="sending").count()
    for _round in range(4):
        the_leases_are_over()
        recovering.recover(database_now())
        send()
    settling.work(database_now())

    arrived = [len(one.there.inbox) for one in people]
    assert max(arrived) <= 1
    states = Counter(Message.objects.values_list("state", flat=True))
    assert states["unknown"] == in_flight <= PEOPLE
    assert states["sent"] + states["unknown"] + states["skipped"] == len(messages)
    grants = Counter(Grant.objects.values_list("state", flat=True))
    assert grants["reserved"] == states["unknown"]
    assert sum(arrived) <= grants["spent"] + grants["reserved"]

    for one in people:
        for came in one.there.inbox:
            tell(app, one, came)
    EarlyReceipt.objects.update(received_at=database_now() - timedelta(minutes=1))
    settling.work(database_now())
    early_receipts.look_again()
    settling.work(database_now())
    known = Counter(Message.objects.values_list("state", flat=True))
    assert known["sent"] == sum(arrived)
    a_day_later = database_now() + timedelta(hours=25)
    settling.work(a_day_later)
    assert not Grant.objects.filter(state="reserved").exists()


def tell(app, one: Someone, came: dict) -> None:
    """The platform's receipt, as its push would bring it."""

    class There:
        original_id, appid = "gh_1", app.account

    key = SubscribeTemplate.objects.get(title=TITLE).key
    at = database_now().timestamp()
    event = events.sent(There, one.row.value, at, key, came["msgid"], is_lost=False)
    following.follow(source_of(app), pushed.read(events.as_json(event).encode()), database_now())


# -- the platform in trouble

MANY = 10_000


def ready(platform) -> tuple:
    a_workspace(caps=None)
    app = an_app(platform)
    templates.sync(app, now=database_now())
    SubscribeTemplate.objects.update(about="account")
    return app, SubscribeTemplate.objects.get(title=TITLE)


def arrived(platform) -> int:
    rows = platform.ask("counts")
    return sum(one["times"] for one in rows if one["path"] == SEND and one["errcode"] == 0)


def test_a_token_that_ends_among_ten_thousand_costs_none_of_them(platform):
    app, template = ready(platform)
    openids = []
    for _n in range(MANY):
        one = platform.person()
        one.subscribe(template.key)
        openids.append(one.openid)
    people = [a_person(openid, appid=app.account) for openid in openids]
    now = database_now()
    Grant.objects.bulk_create(
        [
            Grant(
                **grants.whose(person, template),
                accepted_at=now,
                said_by="push",
                push_key=f"{n}",
                state="free",
                changed_at=now,
            )
            for n, person in enumerate(people)
        ]
    )
    words = {"template": template.key, "value1": "绘画", "value2": "3", "value3": "王小明"}
    queued = [intent(one.customer, channel=KEY, purpose="service", content=words) for one in people]
    outbox.queue(queued, now=now)

    ended = threading.Event()

    def end_tokens():
        for part in (0.2, 0.4, 0.6):
            while arrived(platform) < MANY * part and not ended.wait(0.1):
                pass
            platform.tell("expire_tokens", appid=platform.appid)

    thread = threading.Thread(target=end_tokens)
    thread.start()
    for _round in range(20):
        Message.objects.filter(state="queued").update(due_at=database_now())
        sender.send_due(KEY, connection_id=app.pk, rounds=1000)
    ended.set()
    thread.join(30)

    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": MANY}
    assert arrived(platform) == MANY
    settling.work(database_now())
    assert Counter(Grant.objects.values_list("state", flat=True)) == {"spent": MANY}


@pytest.mark.parametrize(
    ("mode", "is_taken"),
    [
        ({"kind": "slow", "seconds": 14}, True),
        ({"kind": "fail", "status": 502}, False),
        ({"kind": "drop"}, False),
        ({"kind": "cut"}, True),
        ({"kind": "garbage"}, True),
    ],
)
def test_a_platform_in_trouble_is_asked_once_and_doubles_nothing(platform, mode, is_taken):
    times = 5
    app, _template = ready(platform)
    people = [Someone(platform, app) for _n in range(2 * PEOPLE)]
    for one in people:
        one.accepts()
        one.message()
    platform.misbehave({**mode, "times": times, "only": SEND})

    for _round in range(4):
        the_leases_are_over()
        recovering.recover(database_now())
        sender.send_due(KEY, connection_id=app.pk)
    settling.work(database_now())

    states = Counter(Message.objects.values_list("state", flat=True))
    assert states == {"sent": len(people) - times, "unknown": times}
    wanted = len(people) - (0 if is_taken else times)
    # Who is slow takes it after we have given up.
    eventually(lambda: sum(len(one.there.inbox) for one in people) == wanted, seconds=10)
    came = [len(one.there.inbox) for one in people]
    assert max(came) <= 1
    assert sum(came) == wanted
    kept = Counter(Grant.objects.values_list("state", flat=True))
    assert kept == {"spent": len(people) - times, "reserved": times}
