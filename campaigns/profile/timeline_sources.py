"""What this room tells of a customer's story: what they agreed to, were sent and given, and why."""

from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Left
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery import content, reasons
from campaigns.delivery.channels import in_words, named
from campaigns.models import Campaign, CouponMove, Journey, Message, Run
from customers.models import Consent, Purpose
from customers.profile.timeline import Entry, TimelineSource

LONGEST = 300
State = Message.State


class Messages(TimelineSource):
    key, label, icon = "messages", gettext_lazy("Messages"), "chat"
    permission = "campaigns.view_message"
    moment = "created_at"
    facts = {
        "id": "pk",
        "channel": "channel",
        "state": "state",
        "reason": "reason",
        "title": Left(Coalesce(KT("content__title"), KT("content__subject")), LONGEST),
        "body": Left(KT("content__body"), LONGEST),
        # of a letter in blocks, whose words stand in them
        "blocks": Case(
            When(Q(content__has_key="blocks") & ~Q(content__blocks=""), then=F("content"))
        ),
        "campaign": Subquery(Campaign.objects.filter(pk=OuterRef("campaign_id")).values("name")),
        "journey": Subquery(Journey.objects.filter(pk=OuterRef("journey_id")).values("name")),
        "opened": "opened_at",
        "clicked": "clicked_at",
    }
    searched = ("content__icontains",)
    TONES = {
        State.SENT: "good",
        State.FAILED: "bad",
        State.UNKNOWN: "warning",
        State.SKIPPED: "warning",
    }

    def rows(self, customer):
        return Message.objects.filter(customer=customer)

    def entry(self, facts):
        title = content.readable(facts["title"] or "") or _("Message")
        state = (
            _("clicked")
            if facts["clicked"]
            else _("opened")
            if facts["opened"]
            else str(State(facts["state"]).label)
        )
        why = facts["journey"] or facts["campaign"]
        return Entry(
            title,
            text=in_words(facts["channel"], facts["blocks"])[:LONGEST]
            if facts["blocks"]
            else content.readable(facts["body"] or ""),
            details=tuple(
                filter(
                    None,
                    [
                        named(facts["channel"]),
                        why,
                        facts["reason"] and str(reasons.word(facts["reason"])),
                    ],
                )
            ),
            state=state,
            tone=self.TONES.get(facts["state"], ""),
            url=reverse("admin:campaigns_message_change", args=[facts["id"]]),
        )


class Consents(TimelineSource):
    key, label, icon = "consents", gettext_lazy("Consents"), "how_to_reg"
    moment = "occurred_at"
    facts = {
        "channel": "channel",
        "purpose": "purpose",
        "granted": "is_granted",
        "version": "version",
        "proof": "proof",
    }
    searched = ("channel__icontains",)

    def rows(self, customer):
        return Consent.objects.filter(customer=customer)

    def entry(self, facts):
        words = {"channel": named(facts["channel"]), "purpose": Purpose(facts["purpose"]).label}
        title = (
            _("Agreed to %(purpose)s by %(channel)s")
            if facts["granted"]
            else _("Wants no %(purpose)s by %(channel)s")
        )
        return Entry(
            title % words,
            details=tuple(filter(None, [facts["version"], facts["proof"]])),
            tone="good" if facts["granted"] else "bad",
        )


class Coupons(TimelineSource):
    """Every move of every coupon."""

    key, label, icon = "coupons", gettext_lazy("Coupons"), "redeem"
    permission = "campaigns.view_coupon"
    facts = {
        "coupon": "coupon_id",
        "batch": "coupon__batch__name",
        "state": "state",
        "order": "order_number",
        "amount": "amount_fen",
        "by": "by",
    }
    searched = ("coupon__batch__name__icontains", "order_number__icontains")
    TONES = {"redeemed": "good", "expired": "warning", "revoked": "bad", "void": "bad"}

    def rows(self, customer):
        return CouponMove.objects.filter(coupon__customer=customer)

    def entry(self, facts):
        order = (_("order %(number)s") % {"number": facts["order"]},) if facts["order"] else ()
        return Entry(
            _("Coupon “%(name)s”") % {"name": facts["batch"]},
            details=order,
            state=str(CouponMove(state=facts["state"]).get_state_display()),
            tone=self.TONES.get(facts["state"], ""),
            amount_fen=facts["amount"] or None,
            url=reverse("admin:campaigns_coupon_change", args=[facts["coupon"]]),
            by=facts["by"] if ":" not in facts["by"] else "",
        )


class Runs(TimelineSource):
    key, label, icon = "runs", gettext_lazy("Journeys"), "route"
    permission = "campaigns.view_run"
    moment = "entered_at"
    facts = {"id": "pk", "journey": F("journey__name"), "state": "state", "held_out": "is_held_out"}
    searched = ("journey__name__icontains",)
    TONES = {Run.State.COMPLETED: "good", Run.State.EXITED: "warning"}

    def rows(self, customer):
        return Run.objects.filter(customer=customer)

    def entry(self, facts):
        return Entry(
            _("Entered the journey “%(name)s”") % {"name": facts["journey"]},
            details=(_("held out"),) if facts["held_out"] else (),
            state=str(Run.State(facts["state"]).label),
            tone=self.TONES.get(facts["state"], ""),
            url=reverse("admin:campaigns_run_change", args=[facts["id"]]),
        )
