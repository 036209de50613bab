"""Campaigns: one segment is told one thing; made here, launched here, accounted for here."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from campaigns.admin.content import filled_for_somebody
from campaigns.broadcasts import launching
from campaigns.broadcasts.approval import LaunchOfCampaign
from campaigns.delivery import costs, reasons
from campaigns.models import Campaign, Message
from crm_project.admin import Days, ModelAdmin, act, link, state
from crm_project.queue.due import database_now
from customers.admin.approvals import AsksApproval
from customers.approval.deciding import NotApproved
from customers.segments import catching_up, rights

Status = Campaign.Status
COLOURS = {
    Status.SCHEDULED: "info",
    Status.WAITING: "info",
    Status.SENDING: "info",
    Status.PAUSED: "warning",
    Status.DONE: "success",
    Status.CANCELLED: "danger",
}


def on_its_way(campaign: Campaign) -> str:
    """That it is under way, or when it will be."""
    if campaign.status != Status.SCHEDULED:
        return _("The campaign is under way.")
    starts = formats.date_format(timezone.localtime(campaign.due_at), "DATETIME_FORMAT")
    return _(
        "The campaign is scheduled: it begins on %(moment)s. It can be paused or cancelled until"
        " then."
    ) % {"moment": starts}


def is_in(*states):
    return lambda campaign: campaign.status in states


@admin.register(Campaign)
class CampaignAdmin(AsksApproval, ModelAdmin):
    when_empty = _("A campaign tells one segment one thing, now or at a time.")
    list_display = (
        "name",
        "status_label",
        "segment_link",
        "template_link",
        "audience",
        "starts_at",
        "launched_at",
    )
    list_filter = ("status", ("launched_at", Days))
    search_fields = ("name",)
    list_select_related = ("segment", "template")
    ordering = ("-pk",)
    autocomplete_fields = ("segment", "template", "coupon_batch")
    fieldsets = (
        (None, {"fields": ("name", ("segment", "template"), "coupon_batch", "starts_at")}),
    )
    panels_above = ("campaigns/campaign.html",)
    panels_below = ("campaigns/campaign_draft.html",)  # a draft is filled in first
    acts = ("launch", "ask_approval", "pause", "resume", "cancel")
    approval_kind, approved_act = LaunchOfCampaign, "launch"

    status_label = state(COLOURS, "status", _("status"))
    segment_link = link("segment", _("segment"))
    template_link = link("template", _("template"))

    def has_change_permission(self, request, obj=None):
        """What was launched is as it was launched."""
        return super().has_change_permission(request, obj) and (
            obj is None or obj.status == Status.DRAFT
        )

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.status == Status.DRAFT
        )

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "segment":
            kwargs["queryset"] = rights.usable()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def page_context(self, request, row):
        accounts = launching.accounts(row)
        labels = dict(Message.State.choices)
        content = row.content or row.template.content
        return {
            "targeted": rights.figure(accounts["targeted"]),
            "accounts": [
                (name, label, *rights.figure(accounts[name])) for name, label in labels.items()
            ],
            "reasons": [
                (labels[name], reasons.word(reason), rights.numbered(n))
                for name, found in launching.reasons(row).items()
                for reason, n in found.items()
            ],
            "cost": costs.of_campaign(row.pk),
            "size": rights.size(row.segment),
            "is_draft": row.status == Status.DRAFT,
            "waits": row.status == Status.WAITING,
            "trouble": (
                catching_up.trouble(row.segment)
                if row.audience is None and row.status not in (Status.DONE, Status.CANCELLED)
                else ""
            ),
            "preview": filled_for_somebody(
                request.user,
                content,
                batch=row.coupon_batch,
                segment=row.segment,
                channel=row.channel or row.template.channel,
                purpose=row.purpose or row.template.purpose,
            ),
        }

    def response_add(self, request, obj, post_url_continue=None):
        """To its page: that is where it is launched."""
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, _("The campaign is a draft. Look at it, then launch it."))
        return HttpResponseRedirect(self.page_of(obj))

    # -- moves

    @act(
        _("Launch"),
        icon="rocket_launch",
        style="primary",
        confirm=_("Everybody in the segment is written to. Launch the campaign?"),
        shown=is_in(Status.DRAFT),
        refusals=(launching.CannotLaunch, NotApproved),
    )
    def launch(self, request, campaign):
        self.message_user(
            request, on_its_way(launching.launch(campaign, by=request.user, now=database_now()))
        )

    @act(_("Pause"), icon="pause", shown=is_in(*launching.UNDER_WAY))
    def pause(self, request, campaign):
        launching.pause([campaign], by=request.user, now=database_now())
        self.message_user(request, _("The campaign is paused: nothing more leaves."))

    @act(_("Resume"), icon="play_arrow", style="primary", shown=is_in(Status.PAUSED))
    def resume(self, request, campaign):
        launching.resume([campaign], by=request.user, now=database_now())
        campaign.refresh_from_db()
        is_scheduled = campaign.status == Status.SCHEDULED
        self.message_user(
            request, on_its_way(campaign) if is_scheduled else _("The campaign goes on.")
        )

    @act(
        _("Cancel"),
        icon="cancel",
        style="danger",
        confirm=_("What is queued is not sent any more, and the campaign is over. Cancel it?"),
        shown=is_in(*launching.UNDER_WAY, Status.PAUSED),
    )
    def cancel(self, request, campaign):
        launching.cancel([campaign], by=request.user, now=database_now())
        self.message_user(request, _("The campaign is cancelled."))
