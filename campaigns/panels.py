"""What this room shows on the customer's page: what we sent and gave, and why."""

from django.utils.translation import gettext_lazy as _

from campaigns.delivery import reasons
from campaigns.delivery.channels import headline
from campaigns.models import Coupon, Message, Run
from customers.profile import Panel

LAST = 50


class Coupons(Panel):
    key, label, template = "coupons", _("Coupons"), "campaigns/panels/coupons.html"

    def context(self, customer):
        return {
            "coupons": Coupon.objects.filter(customer=customer).defer("code").select_related("batch").order_by("-issued_at", "-pk")[:LAST]
        }


class Messages(Panel):
    key, label, template = "messages", _("Messages"), "campaigns/panels/messages.html"

    def context(self, customer):
        sent = list(Message.objects.filter(customer=customer).order_by("-created_at", "-pk")[:LAST])
        for message in sent:
            message.title = headline(message.channel, message.content)
            message.why_not = reasons.word(message.reason)
        return {"sent": sent}


class Runs(Panel):
    key, label, template = "runs", _("Journeys"), "campaigns/panels/runs.html"

    def context(self, customer):
        return {"runs": Run.objects.filter(customer=customer).select_related("journey").order_by("-entered_at", "-pk")[:LAST]}
