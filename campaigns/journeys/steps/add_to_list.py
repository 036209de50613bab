from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Step
from customers.models import Segment


class AddToList(Step):
    """The customer is on the list from here on."""

    key, label = "add_to_list", gettext_lazy("Put on a list")

    segment = RowField(
        label=gettext_lazy("list"),
        queryset=Segment.objects.filter(kind=Segment.Kind.LIST).order_by("name"),
    )

    def run(self, runs, *, now, effects):
        effects.put_on_list(self.cleaned_data["segment"], runs)
        return {run.pk: Go() for run in runs}

    def sentence(self):
        return _("put on the list “%(name)s”") % {"name": self.cleaned_data["segment"].name}
