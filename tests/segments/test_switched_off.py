"""Nothing that keeps the members right is there in vain: without any one `touched_by_time`, or any
one capture trigger, stored and full differ."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from pyroaring import BitMap

from campaigns.models import Suppression
from customers.models import (
    AttributeChange,
    Consent,
    CustomerAttribute,
    CustomerTag,
    EvaluatorClock,
    Identity,
    ListMember,
    Owner,
    Segment,
    Tag,
)
from customers.segments import rules
from customers.segments.conditions.base import Condition
from events.insights import lifecycle
from events.models import (
    Booking,
    Event,
    EventName,
    LifecycleSettings,
    Measurement,
    OrderLine,
    Refund,
)
from tests.campaigns.test_segment_conditions import a_coupon, a_redeemed, a_sent
from tests.customers.test_conditions import LONG_GOLD, tagged
from tests.events import test_segment_conditions as of_events
from tests.factories import (
    NOW,
    a_batch,
    a_customer,
    a_source,
    a_workspace,
    an_event,
    an_order,
    count,
    happened,
    member,
)
from tests.segments.leaves import INTERESTED, a_grant, a_store, interested
from tests.stories import look

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("push")]
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def quiet_workspace():
    rules._parsed.cache_clear()
    a_workspace()


def is_right(definition: dict, segment: Segment, now) -> bool:
    return set(segment.memberships.values_list("customer_id", flat=True)) == set(
        rules.Evaluation(now).of(definition)
    )


# -- time
# ------------------------------------------------------------------------------------------------------  # noqa: E501


def did(what, ago, n):
    return lambda: happened(
        SOURCE[0], of_events.one(what, 1, NOW - timedelta(seconds=ago), n), now=NOW
    )


SOURCE = []
LAST = of_events.last(20)


def said(key, value, ago):
    def say():
        customer, at = a_customer(), NOW - timedelta(seconds=ago)
        AttributeChange.objects.create(
            customer=customer, origin_customer=customer, key=key, value=value, occurred_at=at
        )
        CustomerAttribute.objects.create(customer=customer, key=key, value=value, occurred_at=at)

    return say


def wears(tag):
    customer = a_customer()
    CustomerTag.objects.create(
        customer=customer,
        origin_customer=customer,
        tag=tag,
        since=NOW,
        expires_at=NOW + timedelta(seconds=20),
    )


# Per kind of condition: what it asks, and what happened, so that 30 seconds later the answer is
# another one.
FLIPS = {
    leaf["condition"]: (leaf, [did(what, -ago, n) for what, ago, n in told])
    for leaf, told, seconds in reversed(of_events.FLIPS)
    if seconds == 30
}
FLIPS |= {
    "attribute_date": (
        {
            "condition": "attribute_date",
            "attribute": "joined",
            "comparison": "last",
            "n": 20,
            "unit": "seconds",
        },
        [said("joined", (NOW - 5 * SECOND).isoformat(), 5)],
    ),
    "has_been": ({**LONG_GOLD, "n": 15, "unit": "seconds"}, [said("level", "gold", 5)]),
    "tag": (lambda: tagged(Tag.objects.get()), [lambda: wears(Tag.objects.get())]),
    "holds_coupon": (
        {"condition": "holds_coupon"},
        [lambda: a_coupon(a_customer(), a_batch(), expires_at=NOW + 20 * SECOND)],
    ),
    "redeemed_coupon": (
        {"condition": "redeemed_coupon", **LAST},
        [lambda: a_redeemed(a_customer(), a_batch(), NOW - 5 * SECOND)],
    ),
    "lifecycle": (
        {
            "condition": "lifecycle",
            "stages": ["new"],
            "length": "at_least",
            "length_n": 1,
            "length_unit": "days",
        },
        [
            lambda: an_order(
                a_customer(), source=SOURCE[0], paid_at=NOW - timedelta(days=1) + 10 * SECOND
            )
        ],
    ),
    "interest": (INTERESTED, [lambda: interested(a_customer(), 5.00002)]),
    "rfm": (
        lambda: {"condition": "rfm", "measure": "recency", "comparison": "=", "score": 5},
        [
            lambda: an_order(
                a_customer(),
                source=SOURCE[0],
                paid_at=NOW - timedelta(days=LifecycleSettings.get().recency_days[0]) + 10 * SECOND,
            )
        ],
    ),
    "message": (
        {"condition": "message", "became": "sent", **LAST},
        [lambda: a_sent(a_customer(), NOW - 5 * SECOND)],
    ),
    "was_told": (
        {"condition": "was_told"},
        [lambda: a_sent(a_customer(), NOW + 5 * SECOND)],
    ),
    "booked_on": ({"condition": "booked_on", "day": "today"}, [did("booking", -5, 2)]),
}
# Days are over later than half a minute.
LATER = {"booked_on": timedelta(days=1)}
# What keeps the rows that it reads names the same customers.
TOO = {"rfm": [lifecycle.StageKeeper]}
TIMED = [
    kind.key for kind in rules.conditions if kind.touched_by_time is not Condition.touched_by_time
]


@pytest.mark.parametrize("key", TIMED)
def test_without_its_touched_by_time_a_condition_is_not_kept_right(key, monkeypatch):
    SOURCE[:] = [a_source()]
    Tag.objects.create(name="VIP")
    leaf, happenings = FLIPS[key]
    leaf = leaf() if callable(leaf) else leaf
    for happen in happenings:
        happen()
    segment = Segment.objects.create(name="s", definition=leaf)
    later = NOW + LATER.get(key, timedelta(seconds=30))
    look(NOW)
    before = rules.Evaluation(NOW).of(leaf)
    assert is_right(leaf, segment, NOW)
    assert rules.Evaluation(later).of(leaf) != before

    with monkeypatch.context() as switched_off:
        for kind in (rules.conditions[key], *TOO.get(key, ())):
            switched_off.setattr(kind, "touched_by_time", lambda self, **_span: BitMap())
        look(later)
        assert not is_right(leaf, segment, later)
    EvaluatorClock.objects.all().delete()
    Segment.objects.all().work_out_anew()
    look(NOW)
    look(later)
    assert is_right(leaf, segment, later)


# -- triggers
# --------------------------------------------------------------------------------------------------

TRIGGERS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
 WHERE NOT tgisinternal AND tgparentid = 0
   AND prosrc LIKE '%customers_changedcustomer%' ORDER BY 1, 2
"""
GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
NOT_GOLD = {**GOLD, "operator": "is_not"}


class World:
    """Two customers, and one row of each table that makes a condition true of the first."""

    def __init__(self):
        self.source, self.first, self.second = a_source(), a_customer(), a_customer()
        self.mine = {"customer": self.first, "origin_customer": self.first}
        self.tag, self.batch = Tag.objects.create(name="VIP"), a_batch()
        self.by_hand = Segment.objects.create(name="by hand", kind="list")
        self.order = an_order(self.second, source=self.source)
        self.name = EventName.objects.create(name="A")
        happened(self.source, an_event(member(1), name="Here"))  # its month has a partition

    def put(self, table: str):
        """Such a row, written alone."""
        mine, number, of_source = (
            self.mine,
            str(next(count)),
            {"namespace": self.source.namespace, "source": self.source},
        )
        return {
            "campaigns_coupon": lambda: a_coupon(self.first, self.batch),
            "campaigns_message": lambda: a_sent(self.first, NOW),
            "campaigns_suppression": lambda: Suppression.objects.create(
                **mine, channel="in_app", reason="by hand", at=NOW
            ),
            "customers_attributechange": lambda: AttributeChange.objects.create(
                **mine, key="level", value="gold", occurred_at=NOW - 60 * SECOND
            ),
            "customers_consent": lambda: Consent.objects.create(
                **mine, channel="in_app", purpose="marketing", is_granted=False, occurred_at=NOW
            ),
            "customers_customer": a_customer,
            "customers_customerattribute": lambda: CustomerAttribute.objects.create(
                customer=self.first, key="level", value="gold", occurred_at=NOW
            ),
            "customers_customertag": lambda: CustomerTag.objects.create(
                **mine, tag=self.tag, since=NOW
            ),
            "customers_identity": lambda: Identity.objects.create(
                **mine,
                kind="member_id",
                scope="shop",
                value=number,
                is_strong=True,
                first_seen_at=NOW,
            ),
            "customers_listmember": lambda: ListMember.objects.create(**mine, segment=self.by_hand),
            "customers_owner": lambda: Owner.objects.create(**mine, store=a_store(), since=NOW),
            "integrations_grant": lambda: a_grant(self.first),
            "events_booking": lambda: Booking.objects.create(
                **mine,
                **of_source,
                number=number,
                status="attended",
                kind="class",
                occurred_at=NOW,
                starts_at=NOW,
            ),
            "events_event": lambda: Event.objects.create(
                id=int(number),
                customer_id=self.first.pk,
                origin_customer_id=self.first.pk,
                source=self.source,
                name=self.name,
                occurred_at=NOW,
                received_at=NOW,
            ),
            "events_interest": lambda: interested(self.first, 9),
            "events_measurement": lambda: Measurement.objects.create(
                customer_id=self.first.pk,
                origin_customer_id=self.first.pk,
                **of_source,
                number=number,
                kind="weight",
                value=5,
                occurred_at=NOW,
            ),
            "events_order": lambda: an_order(self.first, source=self.source),
            "events_orderline": lambda: OrderLine.objects.create(order=self.order, product_id="p1"),
            "events_refund": lambda: Refund.objects.create(
                **of_source,
                number=number,
                amount_fen=100,
                occurred_at=NOW,
                order_number=self.order.number,
            ),
        }[table]()

    def leaf(self, table: str) -> dict:
        return {
            "campaigns_coupon": {"condition": "holds_coupon"},
            "campaigns_message": {"condition": "message", "became": "sent"},
            "campaigns_suppression": {"condition": "reachable", "channel": "in_app"},
            "customers_attributechange": {**LONG_GOLD, "n": 15, "unit": "seconds"},
            "customers_consent": {"condition": "consented", "channel": "in_app"},
            "customers_customer": NOT_GOLD,
            "customers_customerattribute": GOLD,
            "customers_customertag": tagged(self.tag),
            "customers_identity": {"condition": "reachable", "channel": "in_app"},
            "customers_listmember": {"condition": "in_list", "list": self.by_hand.pk},
            "customers_owner": {"condition": "owner", "who": "store", "stores": [a_store().pk]},
            "integrations_grant": {"condition": "grants"},
            "events_booking": {"condition": "booking", "state": "attended"},
            "events_event": {"condition": "did_event", "event": "A"},
            "events_interest": INTERESTED,
            "events_measurement": {
                "condition": "measured",
                "kind": "weight",
                "measure": "latest",
                "comparison": ">=",
                "times": "1",
            },
            "events_order": {
                "condition": "orders",
                "measure": "count",
                "times": "1",
                "window": "ever",
            },
            "events_orderline": {"condition": "bought", "what": "product_id", "value": "p1"},
            "events_refund": {
                "condition": "refunded",
                "measure": "total",
                "comparison": ">=",
                "times": "1",
            },
        }[table]

    def changed(self, table: str) -> dict:
        """What a row is updated with; most move to the other customer."""
        others = {
            "customers_customer": {"erased_at": NOW},
            "events_orderline": {"product_id": "p2"},
            "events_refund": {"amount_fen": 1},
        }
        return others.get(table, {"customer_id": self.second.pk})


def carry_out(world: World, table: str, op: str, row) -> None:
    if op == "changed_insert":
        world.put(table)
    elif op == "changed_update":
        type(row)._base_manager.filter(pk=row.pk).update(**world.changed(table))
    else:
        type(row)._base_manager.filter(pk=row.pk).delete()


def test_without_any_one_capture_trigger_the_members_are_not_kept_right():
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        triggers = cursor.fetchall()
    triggers.remove(
        ("customers_transition", "membership_insert")
    )  # what a rule's tags follow from: tests/customers/test_tags.py
    assert len(triggers) >= 45
    world = World()
    for customer in (world.first, world.second):
        Identity.objects.create(
            customer=customer,
            origin_customer=customer,
            kind="member_id",
            scope="shop",
            value=f"m{customer.pk}",
            is_strong=True,
            first_seen_at=NOW,
        )

    for table, op in triggers:
        for is_off in (True, False):
            assert kept_right(world, table, op, is_off) is not is_off, (table, op)


def kept_right(world: World, table: str, op: str, is_off: bool) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        if table == "customers_identity":
            Identity.objects.all().delete()
        segment = Segment.objects.create(name="s", definition=world.leaf(table))
        row = None if op == "changed_insert" else world.put(table)
        look(NOW)
        assert is_right(segment.definition, segment, NOW)
        was = rules.Evaluation(NOW).of(segment.definition)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if is_off:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {op}")
        carry_out(world, table, op, row)
        look(NOW)
        assert rules.Evaluation(NOW).of(segment.definition) != was, (table, op)
        found = is_right(segment.definition, segment, NOW)
        transaction.set_rollback(True)
    return found
