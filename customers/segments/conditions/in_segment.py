"""In another segment (which is put in its place, so that it is never staler than the rest) or on a list by hand."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.models import Segment
from customers.segments.conditions.base import Condition, asked


class InSegment(Condition):
    key, label = "in_segment", gettext_lazy("In a segment")
    help = gettext_lazy("Is in another segment or list, or is not.")

    segment = forms.ModelChoiceField(label=gettext_lazy("segment"), queryset=Segment.objects.order_by("name"))
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
        tree = {"condition": "in_list", "list": segment.pk} if segment.kind == Segment.Kind.LIST else segment.definition
        return {"op": "none" if self.cleaned_data["membership"] == "out" else "all", "of": [tree]}

    def sentence(self):
        words = _("is not in “%(name)s”") if self.cleaned_data["membership"] == "out" else _("is in “%(name)s”")
        return words % {"name": self.cleaned_data["segment"].name}


class InList(Condition):
    """What a list by hand is made of; not offered by itself."""

    key, label, reads, is_offered = "in_list", gettext_lazy("On a list"), frozenset({"list"}), False

    list = forms.IntegerField(label=gettext_lazy("list"))

    def customers(self, *, now, among):
        return asked(
            "SELECT customer_id FROM customers_listmember WHERE segment_id = %(list)s {among}",
            {"list": self.cleaned_data["list"]},
            among=among,
        )

    def sentence(self):
        return _("is on the list")
