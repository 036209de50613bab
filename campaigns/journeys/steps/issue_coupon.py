from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Step
from campaigns.models import CouponBatch


class IssueCoupon(Step):
    """A coupon of a batch, once per run and visit; later messages of the run may show it."""

    key, label = "issue_coupon", gettext_lazy("Issue a coupon")
    exits = {"next": gettext_lazy("issued"), "none": gettext_lazy("none left, or has had enough")}
    if_skipped = "none"

    batch = RowField(label=gettext_lazy("batch"), queryset=CouponBatch.objects.order_by("name"))

    def run(self, runs, *, now, effects):
        refused = effects.issue_coupons(self.cleaned_data["batch"], runs)
        return {run.pk: Go("none", refused[run.pk]) if run.pk in refused else Go() for run in runs}

    def gives(self, way):
        return frozenset({"coupon"}) if way == "next" else frozenset()

    def is_marketing(self):
        return True

    def sentence(self):
        return _("issue a coupon “%(name)s”") % {"name": self.cleaned_data["batch"].name}
