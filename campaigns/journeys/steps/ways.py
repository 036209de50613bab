"""Ways of a step's own: `w1` to `w5`, each with a label that is a field, so that renaming one
changes nothing else."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.base import Step

MOST_WAYS = 5
WAYS = tuple(f"w{n}" for n in range(1, MOST_WAYS + 1))


class WithWays(Step):
    """Base class. A way is there when the field `<way>_<by>` is filled in; exits are known also of
    a draft that is wrong elsewhere."""

    by = ""

    @property
    def ways(self) -> list[str]:
        return [way for way in WAYS if self.said(f"{way}_{self.by}") not in (None, "", {})]

    @property
    def exits(self) -> dict[str, str]:
        return {way: self.label_of(way) for way in self.ways}

    def label_of(self, way: str) -> str:
        label = self.said(f"{way}_label")
        return (
            label if isinstance(label, str) and label.strip() else _("way %(n)s") % {"n": way[1:]}
        )

    def said(self, name: str):
        """What the field holds: checked, else as it was typed, else as it begins."""
        if not self.is_bound:
            return self.get_initial_for_field(self.fields[name], name)
        checked = getattr(self, "cleaned_data", {})
        return checked[name] if name in checked else self[name].data


def label_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("name of the way"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Stands in the picture and in the numbers."),
    )
