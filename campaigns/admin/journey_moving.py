"""Those under way on older versions: who goes where, what that would do, and doing it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from campaigns.admin.journey_dry_run_cards import WhoMayKnow
from campaigns.journeys.definition import InvalidJourney, of_version
from campaigns.journeys.format import current
from campaigns.journeys.telling import capitalised
from campaigns.journeys.versions import foreseeing, jobs, mapping
from campaigns.journeys.versions.approval import MovingOfRuns
from campaigns.journeys.versions.moving import RULES, Plan
from campaigns.models import Journey, JourneyVersion, VersionMove
from crm_project.admin import once
from crm_project.db.clock import database_now
from crm_project.jobs.kinds import Refused
from customers.approval import deciding
from customers.approval.kinds import Refused as NotApproved
from customers.segments import rights


class MovesRuns:
    """For the admin of journeys."""

    def moving_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/move/", view(self.mapping_view), name="campaigns_journey_move"),
            path("moves/<int:pk>/", view(self.move_view), name="campaigns_versionmove_change"),
        ]

    def moving_address(self, journey: Journey) -> str:
        return reverse("admin:campaigns_journey_move", args=[journey.pk])

    def on_older(self, journey: Journey) -> int:
        """How many are under way on an older version."""
        if not journey.published_id:
            return 0
        return sum(sum(steps.values()) for steps in foreseeing.under_way(journey).values())

    @method_decorator(once.sent_once)
    def mapping_view(self, request, pk: int):
        """The table of who goes where; sent, it is kept as a move that can be looked at."""
        journey = self.moved(request, pk)
        counted = foreseeing.under_way(journey)
        versions = JourneyVersion.objects.filter(pk__in=counted).order_by("-number")
        tables = [Table(one, journey, counted[one.pk], request) for one in versions]
        if request.method == "POST" and tables:
            move = VersionMove.objects.create(
                journey=journey,
                to_version=journey.published,
                mapping={str(one.version.pk): one.mapping() for one in tables},
                made_by=request.user,
                made_at=database_now(),
            )
            page = reverse("admin:campaigns_versionmove_change", args=[move.pk])
            once.made(request, page)
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Those under way in “%(name)s”") % {"name": journey.name},
            "journey": journey,
            "tables": tables,
            "rules": RULES,
            "back": self.page_of(journey),
        }
        return TemplateResponse(request, "campaigns/journeys/move.html", context)

    @method_decorator(once.sent_once)
    def move_view(self, request, pk: int):
        """What the move would do; posted, it is begun, or somebody else is asked."""
        found = VersionMove.objects.select_related("journey__published", "to_version", "job")
        move = found.filter(pk=pk).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if move is None:
            raise Http404
        if request.method == "POST":
            return self.act_on_move(request, move)
        standing = deciding.standing(MovingOfRuns(), move)
        is_old = move.journey.published_id != move.to_version_id
        context = {
            **self.admin_site.each_context(request),
            "title": _("What the move would do"),
            "move": move,
            "journey": move.journey,
            "is_old": is_old,
            "standing": standing,
            "may_act": self.may_act(request) and not move.job_id and not is_old,
            "rules": RULES,
            "again": self.moving_address(move.journey),
            "back": self.page_of(move.journey),
            **({} if move.job_id or is_old else self.foreseen(move)),
        }
        return TemplateResponse(request, "campaigns/journeys/foreseen.html", context)

    def act_on_move(self, request, move: VersionMove):
        if not self.may_act(request):
            raise PermissionDenied
        page = reverse("admin:campaigns_versionmove_change", args=[move.pk])
        try:
            if request.POST.get("do") == "ask":
                deciding.ask(MovingOfRuns(), move, by=request.user, now=database_now())
                self.message_user(request, _("Somebody else is asked to look at it as it is now."))
            else:
                jobs.begin(move, by=request.user, now=database_now())
                self.message_user(request, _("They are being moved."))
            once.made(request, page)
        except (Refused, NotApproved) as refused:
            self.message_user(request, str(refused), "error")
        return HttpResponseRedirect(page)

    def moved(self, request, pk: int) -> Journey:
        if not self.may_act(request):
            raise PermissionDenied
        journey = Journey.objects.select_related("published").filter(pk=pk).first()
        if journey is None or journey.published is None:
            raise Http404
        return journey

    def foreseen(self, move: VersionMove) -> dict:
        try:
            plan = Plan(move)
        except InvalidJourney as wrong:
            return {"problem": wrong.messages[0]}
        found, later = foreseeing.foresee(plan, database_now())
        versions = JourneyVersion.objects.in_bulk(list(found))
        who = WhoMayKnow(plan.new)
        return {
            "later": rights.numbered(later) if later else "",
            "tables": [
                {
                    "version": versions[pk],
                    "rows": [
                        shown(row, move, pk, who)
                        for row in rows
                        if row.n or row.where != mapping.STAY
                    ],
                }
                for pk, rows in found.items()
            ],
            "most": foreseeing.MOST,
        }


def ruled(n: int, who: WhoMayKnow) -> str:
    """A number that the newer version's rules make."""
    return rights.numbered(n, *who.permissions) if n and who.is_told else ""


class Table:
    """One older version: its steps, how many stand there, and where they can go."""

    def __init__(self, version: JourneyVersion, journey: Journey, counted, request):
        self.version, self.counted = version, counted
        self.total = rights.numbered(sum(counted.values()))
        self.before, self.now = current(version.definition), current(journey.published.definition)
        self.proposed = mapping.proposed(self.before, self.now)
        self.posted = request.POST if request.method == "POST" else None
        self.targets = [
            (f"{mapping.TO}{step}", f"{number}. {in_words(journey.published_id, step)}")
            for number, step in enumerate(mapping.order(self.now), 1)
        ]

    def mapping(self) -> dict[str, str]:
        """As it was chosen; what nobody can choose stays as it is."""
        found = {}
        for step, proposed in self.proposed.items():
            name = f"to-{self.version.pk}-{step}"
            where = self.posted.get(name, mapping.STAY) if self.counted[step] else proposed
            is_allowed = mapping.is_allowed(where, step, self.before, self.now)
            found[step] = where if is_allowed else mapping.STAY
        return found

    def rows(self) -> list[dict]:
        return [
            {
                "name": f"to-{self.version.pk}-{step}",
                "sentence": in_words(self.version.pk, step),
                "n": rights.numbered(self.counted[step]),
                "where": where,
                "targets": self.beginning() if step == mapping.BEGINNING else self.targets,
            }
            for step, where in self.proposed.items()
            if self.counted[step]  # a form holds a thousand choices: where nobody is, none is asked
        ]

    def beginning(self) -> list[tuple[str, str]]:
        is_same = mapping.beginning(self.before) == mapping.beginning(self.now)
        return [(mapping.TO, _("the beginning"))] if is_same else []


def in_words(version_id: int, step: str) -> str:
    try:
        journey = of_version(version_id)
    except InvalidJourney:
        return step or _("the beginning")
    if step == mapping.BEGINNING:
        return _("Not begun yet: %(trigger)s") % {"trigger": journey.trigger.sentence()}
    return capitalised(journey.steps[step].sentence()) if step in journey.steps else step


def shown(row: foreseeing.Foreseen, move: VersionMove, version_id: int, who: WhoMayKnow) -> dict:
    """A line of the page; whoever may not see people is told no few of them, and what rules say of
    them only whoever may ask by these rules."""
    if row.moves:
        target = in_words(move.to_version_id, row.target)
    else:
        target = foreseeing.where_words(row.where)
    return {
        "step": in_words(version_id, row.step),
        "target": target,
        "n": rights.numbered(row.n),
        "leaves": ruled(row.leaves, who),
        "at_once": ruled(row.at_once, who),
        "held": rights.numbered(row.held) if row.held else "",
        "changed": ruled(row.changed, who),
        "now": row.now if who.sees_people else [],
        "then": row.then if who.sees_people else [],
        "is_part": row.looked_at < row.n and row.where != mapping.STAY and row.moves,
        "is_moved": row.where != mapping.STAY,
    }
