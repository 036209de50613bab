"""The seam: an act is one class here or above and one line in CRM_BULK_ACTS."""

from collections import Counter
from datetime import datetime, timedelta

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from crm_project.admin.themed_forms import Form
from crm_project.jobs.kinds import KEPT, Refused
from crm_project.jobs.models import Job
from crm_project.registry import Registry

__all__ = ["Act", "Refused", "StartForm", "acts", "offered", "said"]


class StartForm(Form):
    """Whether an act on many sets something in motion; else it is history
    (crm_project/queue/lanes.py)."""

    starts_journeys = forms.BooleanField(
        label=_("also start journeys for whoever enters or leaves a segment by this"),
        required=False,
        help_text=_("Otherwise they are counted, and nobody is written to because of it."),
    )


class Act:
    """`Form` asks what must be said beforehand; its cleaned data, as JSON, is what was `said`."""

    key = ""
    label = ""
    icon = "playlist_add_check"
    lists: tuple[str, ...] = ()  # "app.model"; empty: every list
    permission = ""
    needs_reason = False
    moves_customers = (
        False  # into segments and out of them: whoever begins it says whether journeys start
    )
    is_confirmed = False  # asks once more who is there (crm_project/login/step_up.py)
    do_not_call_in_templates = True

    class Form(Form):
        pass

    def form(self, user, data=None) -> forms.Form:
        """What this user has to say."""
        return self.Form(data)

    def form_for(self, user, list_admin, data=None) -> forms.Form:
        """The same for rows of this list."""
        return self.form(user, data)

    def kept(self, job: Job) -> timedelta:
        """How long its files are there once it is over."""
        return KEPT

    def audited(self, job: Job) -> dict:
        """More of what the audit log says of its beginning: nothing that is personal."""
        return {}

    def params(self, form: forms.Form) -> dict:
        return dict(form.cleaned_data)

    def carry_out(self, job: Job, rows: list, admin, now: datetime) -> Counter:
        """What became of these rows: "" for done, else the reason why one was skipped. In the
        transaction that moves the job on, and perhaps again with fewer (RowsKind.carry_out)."""
        raise NotImplementedError

    def finish(self, job: Job, admin, now: datetime) -> None:
        """All rows were worked through."""

    def gives(self, job: Job) -> Model | None:
        """The tag, list or coupon batch that it is about, while there is one."""
        return None

    def words(self, reason: str) -> str:
        """A reason as people read it."""
        return reason


acts: Registry["Act"] = Registry("CRM_BULK_ACTS", "customers.bulk.acts.Act")


def said(job: Job) -> dict:
    """What whoever began the job said beforehand."""
    return job.params["said"]


def offered(user, label: str) -> list[type[Act]]:
    """What this user may do to all rows of this list."""
    return [
        act
        for act in acts
        if (not act.lists or label in act.lists) and user.has_perm(act.permission)
    ]
