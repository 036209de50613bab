"""Any order of events, merges (many and in chains), undoings and sweeps: rows stand where their
origin belongs, and what follows from them too."""

from collections import defaultdict
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.identity import following, merging
from customers.models import (
    AttributeChange,
    Consent,
    Customer,
    CustomerTag,
    Identity,
    Merge,
    Tag,
    TagGroup,
)
from customers.tags import tagging
from events.incoming_items import ConsentStated
from tests.factories import NOW, a_source, a_workspace, an_event, happened, member
from tests.stories import undone

pytestmark = pytest.mark.django_db

PEOPLE = range(5)
UNHURRIED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
someone = st.sampled_from(PEOPLE)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("named"), someone, st.sampled_from(["a", "b", None])),
        st.tuples(st.just("agrees"), someone, st.booleans()),
        st.tuples(st.just("tagged"), someone, st.integers(0, 2)),
        st.tuples(st.just("merged"), st.lists(st.tuples(someone, someone), min_size=1, max_size=3)),
        st.tuples(st.just("undone"), st.integers(0, 3)),
        st.tuples(st.just("swept")),
    ),
    max_size=14,
)


class Told:
    def __init__(self):
        a_workspace()
        self.source, self.now = a_source(), NOW
        happened(self.source, *[an_event(member(n)) for n in PEOPLE])
        self.ids = [Identity.objects.get(value=str(n)).customer_id for n in PEOPLE]
        group = TagGroup.objects.create(name="level", is_exclusive=True)
        self.tags = [Tag.objects.create(name=f"t{n}", group=group) for n in range(3)]

    def later(self):
        self.now += timedelta(seconds=1)
        return self.now

    def root(self, person):
        return (
            Customer.objects.values_list("merged_into", flat=True).get(pk=self.ids[person])
            or self.ids[person]
        )

    def said(self, person, **more):
        happened(self.source, an_event(member(person), at=self.later(), **more), now=self.now)

    def named(self, person, name):
        self.said(person, attributes={"name": name})

    def agrees(self, person, yes):
        self.said(person, consents=[ConsentStated("sms", "marketing", yes)])

    def tagged(self, person, n):
        tagging.put_on(self.tags[n], [self.ids[person]], by="x", now=self.later())

    def merged(self, wanted):
        root, pairs = {person: self.root(person) for person in PEOPLE}, []
        for one, other in wanted:
            survivor, loser = sorted((root[one], root[other]))
            if survivor != loser:
                pairs.append(merging.Pair(survivor, loser))
                root = {person: survivor if at == loser else at for person, at in root.items()}
        if pairs:
            with transaction.atomic():
                merging.merge_many(pairs, by="x", now=self.later())

    def undone(self, n):
        standing = list(
            Merge.objects.filter(undone_at=None, customer__merged_into=None).order_by("-pk")
        )
        if standing:
            merging.undo(standing[n % len(standing)], by="x", now=self.later())

    def swept(self):
        with transaction.atomic():
            merging.sweep(list(Merge.objects.order_by("pk")), self.later())


@settings(max_examples=12, **UNHURRIED)
@given(acts)
def test_rows_and_what_follows_from_them_stand_with_their_origin(told):
    with undone():
        stand_with_their_origin(told)


@pytest.mark.proof
@settings(max_examples=300, **UNHURRIED)
@given(acts)
def test_many_stories_of_merges(told):
    with undone():
        stand_with_their_origin(told)
    with undone():
        give_back(told)


def stand_with_their_origin(told):
    world = Told()
    for name, *words in told:
        getattr(world, name)(*words)

    roots = {
        pk: merged_into or pk
        for pk, merged_into in Customer.objects.values_list("pk", "merged_into")
    }
    for model in following.followers():
        rows = model._base_manager.values_list("origin_customer", "customer")
        assert {
            (origin, customer) for origin, customer in rows if roots[origin] != customer
        } == set(), model
    names = defaultdict(lambda: (None, None))
    for change in AttributeChange.objects.order_by("occurred_at", "pk"):
        names[roots[change.origin_customer_id]] = (change.occurred_at, change.value)
    assert {c.pk: c.name for c in Customer.objects.all()} == {
        pk: (names[pk][1] or "") if pk in roots.values() else "" for pk in roots
    }
    carried = CustomerTag.objects.valid(world.now).values_list("customer", "tag")
    assert len({customer for customer, _tag in carried}) == len(set(carried))


@settings(max_examples=8, **UNHURRIED)
@given(acts)
def test_an_undo_gives_back_exactly_what_a_merge_took(told):
    """A merge that is undone at once, between any others, leaves nothing behind."""
    with undone():
        give_back(told)


def give_back(told):
    world = Told()
    for name, *words in told:
        getattr(world, name)(*words)
    alive = list(Customer.objects.alive().order_by("pk").values_list("pk", flat=True))
    before = picture(world)

    for other in alive[1:]:
        with transaction.atomic():
            merge = merging.merge(alive[0], other, by="x", identity="", now=world.later())
        merging.undo(merge, by="x", now=world.later())

    assert picture(world) == before


def picture(world):
    return {
        "names": dict(Customer.objects.values_list("pk", "name")),
        "into": dict(Customer.objects.values_list("pk", "merged_into")),
        "agreed": sorted(Consent.objects.values_list("customer", "is_granted", "occurred_at")),
        "tags": sorted(CustomerTag.objects.valid(world.now).values_list("customer", "tag")),
        "owners": {
            m._meta.label: sorted(m._base_manager.values_list("pk", "customer"))
            for m in (Identity, AttributeChange)
        },
    }
