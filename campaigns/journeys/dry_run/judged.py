"""What a dry run could not judge as of then, and says so: by today's value, or by none."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django import forms
from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.journeys.definition import Definition
from campaigns.journeys.editor.marks import BEGINNING, EXIT, GOAL
from campaigns.journeys.leaving import BySegment
from campaigns.journeys.occasions import Occasion, OnBooking
from campaigns.journeys.on_date import OnDate
from campaigns.journeys.steps.branch import RuleField
from campaigns.journeys.steps.issue_coupon import IssueCoupon
from campaigns.journeys.steps.recommend import Recommend
from campaigns.journeys.steps.send_message import SendMessage
from campaigns.journeys.steps.wait_for_booking import WaitForBooking
from campaigns.journeys.steps.wait_until import WaitUntil
from campaigns.journeys.triggers import OnCall, OnSchedule, OnSegment
from customers.models import Merge, Transition
from customers.segments import rules

AS_OF_THEN = frozenset({"event"})  # what conditions read that has its time, and is never changed
Marks = dict[str, list[str]]


def marks(journey: Definition, since: datetime) -> Marks:
    """By place ("" for the beginning, a step, the goal, an exit): in sentences."""
    found: Marks = defaultdict(list)
    found[BEGINNING] += [*beginning(journey, since), *everywhere(since)]
    for step, one in journey.steps.items():
        if not journey.is_off(step):
            found[step] += of_step(one)
    if journey.ways_out.goal:
        found[GOAL] += of_why(journey.ways_out.goal)
    for place, why in enumerate(journey.ways_out.exits):
        found[f"{EXIT}{place}"] += of_why(why)
    return {place: texts for place, texts in found.items() if texts}


def beginning(journey: Definition, since: datetime) -> Iterator[str]:
    trigger, entry = journey.trigger, journey.entry.cleaned_data
    if isinstance(trigger, OnSegment):
        yield from how_far_back(trigger, since)
        yield _("Those who were let in by hand because they were inside already are not here.")
    elif isinstance(trigger, OnSchedule):
        yield _("Taken are those who are in the segment today.")
    elif isinstance(trigger, OnDate):
        yield _("The attribute is looked at as it is today.")
    elif isinstance(trigger, OnBooking):
        yield _("Bookings are looked at as they are today; those cancelled since begin nothing.")
    elif isinstance(trigger, Occasion):
        yield _("Coupons are looked at as they are today; those used since begin nothing.")
    elif isinstance(trigger, OnCall):
        yield _("Taken are those whom staff or your server really let in.")
    if entry["segment"]:
        yield from of_rule(entry["segment"].definition)
    if entry["per_hour"]:
        yield _("Nobody waits for their turn: how many enter in an hour is not looked at.")


def everywhere(since: datetime) -> Iterator[str]:
    """What holds for every journey."""
    yield _(
        "Everything is done here at its very moment; on a busy day we came to it some seconds"
        " later, and what happened in between counted."
    )
    merged = Merge.objects.filter(at__gt=since, undone_at=None).count()
    if merged:
        yield ngettext(
            "%(n)s member turned out to be another one since then: the two count as one from the"
            " start, so how often they enter and whether they are held out can differ.",
            "%(n)s members turned out to be others since then: they count as one from the start,"
            " so how often they enter and whether they are held out can differ.",
            merged,
        ) % {"n": merged}


def how_far_back(trigger: OnSegment, since: datetime) -> Iterator[str]:
    """It is noted who entered and left since the segment exists, and as long as that is kept."""
    segment = trigger.cleaned_data["segment"]
    first = Transition.objects.filter(segment=segment).aggregate(at=Min("at"))["at"]
    if first is None:
        yield _("Nobody has entered or left the segment yet, as far as it was noted.")
    elif first > since:
        yield _("Who entered and left the segment is known since %(day)s only.") % {
            "day": f"{first:%Y-%m-%d}"
        }


def of_step(step) -> Iterator[str]:
    for rule in rules_of(step):
        yield from of_rule(rule)
    if step.is_told:
        yield _("Nobody was asked: all go on by the first way, at once.")
    if isinstance(step, WaitUntil) and step.cleaned_data["until"] == "date":
        yield _("The attribute is looked at as it is today.")
    if isinstance(step, WaitForBooking):
        yield _("Bookings are looked at as they are today.")
    if isinstance(step, SendMessage):
        yield _(
            "Addresses, allowed subscribe messages and what is filled in are those of today;"
            " consents, quiet hours and the messages that were sent count as of then."
        )
        yield _("Sent means that it would have left: what a provider makes of it is not known.")
    if isinstance(step, Recommend):
        yield _("What is recommended is chosen by what is bought and in stock today.")
    if isinstance(step, IssueCoupon) or step.carries():
        yield _("What is left of the coupons is what is left today.")


def rules_of(form: forms.Form) -> list[dict]:
    named = [name for name, field in form.fields.items() if isinstance(field, RuleField)]
    return [rule for name in named if (rule := form.cleaned_data.get(name))]


def of_why(why) -> Iterator[str]:
    if isinstance(why, BySegment):
        yield _(
            "Who is in the segment is looked at as it is today; who entered or left, as of then."
        )
    for rule in rules_of(why):
        yield from of_rule(rule)


def of_rule(rule: dict) -> Iterator[str]:
    """Conditions whose answer of then nobody knows any more."""
    known = rules.known(rule)
    labels = {str(leaf.label): None for leaf in known if not leaf.reads <= AS_OF_THEN}
    if any(leaf.reads & AS_OF_THEN for leaf in known):
        yield _("In its rule, events that were told late count from when they happened.")
    if labels:
        yield _("Looked at as it is today: %(conditions)s.") % {"conditions": ", ".join(labels)}


def all_rules(journey: Definition) -> list[dict]:
    """Every rule that has a say in who goes where."""
    found = [rule for step in journey.steps.values() for rule in rules_of(step)]
    found += [rule for why in journey.ways_out.all for rule in rules_of(why)]
    named: list[forms.Form] = [journey.entry, journey.trigger, *journey.ways_out.all]
    segments = [one.cleaned_data["segment"] for one in named if "segment" in one.cleaned_data]
    return found + [segment.definition for segment in segments if segment]
