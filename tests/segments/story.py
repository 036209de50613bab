"""Random stories about every kind of condition: whatever happened and whatever time did, stored =
full = slow."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from hypothesis import strategies as st

from campaigns.models import Coupon, Message, Suppression
from customers.identity import merging
from customers.models import (
    Customer,
    CustomerTag,
    Identity,
    ListMember,
    Membership,
    Merge,
    Segment,
    Tag,
)
from customers.owners import assigning
from customers.segments import backlog, copies, membership, rules
from integrations.models import Grant
from tests import slow_customers, slow_segments
from tests.campaigns.queued import agree
from tests.campaigns.test_segment_conditions import a_coupon, a_redeemed, a_sent
from tests.events.test_segment_conditions import one
from tests.factories import a_batch, a_source, a_workspace, an_event, happened, member
from tests.segments.leaves import GOLD, a_grant, a_store, all_leaves, an_owner, interested
from tests.stories import look, undone

MICRO = timedelta(microseconds=1)
# Ordinary, close to local midnight in Shanghai, at the end of a month, before 29 February.
BEGINNINGS = [
    datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
    datetime(2027, 2, 28, 15, 59, 50, tzinfo=UTC),
    datetime(2028, 2, 28, 15, 59, 55, tzinfo=UTC),
    datetime(2027, 3, 30, 15, 59, 40, tzinfo=UTC),
]
SPANS = [timedelta(seconds=n) for n in (10, 12, 15, 20, 30, 40)] + [
    timedelta(hours=n) for n in (4, 5, 12)
]
EDGES = [span + edge for span in SPANS for edge in (-MICRO, timedelta(), MICRO)]
AGO = (
    st.sampled_from(EDGES)
    | st.integers(-8, 130).map(lambda n: timedelta(seconds=n))
    | st.sampled_from([timedelta(days=n) for n in (1, 6, 29, 31)])
)
# So long nothing happens.
STEPS = [
    MICRO,
    *SPANS,
    *(span - MICRO for span in SPANS[:3]),
    timedelta(hours=23),
    timedelta(days=2),
]
EVENTS = ["A", "A", "A", "B", "B", "order", "order", "refund", "booking", "measure", "join"]
OTHERS = [
    "gold",
    "gold",
    "silver",
    "forget",
    "joined",
    "born",
    "age",
    "tag",
    "short tag",
    "untag",
    "own",
    "disown",
    "list",
    "unlist",
    "interest",
    "coupon",
    "redeem",
    "unredeem",
]
OTHERS += [
    "sent",
    "open",
    "click",
    "yes",
    "no",
    "grant",
    "lasting",
    "void",
    "silence",
    "speak",
    "lose",
    "merge",
    "undo",
    "edit",
    "edit nested",
    "erase",
]
happening = st.tuples(
    st.sampled_from(EVENTS) | st.sampled_from(OTHERS), st.integers(0, 3), AGO, st.integers(0, 5)
)
step = st.tuples(
    st.lists(happening, min_size=1, max_size=8),
    st.sampled_from(STEPS),
    st.sampled_from([1, 1, 2]),
    st.sampled_from([1, 5000]),
)
story = st.lists(step, min_size=1, max_size=5)


@dataclass
class World:
    now: datetime
    random: object
    segments: list = field(default_factory=list)

    def __post_init__(self):
        a_workspace()
        self.source, self.tag, self.batch = a_source(), Tag.objects.create(name="VIP"), a_batch()
        self.by_hand = Segment.objects.create(name="by hand", kind="list")
        self.by_rule = Segment.objects.create(name="by rule", definition=GOLD)
        self.leaves = all_leaves(self.tag, self.batch, self.by_hand, self.by_rule)
        # Every condition inside any and inside none, two levels deep.
        self.definitions = [self.tree(leaf, op) for leaf in self.leaves for op in ("any", "none")]
        self.segments = [
            Segment.objects.create(name=f"s{n}", definition=tree)
            for n, tree in enumerate(self.definitions)
        ]

    def tree(self, leaf: dict, op: str) -> dict:
        """The leaf under the operator, beside a group of two others."""
        inner = {
            "op": self.random.choice(["all", "any", "none"]),
            "of": self.random.sample(self.leaves, 2),
        }
        return {
            "op": self.random.choice(["all", "any", "none"]),
            "of": [{"op": op, "of": [leaf, self.random.choice(self.leaves)]}, inner],
        }

    def person(self, who: int) -> Customer:
        [outcome] = happened(
            self.source, an_event(member(who), name="Here", at=self.now), now=self.now
        )
        return Customer.objects.get(pk=outcome.customer_id)

    def edit(self, n: int) -> None:
        segment, tree = (
            self.random.choice(self.segments),
            self.tree(self.random.choice(self.leaves), self.random.choice(["any", "none"])),
        )
        membership.save_definition(segment, tree, by=None, now=self.now)

    def edit_nested(self) -> None:
        alone = [leaf for leaf in self.leaves if leaf["condition"] not in ("in_segment", "in_list")]
        membership.save_definition(self.by_rule, self.random.choice(alone), by=None, now=self.now)


# A line for each thing that can happen
def tell(world: World, what: str, who: int, at: datetime, n: int) -> None:  # noqa: C901, PLR0912
    now = world.now
    if what in EVENTS:
        happened(world.source, one(what, who, at, n), now=now)
        return
    if what == "edit":
        world.edit(n)
        return
    if what == "edit nested":
        world.edit_nested()
        return
    if what == "undo":
        for merge in Merge.objects.filter(undone_at=None).order_by("-pk")[:1]:
            merging.undo(merge, by="test", now=now)
        return
    customer = world.person(who)
    mine = {"customer": customer, "origin_customer": customer}
    if what in SAID:
        key, value = SAID[what](at)
        happened(
            world.source,
            an_event(member(who), name="Said", at=at, attributes={key: value}),
            now=now,
        )
    elif what in ("tag", "short tag"):
        expires = now + timedelta(seconds=4 * n) if what == "short tag" else None
        CustomerTag.objects.update_or_create(
            origin_customer=customer,
            tag=world.tag,
            defaults={"customer": customer, "since": at, "expires_at": expires},
        )
    elif what == "untag":
        CustomerTag.objects.filter(customer=customer).delete()
    elif what in ("own", "disown"):
        staff = an_owner() if what == "own" and n % 3 else None
        store = a_store() if what == "own" and n % 2 else None
        assigning.assign([customer.pk], staff=staff, store=store, by=None, now=now)
    elif what == "list":
        ListMember.objects.get_or_create(
            segment=world.by_hand, origin_customer=customer, defaults={"customer": customer}
        )
    elif what == "interest":
        interested(customer, 2 * n + 1, at)
    elif what == "unlist":
        ListMember.objects.filter(customer=customer).delete()
    elif what == "coupon":
        a_coupon(
            customer, world.batch if n % 2 else a_batch(), expires_at=at + timedelta(seconds=20)
        )
    elif what == "redeem":
        a_redeemed(customer, world.batch if n % 2 else a_batch(), at)
    elif what == "unredeem":
        Coupon.objects.filter(customer=customer, state="redeemed").update(state="returned")
    elif what == "sent":
        a_sent(customer, at)
    elif what in ("open", "click"):
        Message.objects.filter(customer=customer, state="sent").update(
            **{"opened_at" if what == "open" else "clicked_at": at}
        )
    elif what in ("yes", "no"):
        agree(customer, channel=("in_app", "loopback")[n % 2], is_granted=what == "yes", at=at)
    elif what in ("grant", "lasting"):
        a_grant(customer, is_lasting=what == "lasting", at=at)
    elif what == "void":
        Grant.objects.filter(customer=customer, state="free").update(state="void")
    elif what == "silence":
        Suppression.objects.get_or_create(
            origin_customer=customer,
            channel="loopback",
            purpose=("", "marketing", "service")[n % 3],
            defaults={**mine, "reason": "by hand", "at": at},
        )
    elif what == "speak":
        Suppression.objects.filter(customer=customer).delete()
    elif what == "lose":
        Identity.objects.filter(customer=customer).delete()
    elif what == "erase":
        if n == 0:
            Customer.objects.filter(pk=customer.pk).update(erased_at=now)
            Identity.objects.filter(customer=customer).delete()
    elif what == "merge":
        other = world.person(who + 1)
        if other.pk != customer.pk:
            merging.merge(customer.pk, other.pk, by="test", identity="", now=now)


SAID = {
    "gold": lambda at: ("level", "gold"),
    "silver": lambda at: ("level", "silver"),
    "forget": lambda at: ("level", None),
    "joined": lambda at: ("joined", at.isoformat() if at.microsecond % 2 else str(at.date())),
    "born": lambda at: ("born", f"1992-{at:%m}-{min(at.day, 29):02}"),
    "age": lambda at: ("age", at.second % 40),
}


def live(lines, beginning: datetime, random, worth_copying: int) -> set[str]:
    """The story is lived through, and right after every step. The kinds of condition that were
    asked."""
    with (
        undone(),
        patch.object(copies, "WORTH", worth_copying),
        patch.object(backlog, "EVERY", timedelta()),
        patch.object(membership, "LONG", 60),
    ):
        rules._parsed.cache_clear()
        world = World(beginning, random)
        for happenings, wait, shards, room in lines:
            for what, who, ago, n in happenings:
                tell(world, what, who, world.now - ago, n)
            look(world.now, shards, room)
            assert_right(world)
            world.now += wait
            look(world.now, shards, room)
            assert_right(world)
        return {leaf["condition"] for leaf in world.leaves}


def assert_right(world: World) -> None:
    now, full, stored = world.now, rules.Evaluation(world.now), {}
    for segment, customer in Membership.objects.values_list("segment_id", "customer_id"):
        stored.setdefault(segment, set()).add(customer)
    facts, known = slow_segments.facts(full.universe), slow_customers.known(full.universe)
    answers = {}
    for n, leaf in enumerate(world.leaves):
        answers[n] = {pk for pk in full.universe if meant(leaf, facts[pk], known[pk], now)}
        assert set(full.of(leaf)) == answers[n], (leaf, now)
    for segment in Segment.objects.filter(pk__in=[s.pk for s in world.segments]):
        expected = value(segment.definition, world.leaves, answers, set(full.universe))
        assert set(full.of(segment.definition)) == expected, (segment.definition, now)
        assert stored.get(segment.pk, set()) == expected, (segment.definition, now)
        assert segment.size == len(expected)


def meant(leaf, facts, known, now) -> bool:
    if leaf["condition"] in slow_segments.MEANINGS:
        return slow_segments.fits(leaf, facts, now)
    if leaf["condition"] == "in_segment":
        segment = Segment.objects.get(pk=leaf["segment"])
        inside = (
            segment.pk in known.lists
            if segment.kind == "list"
            else meant(segment.definition, facts, known, now)
        )
        return inside == (leaf.get("membership", "in") == "in")
    return slow_customers.MEANINGS[leaf["condition"]](leaf, known, now)


def value(tree: dict, leaves: list, answers: dict, everyone: set) -> set:
    if "condition" in tree:
        return answers[leaves.index(tree)]
    values = [value(part, leaves, answers, everyone) for part in tree["of"]]
    if tree["op"] == "all":
        return set.intersection(*values)
    joined = set.union(*values)
    return joined if tree["op"] == "any" else everyone - joined
