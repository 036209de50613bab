"""Stop all marketing: a button on every page, and the page that shows what waits, lets it go on or
calls it off, and makes an audience of exactly those who got it."""

from dataclasses import asdict
from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from campaigns.delivery import stopping
from campaigns.delivery.channels import channels, named
from campaigns.models import Campaign, Journey, MarketingStop
from crm_project.admin import ModelAdmin, ReadOnly, once
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.models import Segment
from customers.segments import membership, rights

LATELY = timedelta(hours=24)  # before a stop: whose messages may have been the mistake
MOST = 200  # lines of a table


def channel_words(channel: str) -> str:
    return named(channel) if channel else _("all channels")


def named_origins(rows: list[dict]) -> list[dict]:
    """Each with the name of its campaign or journey; "" where people send one by one."""
    campaigns = Campaign.objects.in_bulk({row["campaign_id"] for row in rows} - {None})
    journeys = Journey.objects.in_bulk({row["journey_id"] for row in rows} - {None})
    for row in rows:
        of = campaigns.get(row["campaign_id"]) or journeys.get(row["journey_id"])
        row |= {"name": str(of or ""), "channel_label": named(row.get("channel", ""))}
    return rows


@admin.register(MarketingStop)
class StopAdmin(ReadOnly, ModelAdmin):
    when_empty = gettext_lazy("Marketing was never stopped.")
    list_display = ("channel_label", "began_at", "began_by", "ended_at", "ended_by", "note")
    list_display_links = ("began_at",)
    list_select_related = ("began_by", "ended_by")
    ordering = ("-pk",)
    fields = (
        "channel_label",
        ("began_at", "began_by"),
        ("ended_at", "ended_by"),
        "note",
    )
    readonly_fields = ("channel_label",)

    @display(description=gettext_lazy("channel"))
    def channel_label(self, row):
        return channel_words(row.channel)

    def get_urls(self):
        view = self.admin_site.admin_view(self.now_view)
        return [path("now/", view, name="campaigns_marketingstop_now"), *super().get_urls()]

    def now_view(self, request):
        if request.method == "POST":
            if not request.user.has_perm(stopping.RIGHT):
                raise PermissionDenied
            return once.once(request, lambda: self.decided(request))
        if not self.has_view_permission(request):
            raise PermissionDenied
        return TemplateResponse(request, "campaigns/stopping.html", self.now_context(request))

    def now_context(self, request) -> dict:
        stops = list(
            MarketingStop.objects.filter(ended_at=None).select_related("began_by").order_by("pk")
        )
        latest = stops[-1] if stops else MarketingStop.objects.order_by("-pk").first()
        told = (
            stopping.sent_before(latest.began_at, latest.began_at - LATELY)[:MOST] if latest else []
        )
        there = {one.channel for one in stops}
        return {
            **self.admin_site.each_context(request),
            "title": _("Stop all marketing"),
            "stops": [(one, channel_words(one.channel)) for one in stops],
            "may_decide": request.user.has_perm(stopping.RIGHT),
            "may_write": request.user.has_perms(
                ("customers.add_segment", "campaigns.add_campaign", "campaigns.view_message")
            ),
            "channels": [
                (key, words)
                for key, words in [("", _("all channels")), *((c.key, c.label) for c in channels)]
                if key not in there
            ],
            "waiting": named_origins([asdict(w) for w in stopping.waiting()[:MOST]]),
            "latest": latest,
            "told": named_origins(
                [{**one, "people": rights.numbered(one["people"])} for one in told]
            ),
        }

    def decided(self, request):
        said = request.POST.get("act", "")
        acts = {
            "stop": self.stop,
            "end": self.end,
            "release": self.release,
            "call_off": self.call_off,
            "write": self.write,
        }
        if said not in acts:
            self.message_user(request, _("This cannot be done."), messages.ERROR)
        page = (said in acts and acts[said](request)) or reverse(
            "admin:campaigns_marketingstop_now"
        )
        once.made(request, page)
        return HttpResponseRedirect(page)

    def stop(self, request):
        channel = request.POST.get("channel", "")
        if channel and channel not in channels:
            self.message_user(request, _("There is no such channel."), messages.ERROR)
            return
        note = request.POST.get("note", "").replace("\x00", "").strip()
        stopping.stop(channel, by=request.user, note=note)
        words = channel_words(channel)
        self.message_user(
            request, _("Marketing is stopped: %(channels)s. Service goes on.") % {"channels": words}
        )

    def end(self, request):
        number = whole_in(request.POST.get("stop", ""))
        one = MarketingStop.objects.filter(pk=number or 0).first()
        if one and stopping.end(one, by=request.user, now=database_now()):
            self.message_user(request, _("Marketing goes on."))
        else:
            self.message_user(request, _("This stop is over already."), messages.WARNING)

    def release(self, request):
        stopping.release(**self.whose(request), by=request.user, now=database_now())
        self.message_user(request, _("Released: it goes on, whatever else is stopped."))

    def call_off(self, request):
        n = stopping.call_off(**self.whose(request), by=request.user, now=database_now())
        said = ngettext("%(n)d message is not sent.", "%(n)d messages are not sent.", n)
        self.message_user(request, said % {"n": n})

    def whose(self, request) -> dict:
        names = ("campaign_id", "journey_id")
        return {name: whole_in(request.POST.get(name, "")) for name in names}

    def write(self, request):
        """A segment of exactly those who got it, and from there a campaign to them."""
        needed = ("customers.add_segment", "campaigns.add_campaign", "campaigns.view_message")
        if not request.user.has_perms(needed):
            raise PermissionDenied
        number = whole_in(request.POST.get("stop", ""))
        one = MarketingStop.objects.filter(pk=number or 0).first()
        whose = {name.removesuffix("_id"): pk for name, pk in self.whose(request).items() if pk}
        if one is None or not whose:
            self.message_user(request, _("This cannot be done."), messages.ERROR)
            return None
        leaf = {
            "condition": "was_told",
            **whose,
            "since": (one.began_at - LATELY).isoformat(),
            # What was with the provider at that moment left with its stamp from before.
            "until": one.began_at.isoformat(),
        }
        name = _("Got it before the stop of %(moment)s") % {
            "moment": f"{one.began_at:%Y-%m-%d %H:%M}"
        }
        segment = Segment(name=f"{name} #{next(iter(whose.values()))}"[:100])
        if there := Segment.objects.filter(name=segment.name).first():
            segment = there
        else:
            definition = {"op": "all", "of": [leaf]}
            membership.save_definition(segment, definition, by=request.user, now=database_now())
        self.message_user(
            request, _("“%(name)s” holds exactly those who got it.") % {"name": segment}
        )
        return f"{reverse('admin:campaigns_campaign_add')}?segment={segment.pk}"
