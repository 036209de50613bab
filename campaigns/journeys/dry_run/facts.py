"""What the rules of sending look at in a dry run: the facts of that time about some customers, read
once, and the messages that the draft itself has sent so far.

Consents, suppressions and real messages have their times and are as of then; addresses, and who is
barred, are known as of today only.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from django.db.models import Q
from pyroaring import BitMap

from campaigns.delivery.channels import Address, Channel
from campaigns.delivery.facts import Facts
from campaigns.delivery.limits import Limits
from campaigns.models import Cap, Message, Run, Suppression
from crm_project.db.sets import among
from customers.models import Consent, Customer, Purpose, Workspace

DAY = timedelta(days=1)
Stops = Callable[[Collection[Message], datetime], dict[int, str]]


class Sent(NamedTuple):
    at: datetime
    channel: str
    purpose: str
    digest: str


class Known:
    """Of these customers, over the time that is walked through; `journey` counts for itself, so its
    real messages of that time are none."""

    def __init__(self, customers: BitMap, journey: int, since: datetime, until: datetime):
        self.customers, self.journey = list(customers), journey
        self.since, self.until = since, until
        self.limits, self.workspace = Limits(), Workspace.get()
        self.reached: dict[str, dict[int, list[Address]]] = {}

    @cached_property
    def sent(self) -> dict[int, list[Sent]]:
        longest = max([cap.seconds for cap in self.limits.caps], default=0)
        low = self.since - max(timedelta(seconds=longest), DAY)
        rows = Message.objects.filter(
            among("customer", self.customers), sent_at__gt=low, sent_at__lte=self.until
        )
        own = Q(journey_id=self.journey, run_id__isnull=False)
        before = Run.objects.filter(journey=self.journey, entered_at__lte=self.since)
        rows = rows.filter(~own | Q(run_id__in=before.values("pk")))
        found: dict[int, list[Sent]] = defaultdict(list)
        columns = ("customer", "sent_at", "channel", "purpose", "content_digest", "state")
        for customer, at, channel, purpose, digest, state in rows.values_list(*columns):
            said = "" if state == Message.State.FAILED else digest
            found[customer].append(Sent(at, channel, purpose, said))
        return found

    @cached_property
    def consents(self) -> dict[tuple[int, str, str], list[tuple[datetime, bool]]]:
        """By customer, channel and purpose: each statement, the first one first."""
        stated = Consent.objects.filter(among("customer", self.customers))
        found = defaultdict(list)
        columns = ("customer", "channel", "purpose", "occurred_at", "is_granted")
        for *whose, at, yes in stated.order_by("occurred_at", "pk").values_list(*columns):
            found[tuple(whose)].append((at, yes))
        return found

    @cached_property
    def silent(self) -> dict[tuple[int, str], list[tuple[str, datetime]]]:
        """By customer and channel: the purposes, each since when."""
        rows = Suppression.objects.filter(among("customer", self.customers))
        found = defaultdict(list)
        for customer, channel, *said in rows.values_list("customer", "channel", "purpose", "at"):
            found[customer, channel].append(tuple(said))
        return found

    @cached_property
    def barred(self) -> set[int]:
        asked = Customer.objects.filter(among("pk", self.customers), is_barred=True)
        return set(asked.values_list("pk", flat=True))

    def addresses(self, channel: Channel) -> dict[int, list[Address]]:
        if channel.key not in self.reached:
            self.reached[channel.key] = channel.addresses(self.customers)
        return self.reached[channel.key]


class FactsOfThen(Facts):
    """Of one channel at one moment of the past."""

    def __init__(self, channel: Channel, now: datetime, known: Known, stops: Stops, held: BitMap):
        super().__init__(channel, known.workspace, now)
        self.known, self.stops, self.held = known, stops, held

    @property
    def limits(self) -> Limits:
        return self.known.limits

    def stopped(self, messages):
        return self.stops(messages, self.now)

    def stated(self, customer: int, purpose: str) -> bool | None:
        """What was stated last by then."""
        said = self.known.consents.get((customer, self.channel.key, purpose), ())
        return next((yes for at, yes in reversed(said) if at <= self.now), None)

    def consents(self, customers):
        return {
            (customer, purpose): yes
            for customer in customers
            for purpose in Purpose.values
            if (yes := self.stated(customer, purpose)) is not None
        }

    def suppressed(self, customers):
        return {
            (customer, purpose)
            for customer in customers
            for purpose, at in self.known.silent.get((customer, self.channel.key), ())
            if at <= self.now and not self.agreed_since(customer, purpose, at)
        }

    def agreed_since(self, customer: int, purpose: str, since: datetime) -> bool:
        """As Suppression.objects.in_force."""
        said = self.known.consents.get((customer, self.channel.key, purpose), ())
        return any(yes and since < at <= self.now for at, yes in said)

    def barred(self, customers):
        return self.known.barred & set(customers)

    def held_out(self, places):
        return {place for place in places if place[1] in self.held}

    def addresses(self, customers):
        known = self.known.addresses(self.channel)
        return {one: known[one] for one in customers if one in known}

    def said(self, customers, digests, within):
        return {
            (customer, one.digest)
            for customer in customers
            for one in self.of_then(customer, within)
            if one.channel == self.channel.key and one.digest in digests
        }

    def had(self, customers: Collection[int], binding: Iterable[Cap]) -> dict[int, Counter]:
        return {
            cap.pk: Counter(
                {
                    customer: sum(
                        one.purpose == cap.purpose and cap.channel in ("", one.channel)
                        for one in self.of_then(customer, timedelta(seconds=cap.seconds))
                    )
                    for customer in customers
                }
            )
            for cap in binding
        }

    def of_then(self, customer: int, within: timedelta) -> list[Sent]:
        rows = self.known.sent.get(customer, ())
        return [one for one in rows if self.now - within < one.at <= self.now]
