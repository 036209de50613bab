"""Conditions about what people have allowed to be sent in WeChat."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, Rows
from integrations.models import Grant, SubscribeTemplate

MOST = 1000


class Grants(Condition):
    """So many messages may still be sent, or any number (a long-term template)."""

    key, label = "grants", gettext_lazy("May be sent WeChat messages")
    reads, permission = frozenset({"grant"}), "integrations.view_grant"
    help = gettext_lazy("Has subscribed to so many messages that were not sent yet.")

    template = forms.ModelChoiceField(
        label=gettext_lazy("template"),
        queryset=SubscribeTemplate.objects.order_by("title", "key"),
        required=False,
        empty_label=gettext_lazy("any template"),
    )
    n = forms.IntegerField(
        label=gettext_lazy("at least so many messages"),
        min_value=1,
        max_value=MOST,
        initial=1,
        required=False,
    )

    def clean_n(self):
        return self.cleaned_data["n"] or 1

    def rows(self, now):
        return Rows("integrations_grant", frozenset({"template_id", "state", "is_lasting"}))

    def customers(self, *, now, among):
        one = self.cleaned_data["template"]
        only = "AND template_id = %(template)s" if one else ""
        return self.asked(
            f"SELECT customer_id FROM integrations_grant WHERE state = 'free' {only} {{among}}"  # noqa: S608
            " GROUP BY customer_id HAVING bool_or(is_lasting) OR count(*) >= %(n)s",
            {"template": one and one.pk, "n": self.cleaned_data["n"]},
            now=now,
            among=among,
        )

    def evidence(self, customer, *, now):
        one = self.cleaned_data["template"]
        theirs = Grant.objects.filter(customer=customer, state=Grant.State.FREE)
        theirs = theirs.filter(Q(template=one) if one else Q()).select_related("template")
        return [
            Evidence(str(row.template), row.accepted_at)
            for row in theirs.order_by("-accepted_at", "-pk")[:MOST_EVIDENCE]
        ]

    def sentence(self):
        words = {"n": self.cleaned_data["n"], "template": self.cleaned_data["template"]}
        if words["template"]:
            return _("may be sent at least %(n)s WeChat messages “%(template)s”") % words
        return _("may be sent at least %(n)s WeChat messages") % words
