"""One person with a clock: who it is, what they do next and when; and then each step in its order,
each message as it would look, and why."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from campaigns.admin.content import as_shown
from campaigns.admin.journey_dry_run_cards import WhoMayKnow
from campaigns.admin.journey_numbers import message_words
from campaigns.admin.journey_person_forms import DeedFormSet, StartForm, with_more_rows
from campaigns.delivery import content, preview, reasons
from campaigns.delivery.channels import named
from campaigns.journeys import leaving, telling
from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.dry_run import judged, person
from campaigns.journeys.dry_run.beginnings import CannotBeTried
from campaigns.journeys.dry_run.person import Moment
from campaigns.journeys.editor import drafts
from campaigns.models import Journey, Message
from crm_project.queue.due import database_now
from customers.models import Customer
from customers.profile.search import LONGEST_TERM, search
from customers.segments import rights
from events import words

MOST_FOUND = 10
SEES = (rights.SEES_PEOPLE, "events.view_event")


@dataclass
class Line:
    """A moment, as the page shows it."""

    at: datetime
    icon: str
    title: str
    said: str = ""
    way: str = ""
    preview: dict | None = None
    marks: list[str] | None = None


class TriesOnePerson:
    """For the admin of journeys."""

    def try_one_view(self, request, pk: int):
        journey = Journey.objects.select_related("published").filter(pk=pk).first()
        if journey is None:
            raise Http404
        if not (self.has_view_permission(request, journey) and request.user.has_perms(SEES)):
            raise PermissionDenied
        now = database_now()
        data = with_more_rows(request.POST) or None
        formset = DeedFormSet(data, prefix="deed", form_kwargs={"now": now})
        start = StartForm(data)
        page = PersonPage(request, journey, formset, start, now)
        context = {
            **self.admin_site.each_context(request),
            "title": _("One person with a clock: %(name)s") % {"name": journey.name},
            "journey": journey,
            "page": page,
            "formset": formset,
            "start": start,
            "back": self.page_of(journey),
        }
        page.carry_out()
        return TemplateResponse(request, "campaigns/journeys/person.html", context)


class PersonPage:
    def __init__(self, request, journey: Journey, formset, start: StartForm, now: datetime):
        self.request, self.journey, self.formset, self.start = request, journey, formset, start
        self.now = now
        self.problems: list[str] = []
        self.lines: list[Line] = []
        self.is_tried = False
        given = request.POST if request.method == "POST" else request.GET
        self.term = given.get("term", "")[:LONGEST_TERM]
        self.chosen = given.get("customer", "")

    @cached_property
    def customer(self) -> Customer | None:
        if not self.chosen:
            return None
        try:
            return Customer.objects.alive().filter(public_id=self.chosen).first()
        except (ValidationError, ValueError):
            return None

    @cached_property
    def found(self) -> list[Customer]:
        """Whom the term may mean, or the latest."""
        living = Customer.objects.alive().order_by("-pk")
        term = self.term.strip()
        rows = search(living, term, self.request.user) if term else living.exclude(name="")
        return list(rows[:MOST_FOUND])

    def carry_out(self) -> None:
        if self.request.method != "POST" or "more" in self.request.POST:
            return
        is_right = self.formset.is_valid() & self.start.is_valid()
        if self.customer is None:
            self.problems.append(_("Choose a customer first."))
        if not is_right:
            self.problems += [str(text) for text in self.formset.non_form_errors()]
            self.problems.append(_("Look at the marks below."))
        if not self.problems:
            self.try_it()

    def try_it(self) -> None:
        stored = drafts.opened(self.journey)
        deeds = [deed for form in self.formset if (deed := form.deed())]
        starts_now = self.start.cleaned_data["starts_now"]
        try:
            tried = person.tried(
                self.journey, stored, self.customer, deeds, starts_now=starts_now, now=self.now
            )
        except InvalidJourney as wrong:
            self.problems = [_("The draft cannot be tried yet:"), *wrong.messages]
            return
        except CannotBeTried as wrong:
            self.problems = [str(wrong)]
            return
        definition = tried.walk.plan.journey
        if not WhoMayKnow(definition).sees_people:
            self.problems = [_("It goes by what you may not see of a customer.")]
            return
        self.is_tried = True
        shown = Lines(self.request.user, definition, self.now)
        self.lines = [shown.line(one) for one in tried.moments]


class Lines:
    """Moments in words."""

    def __init__(self, user, definition, now: datetime):
        self.user, self.definition = user, definition
        self.marks = judged.marks(definition, now)

    def line(self, one: Moment) -> Line:
        return getattr(self, one.kind)(one)

    def did(self, one: Moment) -> Line:
        return Line(one.at, "person", words.event(one.said))

    def enters(self, one: Moment) -> Line:
        text = telling.capitalised(self.definition.trigger.sentence())
        return Line(one.at, "login", _("enters the journey"), text, marks=self.marks.get(""))

    def turned_away(self, one: Moment) -> Line:
        why = {
            "segment": _("is not in the segment of those who may enter"),
            "reentry": _("has entered before and may not enter again yet"),
        }
        return Line(one.at, "block", _("does not enter"), why.get(one.said, one.said))

    def sentence(self, step: str) -> str:
        if step == "":
            return telling.capitalised(self.definition.trigger.sentence())
        return telling.capitalised(self.definition.steps[step].sentence())

    def step(self, one: Moment) -> Line:
        exits = dict(self.definition.steps[one.step].exits) if one.step else {}
        way = str(exits.get(one.way, "")) if len(exits) > 1 else ""
        said = "" if one.said in (one.way, "off") else reasons.word(one.said)
        marks = self.marks.get(one.step) if one.step else None
        return Line(one.at, "arrow_forward", self.sentence(one.step), said, way, marks=marks)

    def message(self, one: Moment) -> Line:
        m = one.message
        sent = m.state in (Message.State.SENT, Message.State.SENDING)
        state = "sent" if sent else m.state
        verdict = message_words(f"{state}:{m.reason}" if m.reason else state)
        if m.state == Message.State.QUEUED and m.due_at:
            verdict = _("waits: %(why)s") % {"why": reasons.word(m.reason)}
        title = _("message (%(channel)s)") % {"channel": named(m.channel)}
        icon = "mark_chat_read" if sent else "speaker_notes_off"
        return Line(one.at, icon, title, str(verdict), preview=self.shown(m))

    def shown(self, m: Message) -> dict | None:
        """As the phone shows it, for whoever may see what it is filled in with."""
        filled = getattr(m, "filled", None)
        if not filled:
            return None
        roots = content.wanted(str(text) for text in m.content.values()).roots
        step = self.definition.steps.get(m.step)
        roots |= content.wanted(step.texts()).roots if step else frozenset()
        if not all(preview.may_see(self.user, root) for root in roots):
            return {"problem": _("You may not see what it is filled in with.")}
        return as_shown({"content": filled}, m.channel, m.purpose)

    def ends(self, one: Moment) -> Line:
        if one.said == leaving.GOAL:
            return Line(one.at, "flag_circle", _("has reached the goal"))
        text = one.said
        if text.startswith(leaving.LEFT):
            why = self.definition.ways_out.exits[int(text.removeprefix(leaving.LEFT)) - 1]
            return Line(one.at, "logout", telling.capitalised(leaving.as_exit(why.sentence())))
        said = "" if text == "completed" else reasons.word(text)
        return Line(one.at, "flag", _("the journey is over"), said)

    def waits(self, one: Moment) -> Line:
        return Line(one.at, "hourglass_empty", _("still waits here"), self.sentence(one.step))
