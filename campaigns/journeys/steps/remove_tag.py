from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Step
from customers.models import Tag


class RemoveTag(Step):
    """Whoever carries the tag loses it; a tag that a rule gives meanwhile is left to the rule."""

    key, label = "remove_tag", gettext_lazy("Take off a tag")

    tag = RowField(label=gettext_lazy("tag"), queryset=Tag.objects.order_by("group__name", "name"))

    def run(self, runs, *, now, effects):
        refused = effects.take_tag(self.cleaned_data["tag"], runs)
        return {run.pk: Go(note=refused.get(run.pk, "")) for run in runs}

    def sentence(self):
        return _("take off the tag “%(name)s”") % {"name": self.cleaned_data["tag"].name}
