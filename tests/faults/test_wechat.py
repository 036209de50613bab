"""Subscribe messages while whoever sends them is killed: never more messages than grants, none sent
twice, and what nobody can know is known by the platform's receipt."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from campaigns.delivery import early_receipts, recovering, sender
from campaigns.models import EarlyReceipt, Message
from crm_project.queue.due import database_now
from demo.vendors.wechat import WeChatApart, events
from integrations.models import Grant, SubscribeTemplate
from integrations.wechat import account, following, pushed, tokens
from integrations.wechat.push import source_of
from integrations.wechat.subscribe import settling, templates
from integrations.wechat.subscribe.channel import KEY
from tests.factories import a_workspace
from tests.faults.test_failpoints import dies, the_leases_are_over
from tests.integrations.wechat.conftest import an_app
from tests.integrations.wechat.test_subscribe import TITLE, Someone

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
