"""Evaluators share the customers and never meet; what time does to everybody at once is looked at
in steps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from customers.models import (
    ChangedCustomer,
    Customer,
    CustomerAttribute,
    CustomerTag,
    EvaluatorClock,
    Segment,
    SegmentPart,
    Tag,
    Workspace,
)
from customers.segments import backlog, membership
from customers.segments.shards import WHOLE, Shard
from tests.factories import NOW, a_customer, a_source, an_event, happened, member
from tests.stories import assert_right, look

GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
BIRTHDAY = {
    "condition": "attribute_date",
    "attribute": "birthday",
    "comparison": "anniversary",
    "n": 0,
    "unit": "days",
}
MIDNIGHT = datetime(2026, 11, 25, tzinfo=ZoneInfo("Asia/Shanghai"))


def elsewhere(work):
    """In a session of its own."""

    def alone():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result()


@pytest.mark.django_db(transaction=True)
def test_evaluators_that_do_not_agree_on_the_number_of_shards_exclude_each_other():
    def is_free(shard):
        def tried():
            with shard.locked() as is_ours:
                return is_ours

        return elsewhere(tried)

    with Shard(0, 2).locked() as is_ours:
        assert is_ours
        assert [
            is_free(shard) for shard in (WHOLE, Shard(0, 2), Shard(1, 2), Shard(0, 3), Shard(1, 4))
        ] == [
            False,
            False,
            True,
            False,
            True,
        ]
    assert is_free(WHOLE)


@pytest.mark.django_db(transaction=True)
def test_shards_that_look_at_once_do_not_disturb_each_other():
    source = a_source()
    segments = [Segment.objects.create(name=f"s{n}", definition=GOLD) for n in range(5)]
    shards = [Shard(number, 4) for number in range(4)]

    def passes(shard):
        return elsewhere(lambda: [membership.refresh(shard) for _n in range(5)])

    for rnd in range(3):
        happened(
            source,
            *(
                an_event(
                    member(n),
                    at=NOW,
                    attributes={"level": ("gold", "silver")[(n + rnd) % 2]},
                    id=f"{rnd}-{n}",
                )
                for n in range(60)
            ),
        )
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(passes, shards))
        assert not any(result.is_busy for results in found for result in results)
    assert not ChangedCustomer.objects.exists()
    assert_right(segments, NOW)


@pytest.mark.django_db
def test_the_size_is_the_sum_once_every_shard_has_its_part():
    happened(a_source(), *(an_event(member(n), attributes={"level": "gold"}) for n in range(7)))
    segment = Segment.objects.create(name="gold", definition=GOLD)

    membership.Pass(NOW, Shard(0, 2)).done()
    segment.refresh_from_db()
    assert (segment.size, segment.evaluated_version) == (0, 0)

    membership.Pass(NOW, Shard(1, 2)).done()
    segment.refresh_from_db()
    assert (segment.size, segment.evaluated_version) == (7, segment.version)
    assert sum(SegmentPart.objects.values_list("size", flat=True)) == 7


@pytest.mark.django_db
@pytest.mark.parametrize("of", [[1, 2, 1, 2, 1], [2, 3, 4, 2], [6, 1, 6], [3, 4, 3, 12, 3]])
def test_another_number_of_shards_begins_anew(of):
    source, segment, now = a_source(), Segment.objects.create(name="gold", definition=GOLD), NOW
    for n, shards in enumerate(of):
        now += timedelta(seconds=1)
        happened(
            source,
            *(
                an_event(
                    member(who), at=now, attributes={"level": ("gold", "silver")[(who + n) % 2]}
                )
                for who in range(7)
            ),
            now=now,
        )
        look(now, shards)
        assert_right([segment], now)
    assert set(SegmentPart.objects.values_list("of", flat=True)) == {of[-1]}


@pytest.mark.django_db
def test_another_zone_is_another_day_for_every_segment():
    tomorrow = a_customer()
    CustomerAttribute.objects.create(
        customer=tomorrow, key="birthday", value="1990-11-25", occurred_at=NOW
    )
    segment = Segment.objects.create(name="birthday", definition=BIRTHDAY)
    look(NOW)
    assert segment.memberships.count() == 0

    Workspace.objects.update(
        time_zone="Pacific/Kiritimati"
    )  # it is the 24th at four in the afternoon; then the 25th, at 23 hours later
    look(NOW + timedelta(seconds=1))
    assert_right([segment], NOW + timedelta(seconds=1))
    Workspace.objects.update(time_zone="Pacific/Midway")
    look(NOW + timedelta(hours=20))
    assert segment.memberships.count() == 0
    Workspace.objects.update(time_zone="Pacific/Kiritimati")
    look(NOW + timedelta(hours=20, seconds=1))
    assert segment.memberships.count() == 1


@pytest.mark.django_db
def test_midnight_is_looked_at_in_steps_and_nobody_else_waits():
    people = [a_customer() for _n in range(25)]
    CustomerAttribute.objects.bulk_create(
        CustomerAttribute(customer=c, key="birthday", value="1990-11-25", occurred_at=NOW)
        for c in people
    )
    birthday, gold = (
        Segment.objects.create(name=str(n), definition=rule)
        for n, rule in enumerate((BIRTHDAY, GOLD))
    )
    before = MIDNIGHT - timedelta(seconds=1)
    look(before)
    assert birthday.memberships.count() == 0

    with patch.object(backlog, "SHORT", 0):
        EvaluatorClock.objects.update(step=10)
        happened(
            a_source(), an_event(member(1), at=before, attributes={"level": "gold"}), now=before
        )
        first = membership.Pass(MIDNIGHT + timedelta(seconds=1)).done()
        assert first.has_more
        assert first.candidates == 11
        assert (birthday.memberships.count(), gold.memberships.count()) == (10, 1)
        assert EvaluatorClock.objects.get().seen_until == MIDNIGHT + timedelta(seconds=1)

        # Whoever waits and changes meanwhile is looked at for both reasons.
        CustomerAttribute.objects.filter(customer=people[-1]).update(value="1990-11-26")
        results = [membership.Pass(MIDNIGHT + timedelta(seconds=2)).done() for _n in range(3)]
        assert [result.has_more for result in results] == [True, False, False]
    assert birthday.memberships.count() == 24
    assert_right([birthday, gold], MIDNIGHT + timedelta(seconds=2))
    assert bytes(EvaluatorClock.objects.get().waiting) == b""


@pytest.mark.django_db
def test_a_pass_takes_more_while_it_is_short_and_less_when_it_was_long():
    a_customer()
    waiting = backlog.Backlog(WHOLE, NOW)
    for seconds, step in (
        (0.1, 10_000),
        (0.1, 20_000),
        (0.1, 25_000),
        (0.4, 25_000),
        (3, 12_500),
        (3, 6_250),
        (3, 3_125),
        (3, 1_562),
        (3, 1_000),
    ):
        waiting.is_full = True
        waiting.save(seconds)
        assert waiting.clock.step == step
    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_passes_of_one_moment_end_though_people_stand_on_an_edge():
    """A story met it: two tagged just so long ago, room for one, and each pass found them again."""
    tag = Tag.objects.create(name="VIP")
    rule = {
        "condition": "tag",
        "mode": "any",
        "tags": [str(tag.pk)],
        "since": "ago",
        "since_n": 10,
        "since_unit": "seconds",
    }
    segment = Segment.objects.create(name="for long", definition=rule)
    for _n in range(2):
        customer = a_customer()
        CustomerTag.objects.create(customer=customer, origin_customer=customer, tag=tag, since=NOW)
    look(NOW)

    with patch.object(backlog, "EVERY", timedelta()):
        for _pass in range(4):
            EvaluatorClock.objects.update(step=1)
            has_more = membership.Pass(NOW + timedelta(seconds=10)).done().has_more
    assert not has_more
    assert segment.memberships.count() == 2
