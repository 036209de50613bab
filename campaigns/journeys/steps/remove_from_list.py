from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Step
from customers.models import Segment


class RemoveFromList(Step):
    """The customer is on the list no more."""

    key, label = "remove_from_list", gettext_lazy("Take off a list")

    segment = RowField(
        label=gettext_lazy("list"),
        queryset=Segment.objects.filter(kind=Segment.Kind.LIST).order_by("name"),
    )

    def run(self, runs, *, now, effects):
        effects.take_off_list(self.cleaned_data["segment"], runs)
        return {run.pk: Go() for run in runs}

    def sentence(self):
        return _("take off the list “%(name)s”") % {"name": self.cleaned_data["segment"].name}
