from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Step
from customers.models import Tag
from customers.models.tag import LONGEST_DAYS


class AddTag(Step):
    """The tag is carried from here on; a tag that a rule gives meanwhile is left to the rule."""

    key, label = "add_tag", gettext_lazy("Put on a tag")

    tag = RowField(label=gettext_lazy("tag"), queryset=Tag.objects.order_by("group__name", "name"))
    days = forms.IntegerField(
        label=gettext_lazy("for, days"),
        min_value=1,
        max_value=LONGEST_DAYS,
        required=False,
        help_text=gettext_lazy("Empty: as long as the tag itself says."),
    )

    def run(self, runs, *, now, effects):
        refused = effects.put_tag(self.cleaned_data["tag"], runs, days=self.cleaned_data["days"])
        return {run.pk: Go(note=refused.get(run.pk, "")) for run in runs}

    def sentence(self):
        words = {"name": self.cleaned_data["tag"].name, "days": self.cleaned_data["days"]}
        return (
            _("put on the tag “%(name)s” for %(days)d days")
            if self.cleaned_data["days"]
            else _("put on the tag “%(name)s”")
        ) % words
