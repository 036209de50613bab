"""What a ready journey is made of: a stored definition (journeys/format.py) with places in it that
are filled when it is switched on: the batch, the segment, the texts in the language that messages
are sent in, what differs by trade and channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.functional import Promise

from campaigns.models import CouponBatch
from customers.models import Purpose, Segment, Trade

SHOP, SCHOOL, CLINIC = Trade.SHOP.value, Trade.SCHOOL.value, Trade.CLINIC.value
ALL = (SHOP, SCHOOL, CLINIC)
IN_APP, EMAIL = "in_app", "email"
CHANNELS = (IN_APP, EMAIL)  # whose texts need nothing that a vendor has to approve first


class Row(Enum):
    """Stands for the number of a row that the journey brings along."""

    SEGMENT = "segment"


@dataclass(frozen=True)
class ByTrade:
    """Its value for one of the trades; "" for all that are not named."""

    of: Mapping[str, Any]

    def get(self, trade: str):
        return self.of[trade] if trade in self.of else self.of[""]


@dataclass(frozen=True)
class Says:
    """The fields of a step that sends; `page` is opened by a tap, and where there is a `button`, a
    letter has one that leads there."""

    title: Promise
    body: Promise
    page: str = ""
    button: Promise | None = None
    purpose: str = Purpose.MARKETING.value
    has_coupon: bool = False


@dataclass(frozen=True)
class Terms:
    """What the coupon of a recipe gives unless the marketer says otherwise. How many there are is
    always asked."""

    name: Promise
    amount_off_fen: int
    threshold_fen: int
    valid_days: int
    not_for: tuple[str, ...] = ()  # trades in which it is offered without one


@dataclass(frozen=True)
class Wanted:
    """A segment that the journey looks at."""

    name: Promise
    rule: dict


@dataclass(frozen=True)
class Recipe:
    key: str
    name: Promise
    does: Promise  # one paragraph for whoever decides whether to switch it on
    icon: str
    trades: tuple[str, ...]
    definition: dict
    coupon: Terms | None = None
    segment: Wanted | None = None
    attribute: str = ""  # of the customer, without which nobody enters

    @property
    def is_marketing(self) -> bool:
        return bool(self.definition["holdout_percent"])

    def may_have_coupon(self, trade: str) -> bool:
        return self.coupon is not None and trade not in self.coupon.not_for


@dataclass(frozen=True)
class Choice:
    """What is filled into the places."""

    trade: str
    channel: str = IN_APP
    batch: CouponBatch | None = None
    segment: Segment | None = None


def filled(part: Any, choice: Choice) -> Any:
    """The part as it is stored, in the language of this moment."""
    if isinstance(part, ByTrade):
        return filled(part.get(choice.trade), choice)
    if isinstance(part, Says):
        return said(part, choice)
    if part is Row.SEGMENT:
        return choice.segment and choice.segment.pk
    if isinstance(part, dict):
        return {name: filled(value, choice) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [filled(value, choice) for value in part]
    return str(part) if isinstance(part, Promise) else part


def said(part: Says, choice: Choice) -> dict:
    title, body = str(part.title), str(part.body)
    if choice.channel == EMAIL:
        button = f"\n\n[{part.button}]({part.page})" if part.button else ""
        content = {"subject": title, "body": f"{body}{button}"}
    else:
        content = {"title": title, "body": body, "page": part.page}
    fields = {"channel": choice.channel, "purpose": part.purpose, "content": content}
    if part.has_coupon and choice.batch:
        fields["batch"] = choice.batch.pk
    return fields


def step(kind: str, fields: dict | Says, **exits: str | None) -> dict:
    return {"step": kind, "fields": fields, "exits": exits}


def tells(says: Says, then: str | None = None) -> dict:
    return step("send_message", says, next=then)


def task(title: Promise, **fields) -> dict:
    """For whoever takes it; the journey ends with it."""
    ways = dict.fromkeys(("done", "not_reached", "refused", "overdue"))
    return step("staff_task", {"title": title, "n": 1, "again": 2, "hours": 4, **fields}, **ways)


def happens(event: object, n: int, **more) -> dict:
    """A goal: it happens within so many days."""
    return {"by": "event", "fields": {"event": event, "n": n, "unit": "days", **more}}


def of_this_booking(event: str) -> dict:
    """An exit."""
    return {"by": "event", "fields": {"event": event, "key_of": "booking"}}
