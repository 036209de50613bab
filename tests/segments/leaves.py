"""At least one condition of every kind, with spans that the stories of story.py walk over."""

from datetime import timedelta

from django.contrib.auth.models import User

from campaigns.models import CouponBatch
from customers.models import Connection, Identity, Segment, Store, Tag
from events.insights import portrait
from events.models import Interest
from integrations.models import Grant, SubscribeTemplate
from tests.customers.test_conditions import (
    BETWEEN,
    BIRTHDAY,
    LAST_WEEK,
    LATELY,
    LONG_GOLD,
    MONTH_AGO,
    NOT_TODAY,
    SHARE,
    SOON,
    tagged,
)
from tests.events import test_lifecycle as of_life
from tests.events import test_segment_conditions as of_events
from tests.factories import NOW, a_namespace

GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
ABSENT = {
    "condition": "a_and_no_b",
    "first": "A",
    "second": "B",
    "within_n": 10,
    "within_unit": "seconds",
    "grace_seconds": 2,
}
IN_HOURS = {"window": "last", "window_n": 5, "window_unit": "hours"}

INTERESTED = {"condition": "interest", "category": "tea", "measure": "weight", "weight": "5"}


def interested(customer, weight: float, at=NOW) -> Interest:
    """What they have done about tea is worth so much at this moment."""
    kept = {
        "customer_id": customer.pk,
        "weight": weight * portrait.growth(at, portrait.in_force().half_life_days),
        "last_week": portrait.week(at),
    }
    return Interest.objects.update_or_create(
        origin_customer_id=customer.pk,
        version=portrait.in_force().version,
        category="tea",
        is_course=False,
        defaults={**kept, "weeks": 1},
    )[0]


def a_subscribe_template(kind: str = "one_time") -> SubscribeTemplate:
    app, _is_new = Connection.objects.get_or_create(
        vendor="wechat", account="wx1", defaults={"namespace": a_namespace(), "name": "wx1"}
    )
    return SubscribeTemplate.objects.get_or_create(connection=app, key=kind, kind=kind)[0]


def a_grant(customer, *, is_lasting: bool = False, state: str = "free", at=NOW) -> Grant:
    """One message that they may be sent, or any number."""
    template = a_subscribe_template("long_term" if is_lasting else "one_time")
    mine = {"customer": customer, "origin_customer": customer}
    openid, _is_new = Identity.objects.get_or_create(
        kind="wx_openid",
        scope="wx1",
        value=f"openid-{customer.pk}",
        defaults={**mine, "is_strong": True, "first_seen_at": NOW},
    )
    mine = {"customer": openid.customer, "origin_customer": openid.origin_customer}
    more = {"accepted_at": at, "said_by": "push", "changed_at": NOW, "state": state}
    if is_lasting:
        return Grant.objects.update_or_create(
            identity=openid,
            template=template,
            is_lasting=True,
            defaults={**mine, **more, "connection": template.connection},
        )[0]
    return Grant.objects.create(
        **mine, **more, identity=openid, template=template, connection=template.connection
    )


def an_owner() -> User:
    return User.objects.get_or_create(username="owner", defaults={"is_staff": True})[0]


def a_store() -> Store:
    return Store.objects.get_or_create(
        namespace=a_namespace(), key="west", defaults={"name": "West Lake"}
    )[0]


def all_leaves(tag: Tag, batch: CouponBatch, by_hand: Segment, by_rule: Segment) -> list[dict]:
    """`by_rule` is a segment of one condition."""
    events = [leaf for leaf in of_events.LEAVES if leaf["condition"] != "regularly_did"]
    regularly = {
        "condition": "regularly_did",
        "event": "A",
        "times": 1,
        "periods": 2,
        "out_of": 3,
        "unit": "minutes",
    }
    attributes = [
        GOLD,
        {**GOLD, "operator": "none_of", "value": "gold\nsilver"},
        {**GOLD, "operator": "not_exists", "value": ""},
        BETWEEN,
    ]
    dates = [
        BIRTHDAY,
        LATELY,
        SOON,
        LAST_WEEK,
        NOT_TODAY,
        MONTH_AGO,
        {**LATELY, "n": 20, "unit": "seconds"},
    ]
    standing = [
        LONG_GOLD,
        {**LONG_GOLD, "n": 15, "unit": "seconds"},
        {**LONG_GOLD, "comparison": "<", "n": 30, "unit": "seconds"},
    ]
    tags = [
        tagged(tag),
        tagged(tag, mode="none"),
        tagged(tag, since="last", since_n=20, since_unit="seconds"),
        tagged(tag, since="ago", since_n=4, since_unit="hours"),
    ]
    owners = [
        {"condition": "owner", "who": "staff", "staff": [an_owner().pk]},
        {"condition": "owner", "who": "store", "stores": [a_store().pk]},
        {"condition": "owner", "who": "nobody"},
    ]
    coupons = [
        {"condition": "holds_coupon", "batch": batch.pk},
        {
            "condition": "holds_coupon",
            "state": "unused",
            "expires_n": 20,
            "expires_unit": "seconds",
        },
        {"condition": "holds_coupon", "state": "expired"},
        {"condition": "redeemed_coupon", "batch": batch.pk, **of_events.last(20)},
        {"condition": "redeemed_coupon", "comparison": "=", "times": 0},
    ]
    messages = [
        {"condition": "message", "became": "sent", "times": 2, **of_events.last(30)},
        {"condition": "message", "became": "opened", **IN_HOURS},
        {
            "condition": "message",
            "became": "clicked",
            "comparison": "<",
            "times": 1,
            **of_events.last(20),
        },
    ]
    messages += [
        {"condition": "was_told"},
        {"condition": "was_told", "until": (NOW + timedelta(minutes=1)).isoformat()},
    ]
    template = a_subscribe_template()
    messages += [
        {"condition": "grants"},
        {"condition": "grants", "template": template.pk, "n": 2},
    ]
    reach = [
        {"condition": key, "channel": channel}
        for key in ("consented", "reachable")
        for channel in ("in_app", "loopback")
    ]
    others = [
        SHARE,
        {"condition": "in_list", "list": by_hand.pk},
        {"condition": "in_segment", "segment": by_hand.pk, "membership": "out"},
        {"condition": "in_segment", "segment": by_rule.pk},
    ]
    behaviour = [*events, regularly, ABSENT, {**ABSENT, "same_product": True, **of_events.last(40)}]
    return [
        *behaviour,
        INTERESTED,
        *of_life.LEAVES,
        *attributes,
        *dates,
        *standing,
        *tags,
        *owners,
        *coupons,
        *messages,
        *reach,
        *others,
    ]
