"""Many customers are assigned to somebody, or to a store."""

from collections import Counter
from datetime import datetime

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.admin.themed_forms import Form as BaseForm
from crm_project.jobs.models import Job
from customers.bulk.acts import Refused, said
from customers.bulk.customers import AS_BEFORE, OnCustomers
from customers.models import Store
from customers.owners import assigning
from customers.owners.forms import AssignForm


class AssignTo(OnCustomers):
    key, label, icon = "assign", gettext_lazy("Assign to"), "assignment_ind"
    permission = "customers.add_owner"

    class Form(AssignForm, BaseForm):
        pass

    def params(self, form) -> dict:
        said = form.cleaned_data
        return {name: said[name] and said[name].pk for name in ("staff", "store")}

    def carry_out(self, job: Job, rows: list, admin, now: datetime) -> Counter:
        staff = one(get_user_model(), said(job)["staff"])
        store = one(Store, said(job)["store"])
        whom = [row.pk for row in rows]
        changed = assigning.assign(whom, staff=staff, store=store, by=job.by, now=now)
        return Counter({"": changed, AS_BEFORE: len(rows) - changed})


def one(model, pk):
    if pk is None:
        return None
    found = model.objects.filter(pk=pk).first()
    if found is None:
        raise Refused(_("What was chosen is gone."))
    return found
