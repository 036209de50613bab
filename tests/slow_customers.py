"""What the conditions on attributes, tags, lists, consent, coupons and messages mean, row by row in
plain Python: slow, and obviously right.

As slow_segments.py: a second reading of the rules, which shares no code with the conditions. Spans
are seconds to weeks.
"""

import calendar
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.models import Coupon, Message, Suppression
from customers.buckets import bucket
from customers.models import (
    AttributeChange,
    Consent,
    CustomerAttribute,
    CustomerTag,
    Identity,
    ListMember,
    Owner,
    Workspace,
)
from events.insights.portrait import EPOCH
from events.models import Interest
from integrations.models import Grant
from tests.slow_segments import COMPARE, ago, compare, number, within

HALF_LIVES = {False: 30, True: 60}  # days; courses fade more slowly
OPEN = ("issued", "claimed", "returned")
ASKED_ABOUT = {"in_app": False, "loopback": True}  # must somebody have agreed to marketing there?


@dataclass
class Known:
    """Everything about one customer that is no event."""

    pk: int
    zone: ZoneInfo
    attributes: dict = field(default_factory=dict)
    said: list = field(default_factory=list)
    tags: list = field(default_factory=list)
    owners: list = field(default_factory=list)
    lists: set = field(default_factory=set)
    interests: list = field(default_factory=list)
    consents: list = field(default_factory=list)
    silent: set = field(default_factory=set)
    identities: list = field(default_factory=list)
    coupons: list = field(default_factory=list)
    messages: list = field(default_factory=list)
    grants: list = field(default_factory=list)


TABLES = {
    CustomerAttribute: lambda of, row: of.attributes.update({row.key: row.value}),
    AttributeChange: lambda of, row: of.said.append(row),
    CustomerTag: lambda of, row: of.tags.append(row),
    Owner: lambda of, row: of.owners.append(row),
    Interest: lambda of, row: of.interests.append(row),
    ListMember: lambda of, row: of.lists.add(row.segment_id),
    Consent: lambda of, row: of.consents.append(row),
    Suppression: lambda of, row: of.silent.add((row.channel, row.purpose, row.at)),
    Identity: lambda of, row: of.identities.append(row),
    Coupon: lambda of, row: of.coupons.append(row),
    Message: lambda of, row: of.messages.append(row),
    Grant: lambda of, row: of.grants.append(row),
}


def known(customer_ids) -> dict[int, Known]:
    zone = ZoneInfo(Workspace.get().time_zone)
    found = {pk: Known(pk, zone) for pk in customer_ids}

    for model, keep in TABLES.items():
        for row in model.objects.order_by("pk"):
            if row.customer_id in found:
                keep(found[row.customer_id], row)
    return found


# -- attributes
# --------------------------------------------------------------------------------------------------


def text(value) -> str:
    return value if isinstance(value, str) else str(value)


def attribute(leaf, of, now):  # noqa: PLR0911 -- a line for each operator
    value, op, wanted = (
        of.attributes.get(leaf["attribute"]),
        leaf["operator"],
        leaf.get("value", ""),
    )
    is_single = value is not None and not isinstance(value, list | dict)
    if op in ("exists", "not_exists"):
        return (value is not None) == (op == "exists")
    if op in ("is", "is_not", "one_of", "none_of"):
        choices = wanted.splitlines() if op in ("one_of", "none_of") else [wanted]
        same = is_single and any(
            text(value) == one or (number(one) is not None and number(one) == number(value))
            for one in choices
        )
        return same == (op in ("is", "one_of"))
    if op == "contains":
        return isinstance(value, str) and wanted.lower() in value.lower()
    if op == "starts_with":
        return isinstance(value, str) and value.startswith(wanted)
    if op == "includes":
        return isinstance(value, list) and wanted in value
    if op == "between":
        return number(value) is not None and number(wanted) <= number(value) <= number(
            leaf["value_to"]
        )
    return number(value) is not None and COMPARE[op](number(value), number(wanted))


def moment_of(value, zone) -> datetime | None:
    """The moment of a date or a time in text; None where it is none."""
    if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{3}-\d\d-\d\d(T.*)?", value):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def moved(day: date, n: int, unit: str) -> date:
    if unit != "months":
        return day + timedelta(**{unit: n})
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def attribute_date(leaf, of, now):
    moment, today = (
        moment_of(of.attributes.get(leaf["attribute"]), of.zone),
        now.astimezone(of.zone).date(),
    )
    comparison, n, unit = leaf["comparison"], leaf.get("n", 0), leaf.get("unit", "days")
    if moment is None:
        return comparison == "not_on"
    day = moment.astimezone(of.zone).date()
    if comparison in ("last", "next") and unit in ("seconds", "minutes", "hours"):
        distance = (now - moment) if comparison == "last" else (moment - now)
        return timedelta() <= distance <= timedelta(**{unit: n})
    if comparison == "last":
        return moved(today, -n, unit) <= day <= today
    if comparison == "next":
        return today <= day <= moved(today, n, unit)
    if comparison == "anniversary":
        until = moved(today, n, unit)
        years = range(today.year, until.year + 1)
        return any(today <= anniversary(day, year) <= until for year in years)
    first, last = days_meant(leaf, today, n, unit)
    return {
        "on": first <= day <= last,
        "not_on": not first <= day <= last,
        "before": day < first,
        "after": day > last,
    }[comparison]


def anniversary(born: date, year: int) -> date:
    return (
        date(year, 2, 28)
        if (born.month, born.day) == (2, 29) and not calendar.isleap(year)
        else born.replace(year=year)
    )


def days_meant(leaf, today, n, unit):
    against = leaf.get("against", "today")
    if against.endswith("_week"):
        monday = (
            today
            - timedelta(days=today.weekday())
            + {"last": -1, "this": 0, "next": 1}[against[:4]] * timedelta(weeks=1)
        )
        return monday, monday + timedelta(days=6)
    day = {
        "today": today,
        "date": leaf.get("day"),
        "ago": moved(today, -n, unit),
        "ahead": moved(today, n, unit),
    }[against]
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return day, day


def has_been(leaf, of, now):
    begun = None
    for one in sorted(
        (s for s in of.said if s.key == leaf["attribute"]),
        key=lambda s: (s.occurred_at, s.pk),
        reverse=True,
    ):
        if one.value is None or text(one.value) != leaf["value"]:
            break
        begun = one.occurred_at
    if begun is None:
        return False
    bound = ago(now, leaf["n"], leaf["unit"])
    return begun <= bound if leaf.get("comparison", ">=") == ">=" else begun > bound


# -- tags, lists, segments, chance
# --------------------------------------------------------------------------------


def tag(leaf, of, now):
    since = {}
    for one in of.tags:
        if one.tag_id in leaf["tags"] and (one.expires_at is None or one.expires_at > now):
            since[one.tag_id] = min(one.since, since.get(one.tag_id, one.since))
    if leaf.get("since", "ever") != "ever":
        bound = ago(now, leaf["since_n"], leaf["since_unit"])
        since = {
            pk: at
            for pk, at in since.items()
            if (bound <= at <= now if leaf["since"] == "last" else at <= bound)
        }
    worn = len(since)
    return {"any": worn > 0, "none": worn == 0, "all": worn == len(set(leaf["tags"]))}[leaf["mode"]]


def owner(leaf, of, now):
    """Of all rows that nothing newer of the same origin has ended the last counts."""
    newest = {}
    for row in sorted(of.owners, key=lambda one: (one.since, one.pk)):
        newest[row.origin_customer_id] = row
    last = max(newest.values(), key=lambda one: (one.since, one.pk), default=None)
    if leaf["who"] == "nobody":
        return last is None or last.staff_id is None
    if leaf["who"] == "store":
        return last is not None and last.store_id in leaf["stores"]
    return last is not None and last.staff_id in leaf["staff"]


def in_list(leaf, of, now):
    return leaf["list"] in of.lists


def interest(leaf, of, now):
    weighs = {False: 0.0, True: 0.0}
    for one in of.interests:
        if one.category == leaf["category"]:
            days = HALF_LIVES[one.is_course]
            weighs[one.is_course] += one.weight / 2 ** (
                (now - EPOCH).total_seconds() / (86400 * days)
            )
    return any(weight >= float(leaf["weight"]) for weight in weighs.values())


def random_share(leaf, of, now):
    return bucket(f"share:{leaf.get('draw', '1')}", of.pk) < Decimal(leaf["percent"]) * 100


# -- coupons, messages, consent
# ------------------------------------------------------------------------------------


def holds_coupon(leaf, of, now):
    def counts(one):
        state = leaf.get("state", "unused")
        is_over = one.expires_at <= now
        if leaf.get("batch") not in (None, one.batch_id):
            return False
        if state == "unused":
            soon = (
                one.expires_at <= ago(now, -leaf["expires_n"], leaf["expires_unit"])
                if leaf.get("expires_n")
                else True
            )
            return one.state in OPEN and not is_over and soon
        return (
            (one.state in OPEN and is_over) or one.state == "expired"
            if state == "expired"
            else one.state == state
        )

    return any(map(counts, of.coupons))


def redeemed_coupon(leaf, of, now):
    used = [
        one
        for one in of.coupons
        if one.state == "redeemed" and leaf.get("batch") in (None, one.batch_id)
    ]
    return compare(
        {"times": 1, **leaf},
        sum(one.redeemed_at is not None and within(leaf, one.redeemed_at, now) for one in used),
    )


def message(leaf, of, now):
    def counts(one):
        at = getattr(one, f"{leaf['became']}_at")
        named = all(getattr(one, name) == leaf[key] for key, name in NAMED.items() if leaf.get(key))
        return (
            at is not None
            and within(leaf, at, now)
            and named
            and (leaf["became"] != "sent" or one.state == "sent")
        )

    return compare({"times": 1, **leaf}, sum(map(counts, of.messages)))


NAMED = {"channel": "channel", "campaign": "campaign_id", "journey": "journey_id"}


def was_told(leaf, of, now):
    first, last = (leaf.get(name) and datetime.fromisoformat(leaf[name]) for name in ENDS)
    return any(
        one.sent_at is not None
        and one.sent_at <= now
        and one.state != "failed"
        and (not first or first <= one.sent_at)
        and (not last or one.sent_at <= last)
        and all(getattr(one, NAMED[key]) == leaf[key] for key in NAMED if leaf.get(key))
        for one in of.messages
    )


ENDS = ("since", "until")


def grants(leaf, of, now):
    free = [
        one
        for one in of.grants
        if one.state == "free" and leaf.get("template") in (None, one.template_id)
    ]
    return any(one.is_lasting for one in free) or len(free) >= leaf.get("n", 1)


def consented(leaf, of, now):
    purpose = leaf.get("purpose", "marketing")
    stated = [
        one for one in of.consents if (one.channel, one.purpose) == (leaf["channel"], purpose)
    ]
    if stated:
        return max(stated, key=lambda one: (one.occurred_at, one.pk)).is_granted
    return purpose == "service" or not ASKED_ABOUT[leaf["channel"]]


def reachable(leaf, of, now):
    has_address = bool(of.identities) if leaf["channel"] == "in_app" else True
    return consented(leaf, of, now) and not silenced(leaf, of) and has_address


def silenced(leaf, of):
    """A later yes to this purpose undoes what was said of it, not what names no purpose."""
    channel, purpose = leaf["channel"], leaf.get("purpose") or "marketing"
    yes = [
        c.occurred_at
        for c in of.consents
        if c.channel == channel and c.purpose == purpose and c.is_granted
    ]
    return any(
        on == channel and (what == "" or (what == purpose and not any(at > since for at in yes)))
        for on, what, since in of.silent
    )


MEANINGS = {
    meaning.__name__: meaning
    for meaning in (
        attribute,
        attribute_date,
        has_been,
        tag,
        owner,
        in_list,
        interest,
        random_share,
        holds_coupon,
        redeemed_coupon,
        message,
        was_told,
        grants,
        consented,
        reachable,
    )
}
