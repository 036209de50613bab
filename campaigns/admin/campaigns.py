"""Campaigns: one segment is told one thing; made here, launched here, accounted for here."""

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import formats, timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin import campaign_check
from campaigns.admin.campaign_form import NOW, WHEN, CampaignForm
from campaigns.admin.campaign_why import ExplainsCampaign
from campaigns.admin.content import filled_for_somebody
from campaigns.broadcasts import audience, deciding, launching, progress, variants
from campaigns.broadcasts.approval import LaunchOfCampaign
from campaigns.delivery import costs, reasons
from campaigns.models import Campaign, CampaignSlot, Message
from crm_project.admin import Days, ModelAdmin, act, link, once
from crm_project.admin.columns import Colours
from crm_project.admin.jobs import in_words
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.admin.approvals import AsksApproval
from customers.approval.deciding import NotApproved
from customers.models import Approval, Workspace
from customers.segments import catching_up, rights
from customers.workspace import schedule_field

Status = Campaign.Status
MOST_SLOTS = 50  # of a campaign that comes again and again, the latest
MOVING = (Status.SENDING, Status.PAUSED)
OVER = (Status.DONE, Status.CANCELLED)
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
    starts = formats.date_format(timezone.localtime(launching.next_at(campaign)), "DATETIME_FORMAT")
    return _(
        "The campaign is scheduled: it begins on %(moment)s. It can be paused or cancelled until"
        " then."
    ) % {"moment": starts}


def is_stopped(campaign: Campaign) -> bool:
    """What of it waits, waits for the end of a stop of all marketing."""
    waits = Message.objects.filter(campaign_id=campaign.pk, state=Message.State.QUEUED)
    return bool(Workspace.get().stopped_channels) and waits.filter(Message.stopped()).exists()


def trouble_of(campaign: Campaign) -> str:
    """Why its people cannot be known until somebody mends it; "" where nothing is in the way."""
    found = map(catching_up.trouble, audience.of(campaign).named_segments())
    return next((said for said in found if said), "")


def is_in(*states):
    return lambda campaign: campaign.status in states


@admin.register(Campaign)
class CampaignAdmin(ExplainsCampaign, AsksApproval, ModelAdmin):
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
    form = CampaignForm
    autocomplete_fields = (
        *("segment", "more_segments", "without_segments", "after", "store"),
        *("template", "coupon_batch"),
        *("b_template", "b_coupon_batch", "c_template", "c_coupon_batch"),
        "goal_product",
    )
    conditional_fields = {
        "starts_at": "when == 'at'",
        "schedule": "when == 'again'",
        "after_what": "after",
        **dict.fromkeys(("b_template", "b_coupon_batch", "b_hours", "b_share"), "variants > 1"),
        **dict.fromkeys(("c_template", "c_coupon_batch", "c_hours", "c_share"), "variants > 2"),
        **dict.fromkeys(("test_percent", "metric", "decide_hours"), "variants > 1"),
        "to_rest": "variants > 1 && test_percent < 100",
    }
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            _("1. Whom"),
            {
                "fields": (
                    ("segment", "more_segments"),
                    "without_segments",
                    ("after", "after_what"),
                    ("store", "owner"),
                )
            },
        ),
        (
            _("2. What"),
            {
                "fields": (
                    ("template", "coupon_batch"),
                    ("holdout_percent", "is_urgent"),
                    ("goal_product", "goal_category"),
                )
            },
        ),
        (
            _("Variants"),
            {
                "fields": (
                    "variants",
                    ("b_template", "b_coupon_batch"),
                    ("b_hours", "b_share"),
                    ("c_template", "c_coupon_batch"),
                    ("c_hours", "c_share"),
                    ("test_percent", "metric"),
                    ("decide_hours", "to_rest"),
                )
            },
        ),
        (
            _("3. When, and how fast"),
            {"fields": ("when", "starts_at", "schedule", ("per_hour", "passes_caps"))},
        ),
    )
    # What was launched is told, and no form.
    told = (
        (None, {"fields": ("name", "whom", ("template_link", "coupon_batch"), "when_words")}),
        (_("How fast"), {"fields": (("per_hour", "is_urgent", "passes_caps"), "holdout_percent")}),
        (_("Measured by"), {"fields": ("sells", "variant_words")}),
    )
    panels_above = ("campaigns/campaign.html",)
    # a draft is filled in first
    panels_below = (
        *("campaigns/campaign_draft.html", "campaigns/campaign_variants.html"),
        "campaigns/campaign_slots.html",
    )
    acts = ("launch", "ask_approval", "copy", "pause", "resume", "cancel")
    approval_kind, approved_act = LaunchOfCampaign, "launch"

    segment_link = link("segment", _("segment"))
    template_link = link("template", _("template"))

    def get_fieldsets(self, request, obj=None):
        is_told = obj is not None and not self.has_change_permission(request, obj)
        return self.told if is_told else super().get_fieldsets(request, obj)

    @display(description=_("whom"))
    def whom(self, row):
        return "; ".join(f"{what}: {who}" for what, who in audience.of(row).words()) or "–"

    @display(description=_("it is to sell"))
    def sells(self, row):
        return row.goal_product or row.goal_category or "–"

    @display(description=_("variants"))
    def variant_words(self, row):
        if row.variants < 2:
            return "–"
        each = (
            _("%(key)s: %(template)s, %(coupon)s, %(hours)s h later, %(share)s %%")
            % {
                "key": variants.name(one.key),
                "template": one.template,
                "coupon": one.coupon_batch or _("no coupon"),
                "hours": one.hours,
                "share": one.share,
            }
            for one in variants.of(row)
        )
        how = _("%(percent)s %% are in the test; %(metric)s; decided after %(hours)s hours") % {
            "percent": row.test_percent,
            "metric": row.get_metric_display(),
            "hours": row.decide_hours,
        }
        return "; ".join([*each, how])

    @display(description=_("when"))
    def when_words(self, row):
        if row.schedule:
            return schedule_field.sentence(row.schedule)
        at = row.starts_at
        moment = at and formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")
        return moment or WHEN[NOW]

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
        if db_field.name == "owner":
            kwargs["queryset"] = User.objects.filter(is_staff=True).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs["queryset"] = rights.usable()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_urls(self):
        view = self.admin_site.admin_view(self.progress_view)
        path_of_it = path("<int:pk>/progress/", view, name="campaigns_campaign_progress")
        check = self.admin_site.admin_view(self.check_view)
        rest = self.admin_site.admin_view(self.to_rest_view)
        return [
            path("<int:pk>/to-rest/", rest, name="campaigns_campaign_to_rest"),
            path("check/", check, name="campaigns_campaign_check"),
            path_of_it,
            *super().get_urls(),
        ]

    def check_view(self, request):
        """What the form as it is typed would come to."""
        may = (self.has_add_permission(request), self.has_change_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not any(may):
            raise PermissionDenied
        context = {"check": campaign_check.checked(request.user, request.POST)}
        return TemplateResponse(request, "campaigns/campaign_check.html", context)

    @method_decorator(once.sent_once)
    def to_rest_view(self, request, pk):
        """Which variant the rest of a firing gets, or that it gets nothing: said once."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_act(request):
            raise PermissionDenied
        number = whole_in(request.POST.get("slot", "")) or 0
        slot = CampaignSlot.objects.filter(pk=number, campaign=pk).select_related("version").first()
        if slot is None:
            raise Http404
        key = request.POST.get("variant", "")
        if deciding.choose(slot, key, by=request.user, now=database_now()):
            said = (
                _("The rest gets nothing.") if key == slot.NOBODY else _("The rest gets %(key)s.")
            )
            self.message_user(request, said % {"key": variants.name(key)})
            once.made(request, self.page_of(slot.campaign))
        else:
            self.message_user(
                request, _("It is said already what the rest gets."), messages.WARNING
            )
        return HttpResponseRedirect(self.page_of(slot.campaign))

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

    def form_context(self, request, row, form):
        return {"is_draft": row is None}

    def page_context(self, request, row):
        return {
            **self.accounts_context(row),
            "slots": [
                (slot, "" if slot.audience is None else rights.numbered(slot.audience))
                for slot in row.slots.order_by("-at")[:MOST_SLOTS]
            ],
            "tried": [] if row.variants < 2 else list(map(self.tried, self.tests_of(row))),
            "may_choose": self.may_act(request),
            "preview": {} if row.status == Status.DRAFT else self.read_by_somebody(request, row),
        }

    def tests_of(self, row):
        """Its firings that try variants, the latest first."""
        slots = row.slots.exclude(decide_at=None).select_related("version", "winner_by")
        return slots.order_by("-at")[:MOST_SLOTS]

    def tried(self, slot) -> dict:
        """One firing's variants: counted at the decision, and what became of the rest."""
        plan = slot.version.definition
        counted = slot.counted or {}
        return {
            "slot": slot,
            "rows": [
                {
                    "name": variants.name(one["key"]),
                    "key": one["key"],
                    "share": one["share"],
                    "people": rights.numbered(counted[one["key"]][0]) if counted else "",
                    "did": rights.numbered(counted[one["key"]][1]) if counted else "",
                }
                for one in plan["variants"]
            ],
            "metric": Campaign.Metric(plan["test"]["metric"]).label,
            "choices": deciding.may_choose(slot) if slot.campaign.status not in OVER else [],
            "nobody": slot.NOBODY,
            "winner": "" if slot.winner == slot.NOBODY else variants.name(slot.winner),
        }

    def read_by_somebody(self, request, row) -> dict:
        """A draft's text is shown by what is checked of it (campaign_check.py)."""
        template = row.template
        return filled_for_somebody(
            request.user,
            row.content or (template.content if template else {}),
            batch=row.coupon_batch,
            segment=row.segment,
            channel=row.channel or (template.channel if template else "in_app"),
            purpose=row.purpose or (template.purpose if template else "marketing"),
        )

    def accounts_context(self, row) -> dict:
        accounts = launching.accounts(row)
        labels = dict(Message.State.choices)
        moves = row.status in MOVING and row.audience is not None
        waits_for_word = row.slots.filter(state=CampaignSlot.State.TESTING).exists()
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
            "whom": audience.of(row).words(),
            "is_draft": row.status == Status.DRAFT,
            "waits": row.status == Status.WAITING,
            "trouble": (
                trouble_of(row)
                if row.audience is None and row.status not in (Status.DONE, Status.CANCELLED)
                else ""
            ),
            "progress": told,
            "left": in_words(told.left) if told and told.left and not waits_for_word else "",
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

    @act(_("Copy"), icon="content_copy")
    def copy(self, request, campaign):
        made = launching.copy(campaign)
        self.message_user(request, _("This is a copy: a draft that nobody has launched."))
        return HttpResponseRedirect(self.page_of(made))

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
