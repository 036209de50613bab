"""What the conditions on behaviour, orders, bookings and measurements mean, row by row in plain
Python: slow, and obviously right.

A second reading of the rules, which shares no code with the conditions. Windows here are "ever",
the last seconds to weeks, or the next ones.
"""

import operator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from customers.models import Customer, Workspace
from events.models import Booking, Event, LifecycleSettings, Measurement, Order, OrderLine, Refund

ORDER = ("prospect", "new", "active", "silent", "lost")
COMPARE = {
    ">=": operator.ge,
    ">": operator.gt,
    "=": operator.eq,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass
class Facts:
    """Everything about one customer."""

    events: list
    orders: list
    lines: list
    refunds: list
    bookings: list
    measurements: list
    zone: ZoneInfo
    first_seen_at: datetime
    settings: LifecycleSettings


def facts(customer_ids) -> dict[int, Facts]:
    zone = ZoneInfo(Workspace.get().time_zone)
    events, orders = list(Event.objects.select_related("name")), list(Order.objects.all())
    lines, refunds = list(OrderLine.objects.all()), list(Refund.objects.all())
    bookings, measurements = list(Booking.objects.all()), list(Measurement.objects.all())
    seen = dict(Customer.objects.values_list("pk", "first_seen_at"))
    lifecycle = LifecycleSettings.get()
    found = {}
    for pk in customer_ids:
        own = [order for order in orders if order.customer_id == pk]
        numbers = {(order.namespace_id, order.number) for order in own}
        found[pk] = Facts(
            [event for event in events if event.customer_id == pk],
            own,
            lines,
            [refund for refund in refunds if (refund.namespace_id, refund.order_number) in numbers],
            [booking for booking in bookings if booking.customer_id == pk],
            [one for one in measurements if one.customer_id == pk],
            zone,
            seen[pk],
            lifecycle,
        )
    return found


def meant(tree, of: "Facts", now: datetime) -> bool:
    """The tree of all, any and none over what each leaf means."""
    if "condition" in tree:
        return fits(tree, of, now)
    parts = [meant(part, of, now) for part in tree["of"]]
    return all(parts) if tree["op"] == "all" else any(parts) == (tree["op"] == "any")


def fits(leaf: dict, of: Facts, now: datetime) -> bool:
    return MEANINGS[leaf["condition"]](leaf, of, now)


# -- shared
# ------------------------------------------------------------------------------------------------------  # noqa: E501


def ago(now: datetime, n: int, unit: str) -> datetime:
    return now - timedelta(**{unit: n})


def within(leaf: dict, moment: datetime, now: datetime) -> bool:
    if leaf.get("window", "ever") == "ever":
        return moment <= now
    return ago(now, leaf["window_n"], leaf["window_unit"]) <= moment <= now


def number(value):
    if isinstance(value, int | float):
        return value
    return (
        float(value)
        if isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit()
        else None
    )


def passes(filters, properties: dict) -> bool:
    for name, op, *value in filters or []:
        have = properties.get(name)
        if op == "exists":
            ok = have not in (None, "")
        elif op == "is":
            ok = str(have) == str(value[0])
        else:
            ok = number(have) is not None and COMPARE[op](number(have), float(value[0]))
        if not ok:
            return False
    return True


def of_name(
    leaf: dict, of: Facts, now: datetime, name: str = "event", where: str = "where"
) -> list:
    """Its events up to now that pass the filters, the oldest first."""
    found = [
        e
        for e in of.events
        if e.name.name == leaf[name]
        and e.occurred_at <= now
        and passes(leaf.get(where), e.properties)
    ]
    return sorted(found, key=lambda e: (e.occurred_at, e.id))


def compare(leaf: dict, value, bound=None) -> bool:
    return value is not None and COMPARE[leaf.get("comparison", ">=")](
        value, float(leaf["times"]) if bound is None else bound
    )


def statistic(kind: str, numbers: list):
    if kind == "sum":
        return sum(numbers)
    return (
        {
            "average": lambda: sum(numbers) / len(numbers),
            "min": lambda: min(numbers),
            "max": lambda: max(numbers),
        }[kind]()
        if numbers
        else None
    )


# -- one by one
# --------------------------------------------------------------------------------------------------


def did_event(leaf, of, now):
    found = [e for e in of_name(leaf, of, now) if within(leaf, e.occurred_at, now)]
    days = {e.occurred_at.astimezone(of.zone).date() for e in found}
    return compare(leaf, len(found)) and len(days) >= leaf.get("days", 0)


def event_number(leaf, of, now):
    found = [e for e in of_name(leaf, of, now) if within(leaf, e.occurred_at, now)]
    if leaf.get("property"):
        numbers = [number(e.properties.get(leaf["property"])) for e in found]
    else:
        numbers = [None if e.amount_fen is None else e.amount_fen / 100 for e in found]
    return compare(leaf, statistic(leaf["measure"], [n for n in numbers if n is not None]))


def first_did(leaf, of, now):
    found = of_name(leaf, of, now)
    return bool(found) and within(leaf, found[0].occurred_at, now)


def last_did(leaf, of, now):
    found = of_name(leaf, of, now)
    if not found or not passes(leaf.get("has"), found[-1].properties):
        return False
    if leaf.get("age", "any") == "any":
        return True
    edge = ago(now, leaf["age_n"], leaf["age_unit"])
    return (
        found[-1].occurred_at <= edge
        if leaf["age"] == "at_least"
        else found[-1].occurred_at >= edge
    )


def stopped_doing(leaf, of, now):
    long, short = (ago(now, leaf[f"{name}_n"], leaf[f"{name}_unit"]) for name in ("long", "short"))
    times = [e.occurred_at for e in of_name(leaf, of, now)]
    return any(at >= long for at in times) and not any(at >= short for at in times)


def restarted_doing(leaf, of, now):
    long, short = (ago(now, leaf[f"{name}_n"], leaf[f"{name}_unit"]) for name in ("long", "short"))
    times = [e.occurred_at for e in of_name(leaf, of, now)]
    return (
        any(at < long for at in times)
        and not any(long <= at < short for at in times)
        and any(at >= short for at in times)
    )


def regularly_did(leaf, of, now):
    times, good = [e.occurred_at for e in of_name(leaf, of, now)], 0
    for n in range(leaf["out_of"]):
        begin, end = ago(now, n + 1, leaf["unit"]), ago(now, n, leaf["unit"])
        good += sum(begin <= at and (at < end or n == 0) for at in times) >= leaf["times"]
    return good >= leaf["periods"]


def sequence(leaf, of, now):
    span = timedelta(**{leaf["within_unit"]: leaf["within_n"]})
    return any(
        a.id != b.id
        and within(leaf, a.occurred_at, now)
        and a.occurred_at <= b.occurred_at <= a.occurred_at + span
        and (not leaf.get("same_product") or set(a.keys or []) & set(b.keys or []))
        for a in of_name(leaf, of, now, "first")
        for b in of_name(leaf, of, now, "second")
    )


def a_and_no_b(leaf, of, now):
    span = timedelta(**{leaf["within_unit"]: leaf["within_n"]})
    return any(
        within(leaf, a.occurred_at, now)
        and a.occurred_at <= now - span - timedelta(seconds=leaf.get("grace_seconds", 60))
        and not any(
            a.id != b.id
            and a.occurred_at <= b.occurred_at <= a.occurred_at + span
            and (not leaf.get("same_product") or set(a.keys or []) & set(b.keys or []))
            for b in of_name(leaf, of, now, "second")
        )
        for a in of_name(leaf, of, now, "first")
    )


def paid(leaf, of, now) -> list:
    return [
        o
        for o in of.orders
        if o.paid_at and o.status != "cancelled" and within(leaf, o.paid_at, now)
    ]


def orders(leaf, of, now):
    found = [o for o in paid(leaf, of, now) if not leaf.get("with_coupon") or o.coupon_code_digest]
    net = [(max(o.paid_fen - o.refunded_fen, 0)) / 100 for o in found]
    return compare(
        leaf,
        {
            "count": lambda: len(found),
            "net": lambda: sum(net),
            "average": lambda: statistic("average", net),
            "days": lambda: (
                (now - max(o.paid_at for o in found)) // timedelta(days=1) if found else None
            ),
        }[leaf["measure"]](),
    )


def bought(leaf, of, now):
    having = {line.order_id for line in of.lines if getattr(line, leaf["what"]) == leaf["value"]}
    own = [o for o in paid(leaf, of, now) if leaf.get("shop", o.namespace_id) == o.namespace_id]
    return compare(leaf, sum(o.pk in having for o in own))


def refunded(leaf, of, now):
    found = [r.amount_fen / 100 for r in of.refunds if within(leaf, r.occurred_at, now)]
    return compare(leaf, len(found) if leaf["measure"] == "count" else sum(found))


def booking(leaf, of, now):
    def counts(one):
        if leaf["state"] == "upcoming":
            ok = one.status in ("booked", "rescheduled", "confirmed") and one.starts_at > now
        elif leaf["state"] == "standing":
            ok = one.status != "cancelled"
        else:
            ok = leaf["state"] in ("booked", one.status)
        if leaf.get("window") == "next":
            ok = ok and now <= one.starts_at <= now + timedelta(
                **{leaf["window_unit"]: leaf["window_n"]}
            )
        elif leaf.get("window") == "last":
            ok = ok and within(leaf, one.starts_at, now)
        return (
            ok
            and leaf.get("kind", one.kind) == one.kind
            and leaf.get("product", one.product_id) == one.product_id
            and leaf.get("shop", one.namespace_id) == one.namespace_id
        )

    return compare(leaf, sum(map(counts, of.bookings)))


def booked_on(leaf, of, now):
    today = now.astimezone(of.zone).date().toordinal()
    n = leaf.get("day_n", 0)
    first, last = {
        "today": (today, today),
        "tomorrow": (today + 1, today + 1),
        "next": (today, today + n - 1),
        "last": (today - n + 1, today),
        "ever": (0, 9_999_999),
    }[leaf["day"]]
    states = {
        "awaited": ("booked", "rescheduled", "confirmed"),
        "any": ("booked", "rescheduled", "confirmed", "attended", "no_show", "cancelled"),
        "standing": ("booked", "rescheduled", "confirmed", "attended", "no_show"),
    }
    asked = leaf.get("state", "standing")
    has = any(
        first <= one.starts_at.astimezone(of.zone).date().toordinal() <= last
        and one.status in states.get(asked, (asked,))
        and leaf.get("kind", one.kind) == one.kind
        and leaf.get("resource", one.resource) == one.resource
        and leaf.get("place", one.place) == one.place
        and leaf.get("whom", "") in ("", "other" if one.for_key else "self")
        for one in of.bookings
    )
    return has == (leaf.get("booked", "yes") == "yes")


def measured(leaf, of, now):
    own = [
        m
        for m in of.measurements
        if m.kind == leaf["kind"] and m.value is not None and within(leaf, m.occurred_at, now)
    ]
    values = [m.value for m in sorted(own, key=lambda m: (m.occurred_at, m.id))]
    if leaf["measure"] == "any":
        return any(compare(leaf, value) for value in values)
    return compare(
        leaf,
        (
            (values or [None])[-1]
            if leaf["measure"] == "latest"
            else statistic(leaf["measure"], values)
        ),
    )


def kept_orders(of, now) -> list:
    """The orders that count for life and value, the oldest first."""
    counting = [o for o in of.orders if o.paid_at and o.paid_at <= now and o.status != "cancelled"]
    return sorted(
        (o for o in counting if not (o.refunded_fen and o.refunded_fen >= o.paid_fen)),
        key=lambda o: o.paid_at,
    )


def life(of, now) -> list[tuple[str, datetime]]:
    """Each stage that somebody was in, and since when: walked through from the first day to
    `now`."""
    moments = [o.paid_at for o in kept_orders(of, now)]
    if not moments:
        return [("prospect", of.first_seen_at)]
    days, walked = of.settings, [("prospect", of.first_seen_at), ("new", moments[0])]
    ends_new = moments[0] + timedelta(days=days.new_days)
    for bought, following in zip(moments, [*moments[1:], None], strict=True):
        if walked[-1][0] in ("silent", "lost"):
            walked.append(("active", bought))
        # A bound still belongs to the stage before it, and a purchase at the bound goes on with
        # that stage.
        for stage, at in (
            ("active", ends_new),
            ("silent", bought + timedelta(days=days.active_days)),
            ("lost", bought + timedelta(days=days.silent_days)),
        ):
            if at < (following or now) and ORDER.index(stage) > ORDER.index(walked[-1][0]):
                walked.append((stage, at))
    return walked


def lifecycle(leaf, of, now):
    stage, since = (walked := life(of, now))[-1]
    if stage not in leaf["stages"]:
        return False
    if leaf.get("came_from") and (len(walked) < 2 or walked[-2][0] not in leaf["came_from"]):
        return False
    if leaf.get("length", "any") == "any":
        return True
    return (since <= ago(now, leaf["length_n"], leaf["length_unit"])) == (
        leaf["length"] == "at_least"
    )


def rfm(leaf, of, now):
    found = kept_orders(of, now)
    if not found:
        return False
    age = now - found[-1].paid_at
    net = sum(max(o.paid_fen - o.refunded_fen, 0) for o in found)
    scores = {
        "recency": 5 - sum(age > timedelta(days=days) for days in of.settings.recency_days),
        "frequency": 1 + sum(len(found) > n for n in of.settings.frequency),
        "money": 1 + sum(net > fen for fen in of.settings.money_fen),
    }
    if leaf.get("measure", "class") != "class":
        return COMPARE[leaf.get("comparison", ">=")](scores[leaf["measure"]], leaf["score"])
    recent, often, much = (
        scores[name] >= of.settings.high_from for name in ("recency", "frequency", "money")
    )
    kind = {
        (True, True): "value",
        (True, False): "develop",
        (False, True): "keep",
        (False, False): "win_back",
    }[recent, often]
    return f"{'important' if much else 'general'}_{kind}" in leaf["classes"]


MEANINGS = {
    meaning.__name__: meaning
    for meaning in (
        did_event,
        event_number,
        first_did,
        last_did,
        stopped_doing,
        restarted_doing,
        regularly_did,
        sequence,
        a_and_no_b,
        orders,
        bought,
        refunded,
        booking,
        booked_on,
        measured,
        lifecycle,
        rfm,
    )
}
