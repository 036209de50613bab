"""Why (not), and when: one customer on a journey, from the journey's page."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin.campaign_why import customers, way
from campaigns.admin.journey_dry_run_cards import WhoMayKnow
from campaigns.delivery import reasons
from campaigns.journeys import definition, explaining, telling
from campaigns.models import Journey, Run
from crm_project.queue.due import database_now
from customers.models import Customer
from customers.profile.telling_apart import with_features
from customers.segments import rights
from events import words

NEEDS = (
    *("campaigns.view_journey", "campaigns.view_run", "campaigns.view_message"),
    *("customers.view_customer", "events.view_event"),
)
RULES = {
    "live": gettext_lazy("The journey is live"),
    "alive": gettext_lazy("is not merged away or forgotten"),
    "can_have_entered": gettext_lazy("Is not inside yet, so that they can enter"),
    "can_have_left": gettext_lazy("Is inside, so that they can leave"),
    "segment": gettext_lazy("Is in the segment of those who may enter"),
    "again_always": gettext_lazy("May enter again and again"),
    "again_key": gettext_lazy("May enter once for each product or booking"),
    "again_once": gettext_lazy("Has not entered before: it may be entered once"),
    "again_days": gettext_lazy("Has not entered too recently"),
}


class ExplainsJourney:
    """For the admin of journeys."""

    def why_view(self, request, pk: int):
        if not request.user.has_perms(NEEDS):
            raise PermissionDenied
        journey = get_object_or_404(Journey.objects.select_related("published"), pk=pk)
        term = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        found = customers(request, term)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Why, and when? %(campaign)s") % {"campaign": journey},
            "row": journey,
            "term": term,
            "found": found if len(found) > 1 else [],
            "is_nobody": bool(term) and not found,
        }
        if len(found) == 1:
            context |= told(journey, found[0], request.user)
        with_features(found)
        return TemplateResponse(request, "campaigns/journeys/why.html", context)


def told(journey: Journey, customer: Customer, user) -> dict:
    now = database_now()
    if not may_be_told(journey, customer):
        return {"is_untold": True}
    found = explaining.explain(
        journey, customer, now, sees=lambda segment: rights.sees_people(user, segment)
    )
    entrance = found.entrance
    published = entrance and definition.of_version(journey.published_id)
    return {
        "customer": customer,
        "explained": found,
        "inside": [inside(one, now) for one in found.inside],
        "under_way": any(one.is_under_way for one in found.inside),
        "is_paused": journey.status == Journey.Status.PAUSED,
        "entrance": entrance,
        "rules": [(RULES[one.key], one) for one in entrance.rules] if entrance else [],
        "begins": published and published.trigger.sentence(),
    }


def may_be_told(journey: Journey, customer: Customer) -> bool:
    """Where somebody stands tells what its rules said of them: of every version they are in."""
    runs = Run.objects.filter(journey=journey, customer=customer)
    versions = set(runs.values_list("version", flat=True).distinct())
    versions |= {journey.published_id} - {None}
    return all(WhoMayKnow(definition.of_version(pk)).sees_people for pk in versions)


def inside(one: explaining.Inside, now) -> dict:
    run = one.run
    return {
        "run": run,
        "is_under_way": one.is_under_way,
        "place": telling.position(run.version_id, run.step),
        "outcome": telling.outcome(run.version_id, run.outcome),
        "until": one.until,
        "is_late": one.until is not None and one.until <= now,
        "awaits": ", ".join(f"“{words.event(name)}”" for name in one.awaits),
        "next": [coming(message, one) for message in one.next],
    }


def coming(one: explaining.Next, of: explaining.Inside) -> dict:
    return {
        "step": one.step,
        "place": telling.position(of.run.version_id, one.step),
        "is_queued": one.is_queued,
        "is_sure": one.is_sure,
        "key": one.stops and one.stops.reason,
        "stops": one.stops and reasons.word(one.stops.reason),
        "starts": one.starts,
        "at": one.at,
        "is_early": bool(of.awaits) and not one.is_queued,
        "waits": [(reasons.word(wait.reason), wait) for wait in one.waits],
        "ways": [way(each) for each in one.ways],
        "coupon": one.coupon and reasons.word(one.coupon.reason),
    }
