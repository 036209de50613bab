"""In another segment (which is put in its place, so that it is never staler than the rest) or on a
list by hand."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm_project.templatetags.hutong import page_of
from customers.models import ListMember, Segment
from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, asked


class InSegment(Condition):
    key, label = "in_segment", gettext_lazy("In a segment")
    permission = "customers.view_customer"
    help = gettext_lazy("Is in another segment or list, or is not.")

    segment = forms.ModelChoiceField(
        label=gettext_lazy("segment"), queryset=Segment.objects.order_by("name")
    )
    membership = forms.ChoiceField(
        label=pgettext_lazy("condition", "membership"),
        choices=[("in", gettext_lazy("is in")), ("out", gettext_lazy("is not in"))],
        initial="in",
        required=False,
    )

    @property
    def names_segment(self) -> int:
        return self.cleaned_data["segment"].pk

    def follows(self):
        return [self.cleaned_data["segment"]]

    def expand(self):
        segment = self.cleaned_data["segment"]
        tree = (
            {"condition": "in_list", "list": segment.pk}
            if segment.kind == Segment.Kind.LIST
            else segment.definition
        )
        return {"op": "none" if self.cleaned_data["membership"] == "out" else "all", "of": [tree]}

    def sentence(self):
        words = (
            _("is not in “%(name)s”")
            if self.cleaned_data["membership"] == "out"
            else _("is in “%(name)s”")
        )
        return words % {"name": self.cleaned_data["segment"].name}


class InList(Condition):
    """What a list by hand is made of; not offered by itself."""

    key, label, reads, is_offered = "in_list", gettext_lazy("On a list"), frozenset({"list"}), False
    permission = "customers.view_listmember"

    list = forms.IntegerField(label=gettext_lazy("list"), min_value=0, max_value=2**31 - 1)

    def customers(self, *, now, among):
        return asked(
            "SELECT customer_id FROM customers_listmember WHERE segment_id = %(list)s {among}",
            {"list": self.cleaned_data["list"]},
            among=among,
        )

    def evidence(self, customer, *, now):
        put = ListMember.objects.filter(
            customer=customer, segment=self.cleaned_data["list"]
        ).select_related("segment")
        return [
            Evidence(str(one.segment), one.since, page_of(one.segment))
            for one in put[:MOST_EVIDENCE]
        ]

    def sentence(self):
        return _("is on the list")
