"""Publishing a journey needs a second pair of eyes, where the workspace wants one."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys import definition, leaving, telling
from campaigns.journeys.steps.branch import RuleField
from campaigns.models import Journey
from crm_project.web import viewer
from customers.approval.kinds import Kind, Refused
from customers.segments import rules


class PublishingOfJourney(Kind):
    key, label, model = "journey", gettext_lazy("publishing a journey"), Journey
    permission = "campaigns.view_journey"

    def content(self, row: Journey) -> dict:
        try:
            return definition.described(row, definition.check(row.draft).stored)
        except definition.InvalidJourney as wrong:
            raise Refused(" ".join(wrong.messages)) from wrong

    def words(self, content: dict) -> list[tuple[str, str]]:
        stored = content["definition"]
        lines = [(_("name"), content["name"])]
        try:
            journey = definition.read(stored)
        except definition.InvalidJourney as wrong:
            return [*lines, (_("journey"), wrong.messages[0])]
        reentry = stored.get("reentry") or {}
        lines += [
            (_("begins"), telling.capitalised(journey.trigger.sentence())),
            (_("how often may one customer enter?"), REENTRIES.get(reentry.get("kind", ""), "")),
            (_("days"), str(reentry.get("days", ""))),
            (_("held out, to measure the effect (%)"), str(stored.get("holdout_percent", 0))),
        ]
        lines += [(_("who may enter"), text) for text in journey.entry.sentences()]
        lines += [
            (_("goal and leaving"), text)
            for text in leaving.sentences(journey.ways_out, telling.capitalised)
        ]
        lines = [(label, str(text)) for label, text in lines]
        for key in journey.steps:
            lines += step_words(journey, key)
        return lines


REENTRIES = {
    "once": gettext_lazy("once ever"),
    "days": gettext_lazy("once in so many days"),
    "key": gettext_lazy("once per product"),
    "always": gettext_lazy("every time"),
}


def step_words(journey: definition.Definition, key: str) -> list[tuple[str, str]]:
    """What a step does, where its ways lead, and every text of it."""
    step = journey.steps[key]
    is_seen = viewer.may(*needs_of(step))
    ways = [
        f"{label} → {journey.target(key, way) or _('end')}" for way, label in step.exits.items()
    ]
    off = f" ({_('off')})" if journey.is_off(key) else ""
    said = telling.capitalised(step.sentence()) if is_seen else str(step.label)
    texts = step.cleaned_data.get("content")
    return [
        (key, f"{said}{off}. {'; '.join(ways)}"),
        *(
            (f"{key}: {name}", str(text or ""))
            for name, text in (texts.items() if isinstance(texts, dict) else ())
        ),
    ]


def needs_of(step) -> set[str]:
    """Of the rules in it."""
    named = [name for name, field in step.fields.items() if isinstance(field, RuleField)]
    return set().union(*(rules.needs(step.cleaned_data.get(name) or {}) for name in named))
