"""Tag: what somebody or some rule has put on a customer, while it is valid."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from pyroaring import BitMap

from crm_project.templatetags.hutong import page_of
from customers.models import CustomerTag, Tag
from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, Rows, asked
from customers.segments.conditions.fields import UNITS, before, span

MODES = {
    "any": gettext_lazy("any of"),
    "all": gettext_lazy("all of"),
    "none": gettext_lazy("none of"),
}
SINCE = {
    "ever": gettext_lazy("whenever it was put on"),
    "last": gettext_lazy("put on within the last"),
    "ago": gettext_lazy("put on at least so long ago"),
}


class Tagged(Condition):
    """A tag counts from when it was first put on; that of a merged customer from the earlier of the
    two."""

    key, label, reads = "tag", gettext_lazy("Tag"), frozenset({"tag"})
    permission = "customers.view_customer"
    help = gettext_lazy("Wears any, all or none of some tags, perhaps since a certain time.")

    mode = forms.ChoiceField(label=gettext_lazy("has"), choices=list(MODES.items()), initial="any")
    tags = forms.ModelMultipleChoiceField(
        label=gettext_lazy("tags"), queryset=Tag.objects.order_by("group__name", "name")
    )
    since = forms.ChoiceField(
        label=gettext_lazy("when"), choices=list(SINCE.items()), initial="ever", required=False
    )
    since_n = forms.IntegerField(
        label=pgettext_lazy("how many", "number"), min_value=1, max_value=100_000, required=False
    )
    since_unit = forms.ChoiceField(
        label=gettext_lazy("unit"), choices=UNITS, initial="days", required=False
    )

    shown_if = {"since_n": "since=last|ago", "since_unit": "since=last|ago"}

    def clean(self):
        data = super().clean()
        data["since"], data["since_unit"] = (
            data.get("since") or "ever",
            data.get("since_unit") or "days",
        )
        if data["since"] != "ever" and not data.get("since_n"):
            raise ValidationError({"since_n": _("Say how many.")})
        return data

    def ids(self) -> list[int]:
        return sorted(tag.pk for tag in self.cleaned_data["tags"])

    def follows(self):
        return [
            tag.segment
            for tag in self.cleaned_data["tags"].select_related("segment")
            if tag.segment
        ]

    def bound(self, now):
        """The moment that tells tags put on lately from older ones."""
        return before(now, self.cleaned_data["since_n"], self.cleaned_data["since_unit"])

    def rows(self, now):
        return Rows(
            "customers_customertag",
            frozenset({"tag_id", "since", "expires_at"}),
            "tag_id",
            frozenset(self.ids()),
        )

    def customers(self, *, now, among):
        if self.cleaned_data["mode"] == "all":
            return BitMap.intersection(
                *(self.worn([tag], now=now, among=among) for tag in self.ids())
            )
        # Of a merged customer's two of a kind the earlier counts: when tags were put on is asked of
        # each by itself.
        kinds = (
            [self.ids()] if self.cleaned_data["since"] == "ever" else [[tag] for tag in self.ids()]
        )
        found = BitMap.union(*(self.worn(kind, now=now, among=among) for kind in kinds))
        return among - found if self.cleaned_data["mode"] == "none" else found

    def worn(self, tags: list[int], *, now, among) -> BitMap:
        """Who wears one of them, if it was first put on when it should have been."""
        if self.cleaned_data["since"] == "ever":
            return self.wearing(tags, "", now, now=now, among=among)
        bound = self.bound(now)
        if self.cleaned_data["since"] == "ago":
            return self.wearing(tags, "AND since <= %(at)s", bound, now=now, among=among)
        by_now = self.wearing(tags, "AND since <= %(at)s", now, now=now, among=among)
        return by_now - self.wearing(tags, "AND since < %(at)s", bound, now=now, among=among)

    def wearing(self, tags, also, at, *, now, among) -> BitMap:
        return self.asked(
            "SELECT customer_id FROM customers_customertag "  # noqa: S608 -- constants
            f"WHERE tag_id = ANY(%(tags)s) AND (expires_at IS NULL OR expires_at > %(now)s) {also}"
            " {among}",
            {"tags": tags, "now": now, "at": at},
            now=now,
            among=among,
        )

    def touched_by_time(self, *, since, until):
        expired = asked(
            "SELECT customer_id FROM customers_customertag WHERE tag_id = ANY(%(tags)s) AND"
            " expires_at > %(since)s AND expires_at <= %(until)s",
            {"tags": self.ids(), "since": since, "until": until},
        )
        return (
            expired if self.cleaned_data["since"] == "ever" else expired | self.aged(since, until)
        )

    def aged(self, since, until):
        """Whose tag was put on at a moment that the bound, or the clock itself, has passed."""
        first, last = sorted((self.bound(since), self.bound(until)))
        return asked(
            "SELECT customer_id FROM customers_customertag WHERE tag_id = ANY(%(tags)s) "
            "AND (since BETWEEN %(first)s AND %(last)s OR since > %(since)s AND since <="
            " %(until)s)",
            {"tags": self.ids(), "first": first, "last": last, "since": since, "until": until},
        )

    def evidence(self, customer, *, now):
        worn = (
            CustomerTag.objects.filter(customer=customer, tag__in=self.ids())
            .valid(now)
            .select_related("tag")
        )
        return [
            Evidence(str(one.tag), one.since, page_of(one.tag))
            for one in worn.order_by("-since")[:MOST_EVIDENCE]
        ]

    def sentence(self):
        names = ", ".join(tag.name for tag in self.cleaned_data["tags"])
        text = _("has %(mode)s the tags %(names)s") % {
            "mode": MODES[self.cleaned_data["mode"]],
            "names": names,
        }
        if self.cleaned_data["since"] == "ever":
            return text
        words = {"span": span(self.cleaned_data["since_n"], self.cleaned_data["since_unit"])}
        put_on = (
            _("put on within the last %(span)s")
            if self.cleaned_data["since"] == "last"
            else _("put on at least %(span)s ago")
        )
        return f"{text}, {put_on % words}"
