"""The page itself, and the part of it that is fetched again every few seconds."""

from datetime import datetime

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.dashboard.charts import charts, funnel, minutes, stages
from campaigns.dashboard.period import Period, asked, page
from campaigns.dashboard.tiles import messages_today, tiles, under_way
from campaigns.models import Campaign, Journey
from crm_project import attention
from crm_project.admin import waiting
from crm_project.queue.due import database_now
from customers.models import Customer, Segment, Source, Workspace
from events.models import Figure


def fill(request, context: dict) -> dict:
    """The admin's index with our figures (UNFOLD["DASHBOARD_CALLBACK"])."""
    now = database_now()
    usual = Period(now)
    context |= live(request, now, usual)
    is_usual = asked(request.GET, usual.today) == usual.span
    period = usual if is_usual else Period(now, request.GET)
    standing = what_there_is()
    context |= {
        "title": _("Dashboard"),
        "steps": steps(standing),
        "period": period,
        "charts": charts(request.user, period),
        "funnel": funnel(usual) if request.user.has_perm("events.view_event") else None,
        "stages": stages(usual) if request.user.has_perm("customers.view_customer") else None,
        "running": running() if request.user.has_perm("campaigns.view_journey") else None,
        "needs": attention.found(request.user, now),
        "facts": attention.known(request.user, now),
    }
    return context


@admin.site.admin_view
def live_view(request):
    """What changes by the second; fetched again by the page."""
    if not request.user.has_module_perms("customers"):
        raise PermissionDenied
    now = database_now()
    return TemplateResponse(
        request, "campaigns/dashboard/live.html", live(request, now, Period(now))
    )


def live(request, now: datetime, period: Period) -> dict:
    return {
        "now": now,
        "today": period.today,
        "tiles": [tile for tile in tiles(period) if request.user.has_perm(tile["permission"])],
        "minutes": minutes(now, period) if request.user.has_perm("events.view_event") else None,
        "messages_today": (
            messages_today(period) if request.user.has_perm("campaigns.view_message") else None
        ),
        "health": waiting.health(now),
        **attributed(period),
    }


def attributed(period: Period) -> dict:
    """Credited money is worked out up to a moment, a few seconds ago."""
    until = (
        Figure.objects.filter(name="until:attributed").values_list("at", flat=True).first()
        or period.now
    )
    return {
        "attributed": period.fen("attributed"),
        "attributed_today": period.fen("attributed", period.today),
        "since": period.since.isoformat(),
        "until": until.isoformat(),
    }


def running() -> dict:
    """Journeys and campaigns that run, and apart from them those that somebody has paused; the
    newest first."""
    live, paused = (
        Journey.objects.filter(status=status).order_by("-pk")
        for status in (Journey.Status.LIVE, Journey.Status.PAUSED)
    )
    waiting_campaigns = Campaign.objects.filter(status=Campaign.Status.PAUSED).order_by("-pk")
    journeys = list(live[:6].union(paused[:4], all=True))
    campaigns = list(under_way().order_by("-pk")[:4].union(waiting_campaigns[:4], all=True))
    return {
        "is_any": Journey.objects.exists(),
        "journeys": [one for one in journeys if one.status == Journey.Status.LIVE],
        "campaigns": [one for one in campaigns if one.status != Campaign.Status.PAUSED],
        "paused": [one for one in [*journeys, *campaigns] if one.status == "paused"],
    }


# --- the first steps


def what_there_is() -> dict[str, bool]:
    """In one question."""
    asked = {
        "source": Exists(Source.objects.filter(is_active=True)),
        "event": Exists(Customer.objects.all()),
        "segment": Exists(Segment.objects.all()),
        "journey": Exists(Journey.objects.exclude(published=None)),
    }
    return Workspace.objects.annotate(**asked).values(*asked).get(pk=1)


def steps(one: dict[str, bool]) -> list[dict]:
    """The first steps, ticked by themselves; nothing once all are done."""
    found = [
        {
            "done": one["source"],
            "label": _("Connect a source"),
            "help": _("Whoever sends us data: the shop's server, or the mini-program itself."),
            "act": _("Make a source"),
            "url": reverse("admin:customers_source_add"),
        },
        {
            "done": one["event"],
            "label": _("Send the first event"),
            "help": _("The source's page has a first event to copy, and shows what arrives."),
            "act": _("Sources"),
            "url": page("customers_source"),
        },
        {
            "done": one["segment"],
            "label": _("Make the first segment"),
            "help": _("Who viewed, bought, stayed away: clicked together, with its size at once."),
            "act": _("New segment"),
            "url": reverse("admin:customers_segment_add"),
        },
        {
            "done": one["journey"],
            "label": _("Publish the first journey"),
            "help": _("Viewed and did not order: a coupon and a message follow by themselves."),
            "act": _("New journey"),
            "url": reverse("admin:campaigns_journey_absence"),
        },
    ]
    for step in found:
        if not step["done"]:
            step["next"] = True
            return found
    return []
