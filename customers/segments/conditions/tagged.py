"""Tag: what somebody or some rule has put on a customer, while it is valid."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Tag
from customers.segments.conditions.base import Condition, Rows, asked

MODES = {"any": gettext_lazy("any of"), "all": gettext_lazy("all of"), "none": gettext_lazy("none of")}


class Tagged(Condition):
    key, label, reads = "tag", gettext_lazy("Tag"), frozenset({"tag"})

    mode = forms.ChoiceField(label=gettext_lazy("has"), choices=list(MODES.items()), initial="any")
    tags = forms.ModelMultipleChoiceField(label=gettext_lazy("tags"), queryset=Tag.objects.order_by("group", "name"))

    def ids(self) -> list[int]:
        return sorted(tag.pk for tag in self.cleaned_data["tags"])

    def rows(self, now):
        return Rows("customers_customertag", frozenset({"tag_id", "expires_at"}), "tag_id", frozenset(self.ids()))

    def customers(self, *, now, among):
        needed = len(self.ids()) if self.cleaned_data["mode"] == "all" else 1
        found = self.asked(
            "SELECT customer_id FROM customers_customertag WHERE tag_id = ANY(%(tags)s) AND (expires_at IS NULL OR expires_at > %(now)s) {among} "
            "GROUP BY customer_id HAVING count(DISTINCT tag_id) >= %(needed)s",
            {"tags": self.ids(), "now": now, "needed": needed},
            now=now,
            among=among,
        )
        return among - found if self.cleaned_data["mode"] == "none" else found

    def touched_by_time(self, *, since, until):
        return asked(
            "SELECT customer_id FROM customers_customertag WHERE tag_id = ANY(%(tags)s) AND expires_at > %(since)s AND expires_at <= %(until)s",
            {"tags": self.ids(), "since": since, "until": until},
        )

    def sentence(self):
        names = ", ".join(tag.name for tag in self.cleaned_data["tags"])
        return _("has %(mode)s the tags %(names)s") % {"mode": MODES[self.cleaned_data["mode"]], "names": names}
