"""30,000 random events on 100,000 customers (EVENTS, CUSTOMERS): the members kept from change to
change are those of a full look, one by one."""

import os
import random
from datetime import timedelta

import pytest
from django.db import connection

from customers.models import Customer, Membership, Segment, Tag
from customers.segments import membership, rules
from tests.events.test_segment_conditions import one
from tests.factories import (
    NOW,
    a_batch,
    a_namespace,
    a_source,
    a_workspace,
    an_event,
    happened,
    member,
)
from tests.segments.leaves import GOLD, all_leaves
from tests.stories import look

pytestmark = [pytest.mark.proof, pytest.mark.django_db, pytest.mark.usefixtures("push")]
EVENTS, CUSTOMERS = (
    int(os.environ.get("EVENTS", "30000")),
    int(os.environ.get("CUSTOMERS", "100000")),
)
BATCH = 500
PEOPLE = """
INSERT INTO customers_customer (public_id, name, language, is_provisional, first_seen_at,
  created_at)
SELECT gen_random_uuid(), 'customer ' || n, '', false, %(now)s - n * interval '1 minute', %(now)s
  FROM generate_series(1, %(customers)s) n;
INSERT INTO customers_identity (customer_id, origin_customer_id, kind, scope, value, tail,
  is_strong, first_seen_at)
SELECT id, id, 'member_id', %(scope)s, row_number() OVER (ORDER BY id), '', true, %(now)s
  FROM customers_customer;
INSERT INTO customers_customerattribute (customer_id, key, value, digest, occurred_at)
SELECT id, 'level', to_jsonb((ARRAY['gold', 'silver', 'iron'])[1 + id %% 3]), '',
  %(now)s - interval '30 days' FROM customers_customer;
INSERT INTO customers_attributechange (customer_id, origin_customer_id, key, value, digest,
  occurred_at)
SELECT customer_id, customer_id, key, value, '', occurred_at FROM customers_customerattribute;
"""


def test_the_members_kept_are_those_of_a_full_look():
    chance = random.Random(11)
    a_workspace()
    source, now = a_source(), NOW
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"now": NOW, "customers": CUSTOMERS, "scope": a_namespace().key})
    tag, batch = Tag.objects.create(name="VIP"), a_batch()
    by_hand, by_rule = (
        Segment.objects.create(name="by hand", kind="list"),
        Segment.objects.create(name="by rule", definition=GOLD),
    )
    leaves = all_leaves(tag, batch, by_hand, by_rule)
    trees = [
        {"op": chance.choice(["any", "none"]), "of": [leaf, *chance.sample(leaves, 2)]}
        for leaf in leaves
    ]
    segments = [
        Segment.objects.create(name=f"s{n}", definition=tree) for n, tree in enumerate(trees)
    ]
    look(now)

    for _batch in range(EVENTS // BATCH):
        happened(source, *(an_item(chance, now) for _n in range(BATCH)), now=now)
        membership.Pass(now).done()
        now += timedelta(seconds=chance.choice([1, 3, 10, 40]))
        membership.Pass(now).done()
    look(now)

    full, wrong = rules.Evaluation(now), []
    for segment in segments:
        stored = set(
            Membership.objects.filter(segment=segment).values_list("customer_id", flat=True)
        )
        wrong += [segment.definition] if stored != set(full.of(segment.definition)) else []
    assert not wrong
    assert Customer.objects.count() >= CUSTOMERS


def an_item(chance: random.Random, now):
    who, at, n = (
        chance.randint(1, CUSTOMERS),
        now - timedelta(seconds=chance.choice([-5, 0, 1, 5, 15, 60, 4000, 90_000])),
        chance.randint(0, 5),
    )
    what = chance.choice(
        [
            "A",
            "A",
            "A",
            "B",
            "B",
            "order",
            "refund",
            "booking",
            "measure",
            "gold",
            "silver",
            "joined",
        ]
    )
    if what in ("gold", "silver"):
        return an_event(member(who), name="Said", at=at, attributes={"level": what})
    if what == "joined":
        return an_event(member(who), name="Said", at=at, attributes={"joined": at.isoformat()})
    return one(what, who, at, n)
