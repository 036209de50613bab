"""Interests: each event counted once, in any order, through merges; the conditions on them;
habits."""

from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from pyroaring import BitMap

from customers.identity import merging
from customers.models import ChangedCustomer, Customer, Segment
from customers.segments import rules
from events.insights import habits, portrait
from events.models import EventCursor, Interest, InterestSettings, InterestVersion, Product
from tests.factories import NOW, a_customer, a_source, an_event, an_order, happened, member
from tests.product import eventually
from tests.stories import assert_right, look

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def looked() -> None:
    """What is open in tests beside us holds up the count, too: look until everything up to now was
    passed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM events_event_id_seq")
        newest = cursor.fetchone()[0]

    def is_done():
        portrait.look()
        return portrait.counted().get(InterestSettings.get().current, 0) >= newest

    assert eventually(is_done, seconds=300, every=0.05)


def viewed(who, category, *, name="Product Viewed", ago=0.0, **more):
    return an_event(
        member(who),
        name=name,
        at=NOW - DAY * ago,
        properties={"category": category, **more.pop("properties", {})},
        **more,
    )


def weights(customer, now=NOW) -> dict[str, float]:
    return {one.category: round(one.weight_now, 6) for one in portrait.interests(customer, now)}


def test_an_event_is_worth_its_value_and_half_of_it_after_a_half_life():
    source = a_source()
    told = [
        viewed(1, "tea"),
        viewed(1, "tea", name="Product Added", ago=30),
        viewed(1, "cups", name="Order Completed", ago=60),
    ]
    told += [viewed(1, "nothing", name="Page Viewed"), viewed(2, "tea")]
    customer = Customer.objects.get(pk=happened(source, *told)[0].customer_id)
    looked()

    assert weights(customer) == {"tea": 3.0, "cups": 2.0}
    assert weights(customer, NOW + 30 * DAY) == {"tea": 1.5, "cups": 1.0}


def test_a_long_past_waits_for_the_evaluator(monkeypatch):
    """One lump a look, however much the evaluator has to do; more of them only while it has
    little."""
    source = a_source()
    happened(source, viewed(9, "nothing", name="Page Viewed"))
    looked()  # also past the ids that other tests have taken
    monkeypatch.setattr(portrait, "AT_ONCE", 1)

    def lumps(many_wait: int) -> list[int]:
        monkeypatch.setattr(portrait, "MANY_WAIT", many_wait)
        happened(source, *[viewed(n, "tea") for n in range(4)])
        passed = []
        assert eventually(
            lambda: passed.append(portrait.look()) or sum(passed) >= 4, seconds=300, every=0.05
        )
        return passed

    assert max(lumps(1)) == 1
    assert max(lumps(1_000_000)) > 1
    assert Interest.objects.count() == 4


def test_the_category_is_the_events_own_or_its_lines_or_the_catalogues():
    source = a_source()
    known = {"namespace": source.namespace, "updated_at": NOW}
    Product.objects.create(product_id="p1", name="p", category="tea", **known)
    Product.objects.create(product_id="c1", name="c", category="music", kind="course", **known)
    lines = {"products": [{"product_id": "p9", "category": "cups"}, {"product_id": "p1"}]}
    told = [
        an_event(member(1), keys=["p1"], at=NOW, properties={"category": 5}),
        an_event(member(1), keys=["c1"], at=NOW),
        an_event(member(1), name="Order Completed", keys=["p9", "p1"], at=NOW, properties=lines),
        an_event(member(1), keys=["unknown"], at=NOW),
    ]
    customer = Customer.objects.get(pk=happened(source, *told)[0].customer_id)
    looked()

    assert weights(customer) == {"tea": 9.0, "cups": 8.0, "music": 1.0}
    assert weights(customer, NOW + 60 * DAY)["music"] == 0.5


def test_in_whatever_order_they_come_the_sum_is_the_same():
    dice, source = Random(1), a_source()
    told = [viewed(1, dice.choice("ab"), ago=dice.uniform(0, 70)) for _n in range(60)]
    for start in range(0, 60, 7):
        customer = Customer.objects.get(
            pk=happened(source, *told[start : start + 7])[0].customer_id
        )
        looked()
    piecemeal = sorted(Interest.objects.values_list("category", "weight", "last_week", "weeks"))
    Interest.objects.all().delete()
    EventCursor.objects.filter(pk__gte=EventCursor.Reader.INTERESTS).delete()
    looked()

    at_once = sorted(Interest.objects.values_list("category", "weight", "last_week", "weeks"))
    assert [(c, pytest.approx(w), last, weeks) for c, w, last, weeks in at_once] == piecemeal
    assert sum(weights(customer).values()) > 0


def test_a_merge_adds_up_and_an_undo_takes_apart():
    source = a_source()
    first, second = (
        Customer.objects.get(pk=one.customer_id)
        for one in happened(source, viewed(1, "tea"), viewed(2, "tea"))
    )
    looked()
    with transaction.atomic():
        merge = merging.merge(first.pk, second.pk, by="test", identity="x", now=NOW)
    happened(source, viewed(2, "tea", name="Product Added"))
    looked()
    assert weights(first) == {"tea": 6.0}

    with transaction.atomic():
        merging.undo(merge, by="test", now=NOW)
    assert (weights(first), weights(second)) == ({"tea": 1.0}, {"tea": 5.0})


@pytest.mark.parametrize(
    ("ages", "lasting"),
    [
        ([0, 7, 14], True),
        ([7, 14, 21], True),
        ([0, 0.5, 1, 14], False),
        ([0, 7, 28], False),
        ([28, 35, 42], False),
    ],
)
def test_an_interest_lasts_in_three_of_the_last_four_weeks(ages, lasting):
    customer = Customer.objects.get(
        pk=happened(a_source(), *(viewed(1, "tea", ago=ago) for ago in ages))[0].customer_id
    )
    looked()

    assert portrait.interests(customer, NOW)[0].is_lasting is lasting
    assert (customer.pk in asked({"measure": "lasting"}, NOW)) is lasting


def asked(leaf, now, among=None) -> BitMap:
    condition = rules.parsed({"condition": "interest", "category": "tea", **leaf})
    return condition.customers(now=now, among=among if among is not None else rules.everyone())


def test_other_values_are_counted_anew_while_the_former_stay_in_force():
    source = a_source()
    segment = Segment.objects.create(
        name="s",
        definition={"condition": "interest", "category": "tea", "measure": "weight", "weight": "9"},
    )
    customer = Customer.objects.get(pk=happened(source, viewed(1, "tea"))[0].customer_id)
    looked()
    look(NOW)
    settings = InterestSettings.get()
    settings.worth = {"Product Viewed": 10}
    portrait.change(settings, by=None)
    assert weights(customer) == {"tea": 1.0}
    assert portrait.progress() is not None

    def is_done():
        portrait.look()
        return portrait.progress() is None

    assert eventually(is_done, seconds=300, every=0.05)
    assert weights(customer) == {"tea": 10.0}
    look(NOW)
    assert segment.memberships.count() == 1
    portrait.look()
    portrait.look()
    assert InterestVersion.objects.count() == 1
    assert not Interest.objects.exclude(version=InterestVersion.objects.get().version).exists()


def test_only_interests_in_force_name_their_customers():
    happened(a_source(), viewed(1, "tea"))
    looked()
    assert ChangedCustomer.objects.filter(what="interest").count() == 1
    ChangedCustomer.objects.all().delete()
    Interest.objects.update(version=7)
    ChangedCustomer.objects.all().delete()
    Interest.objects.all().delete()

    assert not ChangedCustomer.objects.exists()


def test_time_alone_fades_an_interest_out_of_a_segment():
    """Through merges too: two small interests together are a large one."""
    leaves = [{"measure": "weight", "weight": w} for w in ("0.5", "1", "3")] + [
        {"measure": "lasting"},
        {"measure": "top", "n": 1},
    ]
    segments = [
        Segment.objects.create(
            name=str(n), definition={"condition": "interest", "category": "tea", **leaf}
        )
        for n, leaf in enumerate(leaves)
    ]
    source, dice = a_source(), Random(2)
    for who in range(5):
        happened(
            source,
            *(
                viewed(who, dice.choice(["tea", "tea", "cups"]), ago=dice.uniform(0, 25))
                for _n in range(dice.randrange(1, 9))
            ),
        )
    people = list(Customer.objects.values_list("pk", flat=True))
    with transaction.atomic():
        merge = merging.merge(people[0], people[1], by="test", identity="x", now=NOW)
    looked()
    sizes = set()
    for days in (0, 3, 9, 17, 18, 40, 90, 150):
        if days == 18:
            with transaction.atomic():
                merging.undo(merge, by="test", now=NOW)
        now = NOW + days * DAY
        look(now)
        assert_right(segments, now)
        sizes.add(tuple(segment.memberships.count() for segment in segments))

    assert len(sizes) > 4


def test_habits_are_read_off_the_last_events_and_orders():
    source, customer = a_source(), a_customer()
    for n in range(6):
        happened(
            source,
            an_event(at=NOW - n * 7 * DAY, customer_id=customer.pk, context={"platform": "ios"}),
        )
    order = an_order(customer, source=source)
    for price in (1000, 2000, 3000, 4000, 5000):
        order.lines.create(product_id="p", price_fen=price)
    found = habits.habits(customer, NOW)

    assert (found.events, found.hour, found.weekday) == (6, 10, 1)  # ten in Shanghai, a Tuesday
    assert found.channels == [(f"{source.name} · ios", 6)]
    assert found.prices == (2000, 3000, 4000)
    assert habits.habits(a_customer(), NOW).hour is None
