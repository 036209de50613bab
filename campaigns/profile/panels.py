"""What this room shows on the customer's page: what we sent and gave, and why."""

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from campaigns.delivery import reasons
from campaigns.delivery.channels import headline, in_words, named
from campaigns.journeys import telling
from campaigns.models import Campaign, Coupon, Journey, Message, Run, Suppression
from customers.models import Consent
from customers.profile.panel import Panel

LAST = 50
MOST_CAMPAIGNS = 100


class Consents(Panel):
    key, label, template = "consents", _("Consents"), "campaigns/panels/consents.html"

    def context(self, customer):
        stated = Consent.objects.filter(customer=customer).order_by(
            "channel", "purpose", "-occurred_at", "-pk"
        )
        silent = Suppression.objects.in_force().filter(customer=customer).order_by("channel")
        return {
            "consents": [
                (one, named(one.channel)) for one in stated.distinct("channel", "purpose")
            ],
            "suppressions": [(one, named(one.channel), reasons.word(one.reason)) for one in silent],
        }


class Coupons(Panel):
    key, label, template = "coupons", _("Coupons"), "campaigns/panels/coupons.html"
    is_lazy, permission = True, "campaigns.view_coupon"

    def context(self, customer):
        return {
            "coupons": (
                Coupon.objects.filter(customer=customer)
                .exclude(state=Coupon.State.WITHDRAWN)
                .defer("code")
                .select_related("batch")
                .order_by("-issued_at", "-pk")[:LAST]
            )
        }


class Messages(Panel):
    """What they were sent, as it was sent, or why it was not; and who wanted it sent."""

    key, label, template = "messages", _("Messages"), "campaigns/panels/messages.html"
    is_lazy, permission = True, "campaigns.view_message"

    def context(self, customer):
        wanted_by = {
            "campaign": Subquery(
                Campaign.objects.filter(pk=OuterRef("campaign_id")).values("name")
            ),
            "journey": Subquery(Journey.objects.filter(pk=OuterRef("journey_id")).values("name")),
        }
        sent = list(
            Message.objects.filter(customer=customer)
            .annotate(**wanted_by)
            .order_by("-created_at", "-pk")[:LAST]
        )
        for message in sent:
            message.title = headline(message.channel, message.content)
            message.text = in_words(message.channel, message.content)
            message.channel_label = named(message.channel)
            message.why_not = reasons.word(message.reason)
        asked = self.user.has_perm("campaigns.view_campaign")
        newest = Campaign.objects.only("name").order_by("-pk")[:MOST_CAMPAIGNS] if asked else []
        return {"sent": sent, "campaigns": newest, "customer": customer.pk}


class Runs(Panel):
    """The journeys they are in or were in, and where they stand."""

    key, label, template = "runs", _("Journeys"), "campaigns/panels/runs.html"
    is_lazy, permission = True, "campaigns.view_run"

    def context(self, customer):
        runs = list(
            Run.objects.filter(customer=customer)
            .select_related("journey")
            .order_by("-entered_at", "-pk")[:LAST]
        )
        for run in runs:
            run.position = (
                telling.position(run.version_id, run.step) if run.state == Run.State.ACTIVE else ""
            )
            run.why_ended = (
                telling.outcome(run.version_id, run.outcome)
                if run.state == Run.State.EXITED
                else ""
            )
        return {"runs": runs}
