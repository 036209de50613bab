"""Long-term templates that WeChat sends only so often: what is too soon waits and is told apart
from what nobody allows."""

import itertools
from datetime import timedelta

import pytest

from campaigns.delivery import dispatch
from campaigns.models import Message
from crm_project.queue.due import database_now
from integrations.models import Grant, SubscribeTemplate
from integrations.wechat.subscribe import templates
from integrations.wechat.subscribe.channel import KEY, SEND
from tests.factories import a_workspace
from tests.integrations.wechat.conftest import an_app, answered
from tests.integrations.wechat.test_subscribe import Someone, sent, told

pytestmark = pytest.mark.django_db(transaction=True)
POLICY = "保单到期提醒"
count = itertools.count(1)
NOON = {"hour": 4, "minute": 0}  # in UTC, as Beijing has it


@pytest.fixture
def app(db, platform):
    """Of an insurance."""
    platform.account = platform.tell("add_app", categories=[604])
    return an_app(platform)


@pytest.fixture
def someone(platform, app, moved_clock):
    a_workspace(caps=None)
    moved_clock.to((database_now() + timedelta(days=1)).replace(**NOON))
    templates.sync(app, now=database_now())
    SubscribeTemplate.objects.update(about="account")
    found = Someone(platform, app)
    found.accepts(POLICY)
    return found


def a_policy(someone, number: str = "PL-1") -> Message:
    about = f"意外伤害{next(count)}"  # no message is another's double
    words = {"value1": number, "value2": "2026年12月31日", "value3": about}
    return someone.message(POLICY, **words)


def limit(every: str, counted_by: str = "character_string1") -> None:
    SubscribeTemplate.objects.filter(title=POLICY).update(every=every, counted_by=counted_by)


def test_a_month_is_not_waited_for_and_costs_no_call(someone, app, platform):
    limit("month")
    first, again, other = a_policy(someone), a_policy(someone), a_policy(someone, "PL-2")
    sent(app, rounds=4)

    assert [told(one) for one in (first, again, other)] == [
        ("sent", ""),
        ("skipped", "limited"),
        ("sent", ""),
    ]
    assert answered(platform, SEND) == 2


def test_what_was_sent_today_is_sent_tomorrow(someone, app, platform, moved_clock):
    limit("day")
    first, again = a_policy(someone), a_policy(someone)
    sent(app)
    Message.objects.filter(state="queued").update(due_at=database_now())
    sent(app)

    again.refresh_from_db()
    assert (told(first), told(again)) == (("sent", ""), ("queued", "limited"))
    assert answered(platform, SEND) == 1
    wait = again.due_at - database_now()
    assert timedelta(hours=12) < wait < timedelta(hours=12, minutes=10)


def test_43101_waits_a_period_and_is_believed_in_the_next(someone, app, platform, moved_clock):
    """The platform counts by the month, and we were told: by the day."""
    limit("day", counted_by="")
    first, again = a_policy(someone), a_policy(someone)
    sent(app, rounds=3)
    assert (told(first), told(again)) == (("sent", ""), ("queued", "limited"))
    assert answered(platform, SEND, 43101) == 1

    moved_clock.by(days=1)
    sent(app, rounds=3)
    assert (told(again), answered(platform, SEND, 43101)) == (("skipped", "no_grant"), 2)
    assert Grant.objects.filter(is_lasting=True).get().state == "void"

    someone.accepts(POLICY)  # asked again, they allow it anew
    assert Grant.objects.filter(is_lasting=True).get().refused_at is None


def test_what_was_sent_between_two_refusals_proves_that_it_is_a_limit(
    someone, app, platform, moved_clock
):
    limit("day", counted_by="")
    a_policy(someone)
    again = a_policy(someone)
    sent(app, rounds=3)
    other = a_policy(someone, "PL-2")
    dispatch.deliver(KEY, connection_id=app.pk)
    assert (told(again), told(other)) == (("queued", "limited"), ("sent", ""))

    moved_clock.by(days=1)
    sent(app, rounds=2)
    assert told(again) == ("queued", "limited")
    assert Grant.objects.filter(is_lasting=True).get().state == "free"
