"""What waits for approval: looked at beside what was approved before, and decided."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import Days, ModelAdmin, ReadOnly, act, state
from crm_project.queue.due import database_now
from customers.approval import deciding
from customers.approval.differences import lines
from customers.approval.kinds import Kind, Refused, kinds
from customers.models import Approval

State = Approval.State
COLOURS = {
    State.REQUESTED: "warning",
    State.APPROVED: "success",
    State.REJECTED: "danger",
    State.USED: "info",
}
MOST_NOTE = 1000


@admin.register(Approval)
class ApprovalAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "name",
        "kind_label",
        "state_label",
        "requested_by",
        "requested_at",
        "decided_by",
        "decided_at",
    )
    list_filter = ("state", ("requested_at", Days))
    search_fields = ("name",)
    list_select_related = ("requested_by", "decided_by")
    ordering = ("-pk",)
    fields = (
        ("name", "kind_label"),
        ("requested_by", "requested_at"),
        ("decided_by", "decided_at"),
        ("used_at", "note"),
    )
    readonly_fields = ("kind_label",)
    list_top = "customers/approval/list_top.html"
    panels_above = ("customers/approval/page.html",)
    acts = ("approve", "reject", "withdraw")

    state_label = state(COLOURS, "state", _("state"))

    @display(description=_("what"))
    def kind_label(self, row):
        return kinds[row.kind].label if row.kind in kinds else row.kind

    def get_queryset(self, request):
        return super().get_queryset(request) & deciding.visible(request.user)

    def changelist_view(self, request, extra_context=None):
        number = deciding.waiting_for(request.user).count()
        return super().changelist_view(
            request, {"waiting": number, "state": State.REQUESTED, **(extra_context or {})}
        )

    def may_act(self, request):
        """Who asked may withdraw, without the right to decide."""
        return self.has_view_permission(request)

    def acts_on(self, request, row):
        """Approve and reject for who may decide this, withdraw for who asked."""
        if row.state != State.REQUESTED:
            return []
        names = set()
        if deciding.waiting_for(request.user).filter(pk=row.pk).exists():
            names |= {"approve", "reject"}
        if row.requested_by_id == request.user.pk:
            names.add("withdraw")
        return [one for one in super().acts_on(request, row) if one.name in names]

    def page_context(self, request, row):
        kind = kinds[row.kind]
        model = f"{kind.model._meta.app_label}_{kind.model._meta.model_name}"
        return {
            "lines": lines(row),
            "earlier": deciding.approved_before(row),
            "address": reverse(f"admin:{model}_change", args=[row.object_id]),
            "decisions": self.acts_on(request, row),
            "acts": [],  # the panel shows them, with a note
            "most_note": MOST_NOTE,
        }

    @act(_("Approve"), icon="done", style="primary", refusals=(Refused,))
    def approve(self, request, row):
        deciding.approve(row, by=request.user, now=database_now(), note=note(request))
        self.message_user(request, _("Approved: it may be carried out as it is now, once."))

    @act(_("Reject"), icon="close", style="danger", refusals=(Refused,))
    def reject(self, request, row):
        deciding.reject(row, by=request.user, now=database_now(), note=note(request))
        self.message_user(request, _("Rejected."))

    @act(_("Withdraw"), icon="undo", refusals=(Refused,))
    def withdraw(self, request, row):
        deciding.withdraw(row, by=request.user, now=database_now())
        self.message_user(request, _("Withdrawn."))


def note(request) -> str:
    return request.POST.get("note", "").replace("\x00", "").strip()[:MOST_NOTE]


class AsksApproval:
    """Of a ModelAdmin: the act that may need approval is offered once it has it, and until then
    asking for it is."""

    approval_kind: type[Kind]
    approved_act = ""

    @act(_("Ask for approval"), icon="approval", style="primary", refusals=(Refused,))
    def ask_approval(self, request, row):
        deciding.ask(self.approval_kind(), row, by=request.user, now=database_now())
        self.message_user(request, _("Somebody else is asked to look at it as it is now."))

    def acts_on(self, request, row):
        found = super().acts_on(request, row)
        if not any(one.name == self.approved_act for one in found):
            return [one for one in found if one.name != "ask_approval"]
        hidden = HIDDEN[deciding.standing(self.approval_kind(), row)]
        names = {"ask": "ask_approval", "act": self.approved_act}
        return [one for one in found if one.name not in {names[part] for part in hidden}]


# Which of the two is not offered, by how the approval stands.
HIDDEN = {
    "": {"ask"},
    "ask": {"act"},
    State.REQUESTED: {"ask", "act"},
    State.APPROVED: {"ask"},
}
