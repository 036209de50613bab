"""Segments of every kind for the shop, the school and the clinic, and what the audit says of them;
called inside a running product."""

import json
from random import Random

from campaigns.models import CouponBatch
from customers.models import Membership, Segment, Tag, Transition
from customers.segments import audit, membership
from tests.segments.leaves import GOLD, all_leaves

NAMES = {'"A"': '"Product Viewed"', '"B"': '"Order Completed"', '"loopback"': '"in_app"'}


def opened(now) -> int:
    """A segment for each condition, and as many trees of several. Their number."""
    tag, batch = Tag.objects.create(name="hour"), CouponBatch.objects.order_by("pk").first()
    by_hand, by_rule = (
        Segment.objects.create(name="by hand", kind="list"),
        Segment.objects.create(name="by rule", definition=GOLD),
    )
    said = json.dumps(all_leaves(tag, batch, by_hand, by_rule))
    for name, meant in NAMES.items():
        said = said.replace(name, meant)
    leaves, random = json.loads(said), Random(5)
    trees = [
        {
            "op": random.choice(["any", "none"]),
            "of": [leaf, {"op": random.choice(["all", "none"]), "of": random.sample(leaves, 2)}],
        }
        for leaf in leaves
    ]
    for n, tree in enumerate([*leaves, *trees]):
        membership.save_definition(Segment(name=f"hour {n}"), tree, by=None, now=now)
    return Segment.objects.count()


def audited() -> dict:
    """The drift of every segment, and how much has happened."""
    drifts = {segment.name: audit.audit(segment) for segment in Segment.objects.order_by("pk")}
    return {
        "drifting": {name: drift for name, drift in drifts.items() if drift},
        "unknown": sum(drift is None for drift in drifts.values()),
        "segments": len(drifts),
        "inhabited": sum(size > 0 for size in Segment.objects.values_list("size", flat=True)),
        "members": Membership.objects.count(),
        "transitions": Transition.objects.count(),
    }
