"""What is kept about customers in the evaluator's pass, and how large a segment was."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from pyroaring import BitMap

from customers.models import ChangedCustomer, Customer, EvaluatorClock, Segment, SegmentSize
from customers.segments import membership, sizes
from customers.segments.derived import DerivedState, derived_states
from tests.factories import NOW, a_customer, a_source, an_event, happened, member

pytestmark = pytest.mark.django_db
GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}


class Names(DerivedState):
    """Whoever looked is called "looker", and an hour later "gone"; conditions on attributes are
    told to read it."""

    key, reads = "names", frozenset({"event"})
    said, asked = "1", []

    def version(self):
        return self.said

    def touched_by_time(self, *, since, until):
        old = Customer.objects.filter(
            name="looker",
            first_seen_at__gt=since - timedelta(hours=1),
            first_seen_at__lte=until - timedelta(hours=1),
        )
        return BitMap(old.values_list("pk", flat=True))

    def keep(self, candidates, now):
        self.asked.append(set(candidates))
        return {"attribute"}


@pytest.fixture
def names(monkeypatch):
    monkeypatch.setitem(derived_states.by_key, Names.key, Names)
    monkeypatch.setattr(Names, "asked", [])
    return Names


def test_kept_rows_are_asked_about_everybody_first_and_then_about_whom_it_concerns(names):
    source = a_source()
    first, second = (happened(source, an_event(member(n), name="A"))[0].customer_id for n in (1, 2))
    membership.Pass(NOW).done()
    assert names.asked == [{first, second}]

    happened(source, an_event(member(1), name="B", at=NOW))
    membership.Pass(NOW + timedelta(seconds=1)).done()
    assert names.asked[1:] == [{first}]

    membership.Pass(NOW + timedelta(seconds=2)).done()
    assert names.asked[2:] == []

    names.said = "2"
    membership.Pass(NOW + timedelta(seconds=3)).done()
    assert names.asked[2:] == [{first, second}]
    names.said = "1"


def test_time_alone_names_whom_kept_rows_concern(names):
    looker = a_customer(name="looker", first_seen_at=NOW)
    a_customer()
    membership.Pass(NOW).done()
    membership.Pass(NOW + timedelta(minutes=50)).done()
    membership.Pass(NOW + timedelta(minutes=70)).done()

    assert names.asked[1:] == [{looker.pk}]


def test_segments_that_read_what_was_kept_are_asked_in_the_same_pass(names):
    source, gold, both = a_source(), Segment.objects.create(name="gold", definition=GOLD), {}
    membership.Pass(NOW).done()
    happened(source, an_event(member(1), name="A"))
    ChangedCustomer.objects.filter(what="customer").delete()
    look = membership.Pass(NOW + timedelta(seconds=1))
    with patch.object(
        look, "write", lambda candidates, segments: both.update(dict.fromkeys(segments, candidates))
    ):
        look.done()

    assert set(both) == {gold.pk}
    assert EvaluatorClock.objects.get().kept["names"] == "1"


def test_who_waits_only_for_what_is_kept_is_not_asked_about_segments(names, monkeypatch):
    """Unless it has changed by that: other thresholds ask everybody, and a pass's time is for those
    who have done something."""
    Segment.objects.create(name="gold", definition=GOLD)
    source = a_source()
    first, second = (happened(source, an_event(member(n), name="A"))[0].customer_id for n in (1, 2))
    membership.Pass(NOW).done()
    monkeypatch.setattr(Names, "said", "2")
    happened(source, an_event(member(1), name="B", at=NOW))

    with patch.object(
        Names, "keep", lambda self, candidates, now: self.asked.append(set(candidates)) or set()
    ):
        looked = membership.Pass(NOW + timedelta(seconds=3)).done()

    assert names.asked[-1] == {first, second}
    assert looked.candidates == 1


def test_a_curve_has_a_point_an_hour_at_most():
    source, segment = a_source(), Segment.objects.create(name="gold", definition=GOLD)
    for n, minutes in enumerate((0, 10, 20, 90)):
        at = NOW + timedelta(minutes=minutes)
        happened(source, an_event(member(n), at=at, attributes={"level": "gold"}), now=at)
        membership.Pass(at).done()
    segment.refresh_from_db()

    end = NOW + timedelta(minutes=95)
    assert sizes.curve(segment, end) == [
        (NOW + timedelta(minutes=20), 3),
        (NOW + timedelta(minutes=90), 4),
        (end, 4),
    ]
    later = NOW + timedelta(days=30, minutes=60)
    assert sizes.curve(segment, later) == [
        (NOW + timedelta(minutes=60), 3),
        (NOW + timedelta(minutes=90), 4),
        (later, 4),
    ]


def test_of_days_long_past_the_last_size_is_kept():
    segment = Segment.objects.create(name="s", definition=GOLD)
    for hours in (0, 5, 9, 24, 24 * 41):
        at = NOW.replace(hour=1) + timedelta(hours=hours)
        SegmentSize.objects.create(segment=segment, hour=at, at=at, size=hours)

    assert sizes.thin_out(NOW + timedelta(days=41, hours=12)) == 2
    assert list(SegmentSize.objects.order_by("hour").values_list("size", flat=True)) == [
        9,
        24,
        24 * 41,
    ]
    assert sizes.thin_out(NOW + timedelta(days=41, hours=12)) == 0
