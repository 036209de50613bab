"""Every kind of condition shows the rows that decided, with a page that exists."""

import random
from datetime import timedelta

import pytest

from customers.models import Segment
from customers.segments import rules, why
from tests.factories import NOW
from tests.segments.story import World, tell
from tests.stories import look

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("push")]
HAPPENED = [
    ("A", 1, 4),
    ("B", 1, 1),
    ("A", 3, 2),
    ("order", 100, 4),
    ("refund", 3, 0),
    ("booking", 20, 2),
    ("booking", 1, 0),
    ("booking", 2, 3),
]
HAPPENED += [
    ("measure", 2, 4),
    ("gold", 20, 0),
    ("joined", 5, 0),
    ("born", 0, 0),
    ("age", 0, 0),
    ("tag", 5, 0),
    ("own", 5, 1),
    ("list", 0, 0),
]
HAPPENED += [
    ("coupon", 0, 1),
    ("redeem", 5, 1),
    ("sent", 3, 0),
    ("grant", 3, 0),
    ("open", 2, 0),
    ("click", 1, 0),
    ("no", 1, 0),
    ("interest", 0, 4),
    ("silence", 1, 0),
]


def test_every_kind_shows_what_decided(admin_client):
    world = World(NOW, random.Random(1))
    for what, ago, n in HAPPENED:
        tell(world, what, 2, NOW - timedelta(seconds=ago), n)
    look(NOW)  # stages of life are concluded in the pass
    customer, shown, urls = world.person(2), set(), set()
    for leaf in world.leaves:
        for row in evidence(rules.parsed(leaf), customer):
            assert row.text
            shown.add(leaf["condition"])
            urls.add(row.url)

    assert shown == {kind.key for kind in rules.conditions}
    for url in urls - {""}:
        assert admin_client.get(url, follow=True).status_code == 200, url


def evidence(tree, customer):
    return [row for leaf in rules.leaves(tree) for row in leaf.evidence(customer, now=NOW)]


def test_the_conditions_that_would_change_the_answer_are_marked():
    world = World(NOW, random.Random(1))
    tell(world, "gold", 1, NOW, 0)
    gold = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
    tagged = {"condition": "tag", "mode": "any", "tags": [world.tag.pk]}
    listed = {"condition": "in_list", "list": world.by_hand.pk}
    segment = Segment.objects.create(
        name="s", definition={"op": "all", "of": [gold, {"op": "any", "of": [tagged, listed]}]}
    )
    look(NOW)

    because = why.explain(segment, world.person(1), NOW).because
    assert [leaf.is_decisive for leaf in because.leaves()] == [False, True, True]
    tell(world, "tag", 1, NOW, 0)
    because = why.explain(segment, world.person(1), NOW).because
    assert [leaf.is_decisive for leaf in because.leaves()] == [True, True, False]
