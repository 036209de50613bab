"""Those who got a message of a campaign or a journey between two moments: whom a mistake has
reached, and who are told so."""

from datetime import UTC, datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery.channels import named
from campaigns.models import Campaign, Journey, Message
from crm_project.templatetags.hutong import page_of
from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, asked
from customers.workspace.moments import LocalMomentField, moment

BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
# With the provider, or with nobody knows what answer: it may well have arrived.
LEFT = "sent_at IS NOT NULL AND NOT is_test AND state <> 'failed'"


def at_field(label) -> LocalMomentField:
    return LocalMomentField(
        label=label, required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )


class WasTold(Condition):
    """A message of it left for them, and did not fail."""

    key, label, reads = "was_told", gettext_lazy("Got a message of"), frozenset({"message"})
    permission = "campaigns.view_message"
    help = gettext_lazy("Exactly those to whom a campaign or journey wrote between two moments.")

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
    since = at_field(gettext_lazy("from"))
    until = at_field(gettext_lazy("until"))

    def clean(self):
        data = super().clean()
        if data.get("campaign") and data.get("journey"):
            raise ValidationError(
                {"journey": _("A message is of a campaign or of a journey: choose one of them.")}
            )
        first, last = (data.get(name) and moment(data[name]) for name in ("since", "until"))
        if first and last and last < first:
            raise ValidationError({"until": _("The end lies before the beginning.")})
        return data

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        data = self.cleaned_data
        first = moment(data["since"]) if data["since"] else BEGINNING
        return first, min(now, moment(data["until"]) if data["until"] else END)

    def where(self, now: datetime) -> tuple[str, dict]:
        data, (first, last) = self.cleaned_data, self.bounds(now)
        sql = f"{LEFT} AND sent_at BETWEEN %(first)s AND %(last)s"
        params: dict[str, object] = {"first": first, "last": last}
        for name in ("campaign", "journey"):
            if data[name]:
                sql += f" AND {name}_id = %({name})s"
                params[name] = data[name].pk
        return sql, params

    def customers(self, *, now, among):
        where, params = self.where(now)
        return asked(
            f"SELECT DISTINCT customer_id FROM campaigns_message WHERE {where} {{among}}",  # noqa: S608
            params,
            among=among,
        )

    def touched_by_time(self, *, since, until):
        """Whose message is said to have left in what was the future."""
        return asked(
            "SELECT customer_id FROM campaigns_message WHERE sent_at > %(since)s AND sent_at <="
            " %(until)s",
            {"since": since, "until": until},
        )

    def evidence(self, customer, *, now):
        data = self.cleaned_data
        found = Message.objects.filter(
            customer_id=customer.pk, is_test=False, sent_at__range=self.bounds(now)
        ).exclude(state=Message.State.FAILED)
        found = found.filter(
            **{f"{name}_id": data[name].pk for name in ("campaign", "journey") if data[name]}
        )
        return [
            Evidence(named(one.channel), one.sent_at, page_of(one))
            for one in found.order_by("-sent_at")[:MOST_EVIDENCE]
        ]

    def sentence(self):
        data = self.cleaned_data
        of = data["campaign"] or data["journey"]
        text = _("got a message of “%(of)s”") % {"of": of} if of else _("got a message")
        words = {"since": _("from %(moment)s"), "until": _("until %(moment)s")}
        for name, said in words.items():
            if data[name]:
                at = date_format(localtime(moment(data[name])), "SHORT_DATETIME_FORMAT")
                text += " " + said % {"moment": at}
        return text
