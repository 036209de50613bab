"""Campaigns: one segment is told one thing; made here, launched here, accounted for here."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.content import filled_for_somebody
from campaigns.admin.forecast import forecast
from campaigns.broadcasts import launching, progress
from campaigns.broadcasts.approval import LaunchOfCampaign
from campaigns.delivery import costs, reasons
from campaigns.models import Campaign, Message
from crm_project.admin import Days, ModelAdmin, act, link
from crm_project.admin.columns import Colours
from crm_project.admin.jobs import in_words
from crm_project.queue.due import database_now
from customers.admin.approvals import AsksApproval
from customers.approval.deciding import NotApproved
from customers.models import Approval, Workspace
from customers.segments import catching_up, rights

Status = Campaign.Status
MOVING = (Status.SENDING, Status.PAUSED)
# What a draft is called while a second pair of eyes is on it.
IN_REVIEW = {
    Approval.State.REQUESTED: _("in review"),
    Approval.State.APPROVED: _("approved"),
}
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


def is_stopped(campaign: Campaign) -> bool:
    """What of it waits, waits for the end of a stop of all marketing."""
    waits = Message.objects.filter(campaign_id=campaign.pk, state=Message.State.QUEUED)
    return bool(Workspace.get().stopped_channels) and waits.filter(Message.stopped()).exists()


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

    def get_urls(self):
        view = self.admin_site.admin_view(self.progress_view)
        path_of_it = path("<int:pk>/progress/", view, name="campaigns_campaign_progress")
        return [path_of_it, *super().get_urls()]

    def progress_view(self, request, pk):
        """The accounts as they are now: the page asks again while something moves."""
        row = self.get_object(request, str(pk))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        context = {"row": row, **self.accounts_context(row)}
        return TemplateResponse(request, "campaigns/campaign_accounts.html", context)

    def enrich(self, rows):
        """Drafts that somebody is looking at, or has approved, say so."""
        drafts = [row.pk for row in rows if row.status == Status.DRAFT]
        asked = Approval.objects.filter(
            kind=LaunchOfCampaign.key, object_id__in=drafts, state__in=IN_REVIEW
        ).order_by("pk")
        found = dict(asked.values_list("object_id", "state"))
        for row in rows:
            row.standing = IN_REVIEW.get(found.get(row.pk), "")

    @display(description=_("status"), ordering="status", label=Colours(COLOURS))
    def status_label(self, row):
        return row.status, row.standing or row.get_status_display()

    def page_context(self, request, row):
        content = row.content or row.template.content
        preview = filled_for_somebody(
            request.user,
            content,
            batch=row.coupon_batch,
            segment=row.segment,
            channel=row.channel or row.template.channel,
            purpose=row.purpose or row.template.purpose,
        )
        is_draft = row.status == Status.DRAFT
        return {
            **self.accounts_context(row),
            "preview": preview,
            "forecast": forecast(row, preview) if is_draft else "",
        }

    def accounts_context(self, row) -> dict:
        accounts = launching.accounts(row)
        labels = dict(Message.State.choices)
        moves = row.status in MOVING and row.audience is not None
        told = progress.of(row, accounts, database_now()) if moves else None
        self.enrich([row])
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
            "progress": told,
            "left": in_words(told.left) if told and told.left else "",
            "is_stopped": moves and is_stopped(row),
            "standing": row.standing,
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
