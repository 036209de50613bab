"""A coupon for each of many customers, given by hand; and many coupons taken back."""

from collections import Counter
from datetime import datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.coupons import issuing, settling
from campaigns.delivery import reasons
from campaigns.models import CouponBatch
from crm_project.admin.themed_forms import Form as BaseForm
from crm_project.jobs.models import Job
from customers.bulk.acts import Act, Refused, said
from customers.bulk.customers import OnCustomers

AT_ONCE = 1_000


class IssueCoupon(OnCustomers):
    """Stock, budget and the limit per customer hold; who gets none is accounted for with the
    reason."""

    key, label, icon = "coupon", gettext_lazy("Issue a coupon"), "redeem"
    permission = "campaigns.add_coupon"
    needs_reason = True

    class Form(BaseForm):
        batch = forms.ModelChoiceField(
            label=gettext_lazy("coupon batch"),
            queryset=CouponBatch.objects.filter(is_active=True).order_by("-pk"),
        )

    def params(self, form) -> dict:
        return {"batch": form.cleaned_data["batch"].pk}

    def gives(self, job):
        return CouponBatch.objects.filter(pk=said(job)["batch"]).first()

    def carry_out(self, job: Job, rows: list, admin, now: datetime) -> Counter:
        batch = self.gives(job)
        if batch is None:
            raise Refused(_("There is no such coupon batch."))
        wanted = [
            issuing.Wanted(row.pk, row.pk, f"job:{job.pk}:{row.pk}")
            for row in rows
            if row.merged_into_id is None
        ]
        found = Counter()
        for start in range(0, len(wanted), AT_ONCE):
            issued = issuing.issue(
                batch, wanted[start : start + AT_ONCE], by=f"user:{job.by}", now=now
            )
            found[""] += len(issued)
            found += Counter(issued.refusals.values())
        return found

    def words(self, reason: str) -> str:
        return str(reasons.COUPONS.get(reason, reason))


OVER = "over"


class RevokeCoupons(Act):
    """All coupons of a list that are not spent cannot be used any more."""

    key, label, icon = "revoke_coupons", gettext_lazy("Revoke"), "block"
    lists = ("campaigns.coupon",)
    permission = "campaigns.change_coupon"
    needs_reason = is_confirmed = True

    def carry_out(self, job: Job, rows: list, admin, now: datetime) -> Counter:
        revoked = settling.revoke([row.pk for row in rows], by=f"user:{job.by}", now=now)
        return Counter({"": revoked, OVER: len(rows) - revoked})

    def words(self, reason: str) -> str:
        return _("was used or over already") if reason == OVER else reason
