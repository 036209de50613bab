"""What the rules of sending look at, read for a whole batch: a query per rule, and nothing written.

A dry run puts its own in the place of this one, and adds what it has itself imagined so far.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Count

from campaigns import experiments
from campaigns.coupons import issuing
from campaigns.delivery import caps, minors
from campaigns.delivery.channels import Address, Channel
from campaigns.delivery.checks import checks
from campaigns.delivery.costs import Prices
from campaigns.delivery.limits import Limits
from campaigns.models import Cap, Coupon, Message, Suppression
from crm_project.db.sets import among
from customers.models import Consent, Customer, Workspace

State = Message.State


class Facts:
    """Of one channel at one moment."""

    def __init__(self, channel: Channel, workspace: Workspace, now: datetime):
        self.channel, self.workspace, self.now = channel, workspace, now

    @cached_property
    def limits(self) -> Limits:
        return Limits()

    @cached_property
    def prices(self) -> Prices:
        return Prices(self.channel.key, self.now)

    def stopped(self, messages: Collection[Message]) -> dict[int, str]:
        """By message: why whoever asked for it wants it no more."""
        found: dict[int, str] = {}
        for check in checks:
            found |= check().stops([m for m in messages if m.pk not in found], self.now)
        return found

    def consents(self, customers: Collection[int]) -> dict[tuple[int, str], bool]:
        """By customer and purpose: what was stated last."""
        stated = Consent.objects.filter(among("customer", customers), channel=self.channel.key)
        latest = stated.order_by("customer", "purpose", "-occurred_at", "-pk").distinct(
            "customer", "purpose"
        )
        return {
            (customer, purpose): yes
            for customer, purpose, yes in latest.values_list("customer", "purpose", "is_granted")
        }

    def suppressed(self, customers: Collection[int]) -> set[tuple[int, str]]:
        """(customer, purpose); "" is every purpose."""
        silent = Suppression.objects.in_force().filter(
            among("customer", customers), channel=self.channel.key
        )
        return set(silent.values_list("customer", "purpose"))

    def barred(self, customers: Collection[int]) -> set[int]:
        """Who asked to be forgotten and was brought again, by an event or a file."""
        asked = Customer.objects.filter(among("pk", customers), is_barred=True)
        return set(asked.values_list("pk", flat=True))

    def minors(self, customers: Collection[int]) -> set[int]:
        """Who is under 18."""
        return minors.of(customers, self.now)

    def held_out(self, places: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those (subject, customer) who are held out of it, or of everything: also who was merged
        since the message was queued with somebody who is."""
        places = set(places)
        everywhere = experiments.held_out_of_all({c for _s, c in places}, self.workspace)
        here = experiments.held_out_here(place for place in places if place[0])
        return here | {place for place in places if place[1] in everywhere}

    def addresses(self, customers: Collection[int]) -> dict[int, list[Address]]:
        return self.channel.addresses(customers)

    def coupons(self, ids: Collection[int]) -> dict[int, Coupon]:
        return (
            Coupon.objects.filter(among("pk", ids)).select_related("batch").defer("code").in_bulk()
        )

    def given(self, customers: Collection[int], batches: Collection[int]) -> Counter:
        """How many coupons of these batches they have or had; those that only wait for their
        message are none yet."""
        theirs = Coupon.objects.filter(among("customer", customers), batch__in=batches)
        counted = theirs.exclude(state__in=[Coupon.State.PENDING, *issuing.TAKEN_BACK]).values_list(
            "customer", "batch"
        )
        return Counter({(c, batch): n for c, batch, n in counted.annotate(Count("pk")).order_by()})

    def said(
        self, customers: Collection[int], digests: Collection[str], within: timedelta
    ) -> set[tuple[int, str]]:
        """(customer, digest) of the words that they were sent on this channel not longer ago."""
        recent = Message.objects.filter(
            among("customer", customers),
            channel=self.channel.key,
            content_digest__in=digests,
            sent_at__gt=self.now - within,
            is_test=False,
        ).exclude(state=State.FAILED)
        return set(recent.values_list("customer", "content_digest"))

    def had(self, customers: Collection[int], binding: Collection[Cap]) -> dict[int, Counter]:
        """By cap and customer: the messages that left within its window."""
        return caps.had(customers, binding, self.now)
