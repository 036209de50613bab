"""The ledger of what people allow: one row for each accept, taken once, whoever tells it and
however often."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection as database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Message
from crm_project.queue.due import database_now
from customers.identity import merging
from integrations.models import Grant
from integrations.wechat.subscribe import grants
from integrations.wechat.subscribe.accepting import Accepting
from integrations.wechat.subscribe.grants import Report
from tests.campaigns.queued import a_message
from tests.factories import a_customer
from tests.integrations.wechat.app import a_person, a_template, an_app, count

pytestmark = pytest.mark.django_db
PUSH, CLIENT = "push", "client"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return database_now()


@pytest.fixture
def template():
    return a_template(an_app())


def told(person, template, *reports, now):
    """(who says it, when, key)"""
    return grants.accept(
        person, [Report(template, at, key, who) for who, at, key in reports], now=now
    )


def states() -> Counter:
    return Counter(Grant.objects.filter(is_withdrawal=False).values_list("state", flat=True))


def a_taken(person, template, *, now) -> Message:
    message = a_message(person.customer, channel="wechat_subscribe")
    grants.take([(message.pk, person.pk, template.pk)], now=now)
    return message


def test_both_reports_of_one_accept_are_one_row_and_each_pairs_once(template, now):
    person = a_person()
    told(person, template, (CLIENT, now, "c1"), now=now)
    told(person, template, (PUSH, now + MINUTE, "p1"), now=now)
    told(person, template, (PUSH, now + MINUTE, "p1"), (CLIENT, now, "c1"), now=now)  # again
    assert states() == {"free": 1}
    told(person, template, (PUSH, now + MINUTE, "p2"), now=now)  # a second accept
    assert states() == {"free": 2}
    told(person, template, (CLIENT, now + 10 * MINUTE, "c2"), now=now)  # too far from both
    assert states() == {"free": 3}


def test_what_nobody_else_has_told_is_taken_last(template, now):
    person = a_person()
    told(person, template, (CLIENT, now - 60 * MINUTE, "c1"), now=now)
    told(person, template, (PUSH, now, "p1"), now=now)
    message = a_taken(person, template, now=now)
    assert Grant.objects.get(message_id=message.pk).said_by == PUSH


def test_a_message_takes_one_and_a_second_time_changes_nothing(template, now):
    person = a_person()
    told(person, template, (PUSH, now, "p1"), (PUSH, now, "p2"), now=now)
    message = a_taken(person, template, now=now)
    place = [(message.pk, person.pk, template.pk)]
    assert grants.take(place, now=now) == {message.pk}
    assert states() == {"free": 1, "reserved": 1}
    grants.give_back([message.pk], now=now)
    grants.give_back([message.pk], now=now)
    assert states() == {"free": 2}


def test_a_withdrawal_voids_what_is_free_and_what_is_told_late(template, now):
    person = a_person()
    told(person, template, (PUSH, now, "p1"), (PUSH, now, "p2"), now=now)
    message = a_taken(person, template, now=now)
    grants.withdraw(person, [template], at=now + MINUTE, now=now)
    assert states() == {"void": 1, "reserved": 1}
    told(person, template, (PUSH, now + MINUTE / 2, "late"), now=now)
    assert states() == {"void": 2, "reserved": 1}
    grants.give_back([message.pk], now=now)  # not sent after all, and not allowed any more
    assert states() == {"void": 3}
    told(person, template, (PUSH, now + 2 * MINUTE, "p3"), now=now)
    assert states() == {"void": 3, "free": 1}


def test_a_long_term_template_is_one_row_that_is_never_spent(now):
    template, person = a_template(an_app(), kind="long_term"), a_person()
    told(person, template, (PUSH, now, "p1"), (CLIENT, now, "c1"), now=now)
    told(person, template, (PUSH, now + MINUTE, "p2"), now=now)
    assert states() == {"free": 1}
    assert grants.left([person.pk]) == {(person.pk, template.pk): (1, True)}
    assert grants.take([(1, person.pk, template.pk)], now=now) == set()
    grants.withdraw(person, [template], at=now + 2 * MINUTE, now=now)
    assert not grants.left([person.pk])
    told(person, template, (PUSH, now + MINUTE, "p3"), now=now)  # told late
    assert not grants.left([person.pk])
    told(person, template, (PUSH, now + 3 * MINUTE, "p4"), now=now)
    assert grants.left([person.pk])


@pytest.mark.parametrize(
    ("state", "left_before", "after"),
    [
        ("sent", 0, "spent"),
        ("failed", 0, "spent"),
        ("unknown", 0, "reserved"),
        ("unknown", 25, "spent"),
        ("sending", 25, "reserved"),
        ("failed", None, "free"),
        ("cancelled", None, "free"),
    ],
)
def test_what_becomes_of_the_message_settles_it(template, now, state, left_before, after):
    person = a_person()
    told(person, template, (PUSH, now, "p1"), now=now)
    message = a_taken(person, template, now=now)
    sent_at = None if left_before is None else now - timedelta(hours=left_before)
    due = now if state == "sending" else None
    Message.objects.filter(pk=message.pk).update(state=state, sent_at=sent_at, due_at=due)
    for _time in range(2):
        grants.settle(now=now)
        assert states() == {after: 1}


def test_a_merge_and_its_undoing_move_what_is_left(template, now):
    one, other = a_person(), a_person()
    told(one, template, (PUSH, now, "p1"), now=now)
    told(other, template, (PUSH, now, "p2"), now=now)
    merge = merging.merge(one.customer_id, other.customer_id, by="test", identity="", now=now)
    assert set(Grant.objects.values_list("customer", flat=True)) == {merge.customer_id}
    merging.undo(merge, by="test", now=database_now())
    assert set(Grant.objects.values_list("customer", flat=True)) == {
        one.customer_id,
        other.customer_id,
    }


@pytest.mark.django_db(transaction=True)
def test_of_64_at_once_one_gets_the_last(template, now):
    person = a_person()
    told(person, template, (PUSH, now, "p1"), now=now)
    messages = [a_message(a_customer(), channel="wechat_subscribe") for _n in range(64)]
    ready, won = threading.Barrier(64), []

    def work(message):
        ready.wait(30)
        try:
            won.extend(grants.take([(message.pk, person.pk, template.pk)], now=now))
        finally:
            database.close()

    threads = [threading.Thread(target=work, args=[one]) for one in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(won) == 1
    assert states() == {"reserved": 1}


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["push", "client", "both", "again", "withdraw", "take", "leave", "fail"]),
        st.integers(0, 2),
    ),
    max_size=12,
)


class Plain:
    """The same in a few lines: how many may still be sent, on which both sides must agree."""

    def __init__(self):
        self.free = self.taken = self.spent = self.void = 0

    def accept(self):
        self.free += 1

    def withdraw(self):
        self.void, self.free = self.void + self.free, 0

    def take(self) -> bool:
        if not self.free:
            return False
        self.free, self.taken = self.free - 1, self.taken + 1
        return True


def story(acts) -> None:
    Grant.objects.all().delete()
    now = database_now()
    template, person, plain = a_template(an_app(f"wx{next(count):016}")), a_person(), Plain()
    tell(acts, template, person, plain, now)


def tell(acts, template, person, plain, now) -> None:
    waiting: list[Message] = []
    at, reports = now - timedelta(days=1), []
    for number, (act, which) in enumerate(acts):
        at += timedelta(minutes=5)  # no two accepts within what is paired
        if act in ("push", "client", "both"):
            whom = [PUSH, CLIENT] if act == "both" else [act]
            reports += [(who, at, f"{template.pk}:{number}") for who in whom]
            told(person, template, *[(who, at, f"{template.pk}:{number}") for who in whom], now=now)
            plain.accept()
        elif act == "again" and reports:
            told(person, template, reports[which % len(reports)], now=now)
        elif act == "withdraw":
            grants.withdraw(person, [template], at=at, now=now)
            plain.withdraw()
        elif act == "take":
            message = a_message(a_customer(), channel="wechat_subscribe")
            got = bool(grants.take([(message.pk, person.pk, template.pk)], now=now))
            assert got == plain.take()
            waiting += [message] * got
        elif act in ("leave", "fail") and waiting:
            message = waiting.pop(which % len(waiting))
            if act == "leave":
                Message.objects.filter(pk=message.pk).update(state="sent", sent_at=now, due_at=None)
                plain.taken, plain.spent = plain.taken - 1, plain.spent + 1
            else:
                Message.objects.filter(pk=message.pk).update(state="cancelled", due_at=None)
                mark = Grant.objects.filter(is_withdrawal=True).first()
                own = Grant.objects.get(message_id=message.pk)
                plain.taken -= 1
                if mark and mark.accepted_at >= own.accepted_at:
                    plain.void += 1
                else:
                    plain.free += 1
            grants.settle(now=now)
        expected = {
            "free": plain.free,
            "reserved": plain.taken,
            "spent": plain.spent,
            "void": plain.void,
        }
        assert states() == {name: n for name, n in expected.items() if n}


@given(ACTS)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_story_agrees_with_the_plain_one(acts):
    story(acts)


@pytest.mark.proof
@given(ACTS)
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_many_stories_agree_with_the_plain_one(acts):
    story(acts)


def test_what_a_message_takes_while_its_other_report_is_told_stays_taken(template, now):
    person = a_person()
    told(person, template, (CLIENT, now, "client"), now=now)
    telling = Accepting([(person, Report(template, now, "push", PUSH))], now)  # has read the row
    message = a_message(person.customer)
    assert grants.take([(message.pk, person.pk, template.pk)], now=now) == {message.pk}

    telling.carry_out()

    row = Grant.objects.get(identity=person)
    assert (row.state, row.message_id, row.push_key) == ("reserved", message.pk, "push")
