"""Beginnings that the clock brings and a row says when: a booking's start, a coupon's end.

Whoever is due is found by an index on that time, in a short stretch of it; each occasion has an
entry key of its own, so it begins once, whoever looks and however often. A row that is moved has
another occasion. What is past by more than LATE begins nothing: a late reminder is none.
"""

from datetime import datetime, timedelta

import msgspec
from django import forms
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys import about
from campaigns.journeys.reading import RowField
from campaigns.journeys.triggers import Trigger
from campaigns.models import CouponBatch
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS, span
from events.models import Booking

LATE = timedelta(minutes=15)
BOOKINGS = """
SELECT o.* FROM (
  SELECT b.customer_id, b.origin_customer_id, b.source_id, b.starts_at AS at, b.id,
         left('booking:' || b.namespace_id || '/' || b.number || '@'
              || extract(epoch FROM b.starts_at)::bigint, 160)
           || CASE WHEN b.for_key = '' THEN '' ELSE '|for:' || left(b.for_key, 30) END AS entry_key,
         jsonb_build_object('booking_number', b.number, 'status', b.status, 'kind', b.kind,
           'starts_at', b.starts_at, 'product_id', b.product_id, 'name', b.name,
           'category', b.category, 'place', b.place, 'resource', b.resource,
           'for_key', b.for_key, 'for_name', b.for_name) AS event,
         CASE WHEN b.product_id = '' THEN '{}' ELSE ARRAY[b.product_id::text] END AS keys,
         NULL::bigint AS coupon_id, b.namespace_id
    FROM events_booking b
   WHERE b.starts_at > %(low)s AND b.starts_at <= %(high)s AND b.status = ANY(%(states)s)
     AND (%(kind)s = '' OR b.kind = %(kind)s)
     AND (%(earlier)s OR b.occurred_at >= coalesce((SELECT min(v.published_at)
          FROM campaigns_journeyversion v WHERE v.journey_id = %(journey)s), hutong_now()))) o
"""
COUPONS = """
SELECT o.* FROM (
  SELECT c.customer_id, c.origin_customer_id, NULL::int AS source_id, c.expires_at AS at, c.id,
         'coupon:' || c.id AS entry_key, '{}'::jsonb AS event, '{}'::text[] AS keys,
         c.id AS coupon_id, NULL::int AS namespace_id
    FROM campaigns_coupon c
   WHERE c.expires_at > %(low)s AND c.expires_at <= %(high)s AND c.state = ANY(%(states)s)
     AND (%(batch)s::bigint IS NULL OR c.batch_id = %(batch)s)) o
"""
NEW = """
 WHERE NOT EXISTS (SELECT FROM campaigns_run r WHERE r.journey_id = %(journey)s
    AND r.origin_customer_id = o.origin_customer_id AND r.entry_key = o.entry_key)
   AND (o.at, o.id) > (%(after_at)s, %(after_id)s)
 ORDER BY o.at, o.id LIMIT %(most)s
"""


class Occasion(Trigger):
    """Base class. `offset` is how long after the row's time the journey begins; before it: less
    than nothing."""

    direction = forms.ChoiceField(
        label=gettext_lazy("before or after it"),
        choices=[("before", gettext_lazy("before")), ("after", gettext_lazy("after"))],
        initial="before",
    )
    n = forms.IntegerField(label=gettext_lazy("how long"), min_value=0, max_value=10_000, initial=1)
    unit = forms.ChoiceField(label=gettext_lazy("unit"), choices=UNITS[:-1], initial="days")

    sql = ""

    @property
    def offset(self) -> timedelta:
        seconds = self.cleaned_data["n"] * UNIT_SECONDS[self.cleaned_data["unit"]]
        return timedelta(seconds=seconds if self.cleaned_data["direction"] == "after" else -seconds)

    def params(self) -> dict:
        raise NotImplementedError

    def due(
        self, journey_id: int, now: datetime, after: tuple[datetime, int], most: int
    ) -> list[dict]:
        """The next occasions that are due and have begun nothing, in the order of their time."""
        values = {
            "low": now - self.offset - LATE,
            "high": now - self.offset,
            "journey": journey_id,
            "after_at": after[0],
            "after_id": after[1],
            "most": most,
            **self.params(),
        }
        with connection.cursor() as cursor:
            cursor.execute(self.sql + NEW, values)
            names = [column.name for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
        return [{**row, "event": msgspec.json.decode(row["event"])} for row in rows]

    def remembers(self, row: dict) -> dict:
        """What of the row is looked at again when a message leaves (about.py)."""
        raise NotImplementedError

    def in_words(self) -> str:
        return span(self.cleaned_data["n"], self.cleaned_data["unit"])


class OnBooking(Occasion):
    """Also a booking that was there before the journey, or came by a file: who is to come is
    reminded."""

    key, label, sql = "booking", gettext_lazy("A booking's time"), BOOKINGS

    kind = forms.ChoiceField(
        label=gettext_lazy("kind of booking"),
        choices=[("", gettext_lazy("any")), *Booking.Kind.choices],
        required=False,
    )

    earlier = forms.ChoiceField(
        label=gettext_lazy("bookings that were made before the journey was published"),
        choices=[
            ("", gettext_lazy("begin it too, also those that came by a file")),
            ("no", gettext_lazy("begin nothing")),
        ],
        required=False,
    )

    @property
    def gives(self):
        return frozenset({"event", "product", "booking"})

    def foreseen(self, published_at: datetime, now: datetime) -> QuerySet[Booking]:
        """Those made before `published_at` for which the journey's time is still to come."""
        wanted = self.params()
        found = Booking.objects.filter(
            starts_at__gt=now - self.offset,
            status__in=wanted["states"],
            occurred_at__lt=published_at,
        )
        return found.filter(kind=wanted["kind"]) if wanted["kind"] else found

    def params(self):
        after = self.cleaned_data["direction"] == "after"
        states = (*Booking.AWAITED, Booking.Status.ATTENDED) if after else Booking.AWAITED
        data = self.cleaned_data
        earlier = data["earlier"] != "no"
        return {"states": list(states), "kind": data["kind"], "earlier": earlier}

    def remembers(self, row):
        is_before = self.cleaned_data["direction"] == "before"
        return {
            "namespace": row["namespace_id"],
            "booking": row["event"]["booking_number"],
            "starts_at": row["at"].isoformat(),
            "step": "",  # where it moves, that is an occasion of its own
            "is_before": is_before,
        }

    def sentence(self):
        words = {"span": self.in_words()}
        if not self.cleaned_data["n"]:
            text = _("when a booking begins")
        elif self.cleaned_data["direction"] == "after":
            text = _("%(span)s after a booking has begun") % words
        else:
            text = _("%(span)s before a booking begins") % words
        is_all = self.cleaned_data["earlier"] != "no"
        return text if is_all else _("%(text)s, of bookings made from now on") % {"text": text}


class OnCouponEnd(Occasion):
    key, label, sql = "coupon_end", gettext_lazy("A coupon's end"), COUPONS

    direction = forms.ChoiceField(
        label=gettext_lazy("before or after it"),
        choices=[("before", gettext_lazy("before"))],
        initial="before",
    )
    batch = RowField(
        label=gettext_lazy("coupon batch"),
        queryset=CouponBatch.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("any"),
    )

    @property
    def gives(self):
        return frozenset({"coupon"})

    def params(self):
        batch = self.cleaned_data["batch"]
        return {"states": list(about.UNUSED), "batch": batch and batch.pk}

    def remembers(self, row):
        return {"coupon": row["coupon_id"]}

    def sentence(self):
        words = {"span": self.in_words(), "batch": self.cleaned_data["batch"]}
        text = _("%(span)s before an unused coupon ends") % words
        return f"{text} ({words['batch']})" if words["batch"] else text
