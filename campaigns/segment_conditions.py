"""Conditions about what we did for customers and may do: coupons, messages, whom a channel
reaches."""


# parameter

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from pyroaring import BitMap

from campaigns.delivery import reasons
from campaigns.delivery.channels import channels
from campaigns.delivery.reach import allowed, silenced
from campaigns.models import Campaign, Coupon, CouponBatch, Journey, Message, Suppression
from crm_project.templatetags.hutong import page_of
from customers.models import Consent, Purpose
from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, Rows, asked
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS, span
from events.segment_conditions.comparing import WINDOW, Compared

State = Coupon.State

# Literals, because the index on expiry holds open coupons only.
UNUSED = "state IN ('issued', 'claimed', 'returned')"
HELD = {
    "unused": (gettext_lazy("unused and valid"), f"{UNUSED} AND expires_at > %(now)s"),
    "reserved": (gettext_lazy("reserved by an order"), "state = 'reserved'"),
    "redeemed": (gettext_lazy("redeemed"), "state = 'redeemed'"),
    "expired": (
        gettext_lazy("expired"),
        f"(state = 'expired' OR {UNUSED} AND expires_at <= %(now)s)",
    ),
    "revoked": (gettext_lazy("revoked"), "state = 'revoked'"),
    "void": (gettext_lazy("void after a refund"), "state = 'void'"),
}
BECAME = {
    "sent": (gettext_lazy("was sent"), "sent_at", "AND state = 'sent'"),
    "delivered": (gettext_lazy("received"), "delivered_at", ""),
    "opened": (gettext_lazy("opened"), "opened_at", ""),
    "clicked": (gettext_lazy("clicked in"), "clicked_at", ""),
}


def channel_choices():
    return [(channel.key, channel.label) for channel in channels]


def ids(sql: str, params: dict) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [pk for (pk,) in cursor]


class OfBatch(forms.Form):
    """Of one batch, or of any."""

    batch = forms.ModelChoiceField(
        label=gettext_lazy("batch"),
        queryset=CouponBatch.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("any batch"),
    )

    def of_batch(self) -> str:
        return "AND batch_id = %(batch)s" if self.cleaned_data["batch"] else ""

    def batch_id(self) -> int | None:
        return self.cleaned_data["batch"] and self.cleaned_data["batch"].pk

    def own(self, customer):
        found = Coupon.objects.filter(customer=customer).select_related("batch")
        return (
            found.filter(batch=self.cleaned_data["batch"]) if self.cleaned_data["batch"] else found
        )

    def batch_words(self) -> str:
        return (
            _("of “%(name)s”") % {"name": self.cleaned_data["batch"]}
            if self.cleaned_data["batch"]
            else _("of any batch")
        )


class HoldsCoupon(Condition, OfBatch):
    """Has a coupon in this state now. What has passed its end counts as expired at once, also
    before it is swept up."""

    key, label, reads = "holds_coupon", gettext_lazy("Holds a coupon"), frozenset({"coupon"})
    permission = "campaigns.view_coupon"
    help = gettext_lazy("Has a coupon that is unused, ends soon, or was used.")

    state = forms.ChoiceField(
        label=gettext_lazy("state"),
        choices=[(key, words) for key, (words, _sql) in HELD.items()],
        initial="unused",
        required=False,
    )
    expires_n = forms.IntegerField(
        label=gettext_lazy("that ends within"),
        min_value=1,
        max_value=100_000,
        required=False,
        help_text=gettext_lazy("Empty: whenever it ends."),
    )
    expires_unit = forms.ChoiceField(
        label=gettext_lazy("unit"), choices=UNITS[:-1], initial="days", required=False
    )
    field_order = ["batch", "state"]

    shown_if = {"expires_n": "state=unused", "expires_unit": "state=unused"}

    def clean(self):
        data = super().clean()
        data["state"], data["expires_unit"] = (
            data.get("state") or "unused",
            data.get("expires_unit") or "days",
        )
        if data.get("expires_n") and data["state"] != "unused":
            raise ValidationError(
                {"expires_n": _("Only unused coupons can still come to their end.")}
            )
        return data

    def rows(self, now):
        return Rows("campaigns_coupon", frozenset({"batch_id", "state", "expires_at"}))

    def ahead(self) -> timedelta | None:
        n = self.cleaned_data["expires_n"]
        return timedelta(seconds=n * UNIT_SECONDS[self.cleaned_data["expires_unit"]]) if n else None

    def customers(self, *, now, among):
        soon = "AND expires_at <= %(soon)s" if self.ahead() else ""
        return self.asked(
            "SELECT DISTINCT customer_id FROM campaigns_coupon WHERE"  # noqa: S608
            f" {HELD[self.cleaned_data['state']][1]} {self.of_batch()} {soon} {{among}}",
            {"batch": self.batch_id(), "now": now, "soon": now + (self.ahead() or timedelta())},
            now=now,
            among=among,
        )

    def touched_by_time(self, *, since, until):
        """Whose coupon ends, or comes near enough to its end."""
        if self.cleaned_data["state"] not in ("unused", "expired"):
            return BitMap()
        ahead = self.ahead() or timedelta()
        return asked(
            f"SELECT customer_id FROM campaigns_coupon WHERE {UNUSED} {self.of_batch()} AND"  # noqa: S608
            " (expires_at > %(since)s AND expires_at <= %(until)s OR expires_at > %(soon_since)s"
            " AND expires_at <= %(soon_until)s)",
            {
                "batch": self.batch_id(),
                "since": since,
                "until": until,
                "soon_since": since + ahead,
                "soon_until": until + ahead,
            },
        )

    def evidence(self, customer, *, now):
        soon = "AND expires_at <= %(soon)s" if self.ahead() else ""
        found = self.own(customer).in_bulk(
            ids(
                f"SELECT id FROM campaigns_coupon WHERE {HELD[self.cleaned_data['state']][1]} AND"  # noqa: S608
                f" customer_id = %(customer)s {self.of_batch()} {soon} ORDER BY id DESC LIMIT"
                " %(most)s",
                {
                    "batch": self.batch_id(),
                    "now": now,
                    "soon": now + (self.ahead() or timedelta()),
                    "customer": customer.pk,
                    "most": MOST_EVIDENCE,
                },
            )
        )
        return [Evidence(str(one.batch), one.expires_at, page_of(one)) for one in found.values()]

    def sentence(self):
        data = self.cleaned_data
        text = _("holds a coupon %(batch)s, %(state)s") % {
            "batch": self.batch_words(),
            "state": HELD[data["state"]][0],
        }
        if not data["expires_n"]:
            return text
        return (
            text
            + ", "
            + _("that ends within %(span)s")
            % {"span": span(data["expires_n"], data["expires_unit"])}
        )


class RedeemedCoupon(Compared, OfBatch):
    """Used a coupon; one that came back with a refund does not count."""

    key, label, reads = "redeemed_coupon", gettext_lazy("Redeemed a coupon"), frozenset({"coupon"})
    permission = "campaigns.view_coupon"
    help = gettext_lazy("How often somebody used a coupon.")

    moment = "redeemed_at"
    field_order = ["batch", "comparison", "times", *WINDOW]

    def source(self):
        return f"campaigns_coupon WHERE state = 'redeemed' {self.of_batch()}", {
            "batch": self.batch_id()
        }

    def customers(self, *, now, among):
        return self.with_number("count(*)", now=now, among=among)

    def evidence(self, customer, *, now):
        used = self.own(customer).filter(state=State.REDEEMED, redeemed_at__range=self.bounds(now))
        return [
            Evidence(str(one.batch), one.redeemed_at, page_of(one))
            for one in used.order_by("-redeemed_at")[:MOST_EVIDENCE]
        ]

    def sentence(self):
        return _("redeemed a coupon %(batch)s %(comparison)s %(n)s times %(window)s") % {
            "batch": self.batch_words(),
            **self.words(),
        }


class Messaged(Compared):
    """Got messages of ours, and what became of them."""

    key, label, reads = "message", gettext_lazy("Message of ours"), frozenset({"message"})
    permission = "campaigns.view_message"
    help = gettext_lazy("Was sent, received, opened or clicked in messages of ours.")

    became = forms.ChoiceField(
        label=gettext_lazy("what"),
        choices=[(key, words) for key, (words, _at, _more) in BECAME.items()],
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("channel"),
        choices=lambda: [("", _("any channel")), *channel_choices()],
        required=False,
    )
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("campaign"),
        queryset=Campaign.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("any campaign"),
    )
    journey = forms.ModelChoiceField(
        label=gettext_lazy("journey"),
        queryset=Journey.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("any journey"),
    )
    field_order = ["became", "channel", "campaign", "journey", "comparison", "times", *WINDOW]

    def clean(self):
        data = super().clean()
        if data.get("campaign") and data.get("journey"):
            raise ValidationError(
                {"journey": _("A message is of a campaign or of a journey: choose one of them.")}
            )
        return data

    @property
    def moment(self) -> str:
        return BECAME[self.cleaned_data["became"]][1]

    def source(self):
        data = self.cleaned_data
        where = BECAME[data["became"]][2]
        where += " AND channel = %(channel)s" if data["channel"] else ""
        where += " AND campaign_id = %(campaign)s" if data["campaign"] else ""
        where += " AND journey_id = %(journey)s" if data["journey"] else ""
        params = {key: data[key] and data[key].pk for key in ("campaign", "journey")}
        return f"campaigns_message WHERE {self.moment} IS NOT NULL AND NOT is_test {where}", {
            "channel": data["channel"],
            **params,
        }

    def customers(self, *, now, among):
        return self.with_number("count(*)", now=now, among=among)

    def evidence(self, customer, *, now):
        data, found = self.cleaned_data, Message.objects.filter(customer_id=customer.pk)
        found = found.filter(is_test=False)
        found = found.filter(state=Message.State.SENT) if data["became"] == "sent" else found
        found = found.filter(
            **{name: data[name] for name in ("channel", "campaign", "journey") if data[name]}
        )
        found = found.filter(**{f"{self.moment}__range": self.bounds(now)}).order_by(
            f"-{self.moment}"
        )[:MOST_EVIDENCE]
        return [
            Evidence(str(channels[one.channel].label), getattr(one, self.moment), page_of(one))
            for one in found
        ]

    def sentence(self):
        data = self.cleaned_data
        words = {
            "became": BECAME[data["became"]][0],
            "of": data["campaign"] or data["journey"],
            **self.words(),
        }
        text = (
            _("%(became)s messages of “%(of)s” %(comparison)s %(n)s times %(window)s")
            if words["of"]
            else _("%(became)s messages %(comparison)s %(n)s times %(window)s")
        ) % words
        return text + (f" ({channels[data['channel']].label})" if data["channel"] else "")


class Consented(Condition):
    """What was stated last counts; where nothing was stated, service is allowed and marketing is as
    the channel says."""

    key, label, reads = "consented", gettext_lazy("Consent"), frozenset({"consent"})
    permission = "customers.view_consent"
    help = gettext_lazy("What somebody has allowed or refused.")

    channel = forms.ChoiceField(label=gettext_lazy("channel"), choices=channel_choices)
    purpose = forms.ChoiceField(
        label=gettext_lazy("purpose"),
        choices=Purpose.choices,
        initial=Purpose.MARKETING,
        required=False,
    )

    def clean_purpose(self):
        return self.cleaned_data["purpose"] or Purpose.MARKETING

    def customers(self, *, now, among):
        data = self.cleaned_data
        return allowed(data["channel"], data["purpose"], among)

    def evidence(self, customer, *, now):
        """What was stated last."""
        stated = Consent.objects.filter(
            customer=customer, **{name: self.cleaned_data[name] for name in ("channel", "purpose")}
        )
        words = {True: pgettext("consent", "allowed"), False: pgettext("consent", "refused")}
        return [
            Evidence(words[one.is_granted], one.occurred_at, page_of(one))
            for one in stated.order_by("-occurred_at", "-pk")[:1]
        ]

    def words(self) -> dict:
        return {
            "channel": channels[self.cleaned_data["channel"]].label,
            "purpose": Purpose(self.cleaned_data["purpose"]).label,
        }

    def sentence(self):
        return _("allows %(purpose)s (%(channel)s)") % self.words()


class Reachable(Consented):
    """Allows it, is not suppressed, and has an address there: what the rules of sending ask, apart
    from the hour and the caps."""

    key, label = "reachable", gettext_lazy("Reachable on a channel")
    help = gettext_lazy(
        "Can be written to on a channel now: allowed, not suppressed, address known."
    )
    reads = frozenset({"consent", "identity", "suppression"})

    def customers(self, *, now, among):
        channel, purpose = (self.cleaned_data[name] for name in ("channel", "purpose"))
        willing = super().customers(now=now, among=among)
        return channels[channel]().reached(willing - silenced(channel, purpose, willing))

    def evidence(self, customer, *, now):
        """What was stated, what silences the channel, and whether there is an address."""
        silent = Suppression.objects.in_force().filter(
            customer=customer,
            channel=self.cleaned_data["channel"],
            purpose__in=["", self.cleaned_data["purpose"]],
        )
        found = [
            Evidence(
                _("suppressed: %(reason)s") % {"reason": reasons.word(one.reason)},
                one.at,
                page_of(one),
            )
            for one in silent[:MOST_EVIDENCE]
        ]
        if not channels[self.cleaned_data["channel"]]().reached(BitMap([customer.pk])):
            found.append(Evidence(_("no address there")))
        return super().evidence(customer, now=now) + found

    def sentence(self):
        return _("can be reached now for %(purpose)s (%(channel)s)") % self.words()
