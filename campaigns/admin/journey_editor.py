"""The editor's page: the journey as a list that reads like a recipe, each act a post of one
operation against the revision that was seen.

It works without scripts: every act leads back to the page, at the step it was about.
"""

import json
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin import journey_head
from campaigns.admin.content import field_help
from campaigns.admin.journey_forms import StepPage, asks_too_much, entry_form, given_at
from campaigns.admin.journey_numbers import PageNumbers
from campaigns.journeys import reading, telling
from campaigns.journeys.definition import ON_ERROR, InvalidJourney, bound, bound_step
from campaigns.journeys.editor import drafts, operations
from campaigns.journeys.editor.marks import BEGINNING, beginnings, lost, marks
from campaigns.journeys.editor.outline import Item, Way, outline
from campaigns.journeys.steps.base import steps
from campaigns.journeys.triggers import triggers
from campaigns.models import Journey
from crm_project.admin import Form, once
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.models import AuditEntry

CLIPBOARD = "journey_clip"
TRIGGER = "trigger"
MOST_CLIP = 200_000  # characters in the session


@dataclass
class Card:
    """A step as the list shows it."""

    id: str
    key: str
    label: str
    sentence: str
    problems: list[str]
    place: str
    number: int = 0
    is_off: bool = False
    on_error: str = ON_ERROR[0]
    is_hidden: bool = False
    is_open: bool = False
    goes_to: str = ""
    page: StepPage | None = None
    ways: list[dict] = field(default_factory=list)
    exits: list[tuple[str, str]] = field(default_factory=list)
    leads: list[tuple] = field(default_factory=list)  # way, its label, the step it leads to


class NameForm(Form):
    name = forms.CharField(label=gettext_lazy("name of the journey"), max_length=100)

    def clean_name(self):
        if Journey.objects.filter(name=self.cleaned_data["name"]).exists():
            raise forms.ValidationError(_("There is a journey of this name already."))
        return self.cleaned_data["name"]


class EditsJourneys:
    """For the admin of journeys."""

    @method_decorator(once.sent_once)
    def blank_view(self, request):
        """A journey with nothing but a name, and the way to its editor. Sent twice it makes one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NameForm(request.POST or None)
        if form.is_valid():
            journey = Journey.objects.create(name=form.cleaned_data["name"])
            AuditEntry.objects.create(
                by=request.user, act="journey.add", subject=f"journey:{journey.pk}", details={}
            )
            once.made(request, self.editor_address(journey, TRIGGER))
            return HttpResponseRedirect(self.editor_address(journey, TRIGGER))
        context = {
            **self.admin_site.each_context(request),
            "title": _("A journey of your own"),
            "form": form,
        }
        return TemplateResponse(request, "campaigns/journeys/blank.html", context)

    def editor_view(self, request, pk: int):
        journey = self.edited(request, pk)
        return self.editor_page(request, journey)

    def act_on_draft(self, request, pk: int):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        journey = self.edited(request, pk)
        revision = whole_in(request.POST.get("revision", ""))
        act = Act(request, journey, -1 if revision is None else revision)
        try:
            focus = act.carried_out()
        except drafts.Stale as stale:
            return self.editor_page(request, stale.journey, status=409, is_stale=True)
        except operations.CannotDo as refused:
            self.message_user(request, str(refused), "error")
            focus = request.POST.get("step", "")
        rule = request.POST.get("next_rule", "")
        goes_on = any(name.endswith("-do") for name in request.POST)  # a part of the content
        then = {"rule": rule} if rule else {"saved": 1} if act.op == "set" and not goes_on else {}
        return HttpResponseRedirect(self.editor_address(journey, focus, **then))

    def edited(self, request, pk: int) -> Journey:
        if not self.has_change_permission(request):
            raise PermissionDenied
        journey = Journey.objects.select_related("published").filter(pk=pk).first()
        if journey is None:
            raise Http404
        return journey

    def editor_address(self, journey: Journey, step: str = "", **then) -> str:
        """With the step open; `rule`: of several rules of its own this one, `saved`: and one goes
        on behind it (static/hutong/recipe.js)."""
        page = reverse("admin:campaigns_journey_editor", args=[journey.pk])
        return f"{page}?{urlencode({'step': step, **then})}#step-{step}" if step else page

    def editor_page(self, request, journey: Journey, *, status: int = 200, is_stale: bool = False):
        draft = drafts.opened(journey)
        with reading.once(parts_of(draft)):
            return self.page_of_draft(request, journey, draft, status=status, is_stale=is_stale)

    def page_of_draft(self, request, journey: Journey, draft: dict, *, status: int, is_stale: bool):
        page = Page(request, draft, is_stale=is_stale)
        can_undo, can_redo = drafts.can(journey)
        context = {
            **self.admin_site.each_context(request),
            "title": journey.name,
            "journey": journey,
            "revision": journey.draft_revision,
            "is_stale": is_stale,
            "can_undo": can_undo,
            "can_redo": can_redo,
            "can_publish": any(one.name == "publish" for one in self.acts_on(request, journey)),
            "publish_address": reverse("admin:campaigns_journey_act", args=[journey.pk, "publish"]),
            "sentence": telling.sentence(draft) if not page.problems else "",
            "page": page,
            "whole": page.whole(),
            "numbers": PageNumbers(request, journey, is_kept=True) if journey.published else None,
            "field_help": field_help(given_at(draft, page.open)),
            "has_clip": CLIPBOARD in request.session,
            "back": self.page_of(journey),
        }
        return TemplateResponse(
            request, "campaigns/journeys/editor.html", context, status=status
        ).render()


# What a button says, in one value: its operation, and what it needs to know in this order. Forms
# post them as fields of these names.
SAID = {
    "insert": ("kind", "place"),
    "paste": ("place",),
    "move": ("step", "place"),
    "delete": ("step", "keep"),
    "off": ("step", "off"),
    "copy": ("step",),
    "on_error": ("step", "choice"),
}


class Act:
    """One posted operation."""

    def __init__(self, request, journey: Journey, revision: int):
        self.request, self.journey, self.revision = request, journey, revision
        op, *values = request.POST.get("do", "").split("|")
        self.op = op or request.POST.get("op", "")
        self.said = dict(zip(SAID.get(op, ()), values, strict=False)) if op else request.POST
        self.step = self.focus = self.said.get("step", "")

    def carried_out(self) -> str:
        """It is done; the step to look at next. Raises Stale, CannotDo."""
        name = self.op
        if name == "undo":
            drafts.undo(self.journey, self.revision)
        elif name == "redo":
            drafts.redo(self.journey, self.revision)
        elif name == "copy":
            self.request.session[CLIPBOARD] = clip_of(drafts.opened(self.journey), self.step)
        elif name in CHANGES:
            change = CHANGES[name]
            drafts.act(
                self.journey,
                self.revision,
                name,
                lambda draft, mint: change(self, draft, mint),
                by=self.request.user,
                now=database_now(),
            )
        else:
            raise operations.CannotDo(_("This cannot be done."))
        return self.focus

    def place(self) -> dict:
        return place_in(self.said.get("place", ""))

    def insert(self, draft, mint):
        key = self.said.get("kind", "")
        if key not in steps:
            raise operations.CannotDo(_("There is no such step."))
        changed, self.focus = operations.insert(
            draft, self.place(), {"step": key, "fields": beginnings(key)}, mint
        )
        return changed

    def paste(self, draft, mint):
        clip = self.request.session.get(CLIPBOARD)
        if not clip:
            raise operations.CannotDo(_("Nothing was copied yet."))
        changed, self.focus = operations.put_in(draft, self.place(), clip, mint)
        return changed

    def set(self, draft, mint):
        if self.step == TRIGGER:
            return self.set_trigger(draft)
        if journey_head.is_in_head(self.step):
            return journey_head.set_part(draft, self.step, self.request)
        part = operations.with_step(draft, self.step)["steps"][self.step]
        if part.get("step") not in steps:
            raise operations.CannotDo(_("Nobody here knows this step: delete it."))
        if asks_too_much(steps[part["step"]], part.get("fields")):
            raise operations.CannotDo(
                _("Its rule asks for what you may not see, so you cannot change it here.")
            )
        page = StepPage(
            steps[part["step"]], part.get("fields") or {}, self.request.user, self.request.POST
        )
        return operations.change(draft, self.step, page.stored)

    def set_trigger(self, draft):
        key, entry = self.request.POST.get("kind", ""), entry_form(draft, self.request.POST)
        if key not in triggers:
            raise operations.CannotDo(_("Choose how the journey begins."))
        entry.is_valid()
        fields = StepPage(triggers[key], {}, self.request.user, self.request.POST).stored
        return operations.begin_with(
            draft, {"trigger": {"trigger": key, "fields": fields}, **entry.stored()}
        )

    def move(self, draft, mint):
        return operations.move(draft, self.step, self.place())

    def delete(self, draft, mint):
        self.focus = ""
        if journey_head.is_in_head(self.step):
            return journey_head.put(draft, self.step, None)
        return operations.delete(draft, self.step, self.said.get("keep", ""))

    def switch(self, draft, mint):
        return operations.switch(draft, self.step, is_off=self.said.get("off") == "1")

    def on_error(self, draft, mint):
        return operations.on_error(draft, self.step, self.said.get("choice", ""))

    def lead(self, draft, mint):
        return operations.lead_to(
            draft, self.step, self.said.get("way", ""), self.said.get("to") or None
        )


CHANGES = {
    "insert": Act.insert,
    "paste": Act.paste,
    "set": Act.set,
    "move": Act.move,
    "delete": Act.delete,
    "off": Act.switch,
    "lead": Act.lead,
    "on_error": Act.on_error,
}
ON_ERROR_WORDS = {
    "retry": gettext_lazy("try again, later and later"),
    "skip": gettext_lazy("skip the step and go on"),
    "hold": gettext_lazy("hold it for staff"),
}


def parts_of(draft: dict) -> list[tuple[type[forms.Form], dict]]:
    """The kind and the fields of each step, of the goal and the exits, that can be read at all."""
    found = [
        part
        for part in draft["steps"].values()
        if isinstance(part, dict) and isinstance(part.get("fields"), dict)
    ]
    found = [(steps[part["step"]], part["fields"]) for part in found if part.get("step") in steps]
    return found + journey_head.parts(draft)


def clip_of(draft: dict, step: str) -> dict:
    clip = operations.copied(draft, step)
    if len(json.dumps(clip)) > MOST_CLIP:
        raise operations.CannotDo(_("This is too much to copy at once."))
    return clip


def place_in(said: str) -> dict:
    """`at:step:way` or `before:step`. Raises CannotDo."""
    kind, _colon, rest = said.partition(":")
    if kind == "before" and rest:
        return {"before": rest}
    step, colon, way = rest.partition(":")
    if kind == "at" and colon:
        return {"at": [step, way]}
    raise operations.CannotDo(_("There is no such place any more."))


def place_said(place: dict) -> str:
    if "before" in place:
        return f"before:{place['before']}"
    return f"at:{place['at'][0]}:{place['at'][1]}" if place else ""


class Page:
    """The draft as the page shows it."""

    def __init__(self, request, draft: dict, *, is_stale: bool):
        self.request, self.draft, self.problems = request, draft, marks(draft)
        # What was typed by whoever came too late is shown again, so that it can be saved upon what
        # is there now.
        self.typed = request.POST if is_stale and request.POST.get("op") == "set" else None
        self.open = request.POST.get("step", "") if is_stale else request.GET.get("step", "")
        self.adding = request.GET.get("at", "")
        self.moving = request.GET.get("move", "")
        # Of a beginning alone it is not the beginning that is wrong: steps are missing.
        place = BEGINNING if self.open == TRIGGER and draft["steps"] else self.open
        self.is_saved = bool(request.GET.get("saved")) and place not in self.problems
        self.numbers: dict[str, int] = {}
        self.sentences: dict[str, str] = {}

    def whole(self) -> dict:
        return self.way(outline(self.draft))

    def way(self, way: Way, label: str = "") -> dict:
        return {
            "name": way.name,
            "label": label,
            "cards": [self.card(item) for item in way.items],
            "end": place_said(way.end),
            "goes_on": way.goes_on,
        }

    def card(self, item: Item) -> Card:
        part = self.draft["steps"][item.step]
        part = part if isinstance(part, dict) else {}
        kind = steps.by_key[part["step"]] if part.get("step") in steps else None
        is_hidden = asks_too_much(kind, part.get("fields"))
        card = Card(
            id=item.step,
            key=part.get("step") if isinstance(part.get("step"), str) else "",
            label=str(kind.label) if kind else _("unknown step"),
            sentence=said(
                lambda: telling.of_step(bound_step(part)),
                kind.label if kind else _("Nobody here knows this step."),
            ),
            is_hidden=is_hidden,
            problems=self.problems.get(item.step, []),
            place=place_said(item.place),
            number=self.numbers.setdefault(item.step, len(self.numbers) + 1),
            is_off=bool(part.get("off")),
            on_error=part.get("on_error") or ON_ERROR[0],
            is_open=item.step == self.open and not item.goes_to,
            goes_to=item.goes_to,
        )
        self.sentences[item.step] = card.sentence
        labels = exits_of(part)
        order = list(labels)  # what is stored has lost it
        stored = part.get("exits") if isinstance(part.get("exits"), dict) else {}
        card.exits = [
            (way, labels.get(way, way))
            for way in sorted(stored, key=lambda way: (way not in labels, [*order, way].index(way)))
        ]
        card.leads = [(way, label, stored.get(way)) for way, label in card.exits]
        ways = sorted(item.ways, key=lambda own: [*order, own.name].index(own.name))
        card.ways = [self.way(own, str(labels.get(own.name, own.name))) for own in ways]
        if card.is_open and kind and not is_hidden:
            written = self.request.GET.get("rule", "")
            card.page = StepPage(
                kind, part.get("fields") or {}, self.request.user, self.typed, rule=written
            )
        return card

    def trigger(self) -> dict:
        """The beginning: its sentence, and its form where it is open."""
        part = self.draft.get("trigger") if isinstance(self.draft.get("trigger"), dict) else {}
        key = self.request.GET.get("kind") or (self.typed or {}).get("kind") or part.get("trigger")
        key = key if isinstance(key, str) else ""
        kind, is_open = triggers.by_key.get(key), self.open == TRIGGER or not part.get("trigger")
        stored = part.get("fields") if part.get("trigger") == key else {}
        shown = {
            "sentence": said(
                lambda: bound(triggers, "trigger", part).sentence(),
                _("Choose how the journey begins."),
            ),
            "problems": self.problems.get(BEGINNING, []),
            "is_open": is_open,
            "kinds": list(triggers),
            "chosen": key,
        }
        if is_open:
            shown["entry"] = entry_form(self.draft, self.typed)
            shown["page"] = (
                StepPage(kind, stored or {}, self.request.user, self.typed) if kind else None
            )
        return shown

    def head(self) -> list[journey_head.HeadCard]:
        """The goal and the exits."""
        return journey_head.cards(self.draft, self.problems, self.request, self.open, self.typed)

    def next_exit(self) -> str:
        return journey_head.next_exit(self.draft)

    def on_error_choices(self) -> list[tuple[str, str]]:
        return [(choice, ON_ERROR_WORDS[choice]) for choice in ON_ERROR]

    def kinds(self) -> list:
        return list(steps)

    def others(self) -> list[tuple[str, str]]:
        """The steps that a way can lead to: id, and what the list calls them."""
        return [(step, f"{number} {self.sentences[step]}") for step, number in self.numbers.items()]

    def wrong(self) -> list[tuple[str, str]]:
        """Every mark with the step that it is at."""
        return [(step or TRIGGER, text) for step, texts in self.problems.items() for text in texts]

    def unreachable(self) -> list[Card]:
        """Steps that no way leads to: they can be looked at and deleted."""
        return [self.card(Item(step, {})) for step in lost(self.draft)]


def said(read, otherwise: str) -> str:
    try:
        return telling.capitalised(read())
    except (InvalidJourney, KeyError, TypeError, ValueError, AttributeError):
        return str(otherwise)


def exits_of(part: dict) -> dict:
    try:
        return dict(bound_step(part).exits)
    except InvalidJourney:
        kind = steps[part["step"]] if part.get("step") in steps else None
        return dict(kind(data={}).exits) if kind else {}
