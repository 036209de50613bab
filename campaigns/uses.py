"""Which segments, tags and batches journeys and campaigns use (CRM_USES)."""

from collections.abc import Collection, Iterator

from django.db.models import Model, Q
from django.forms import Form, ModelChoiceField
from django.utils.translation import gettext as _

from campaigns.journeys import lifecycle
from campaigns.journeys.entry_rules import EntryRule
from campaigns.journeys.format import current
from campaigns.journeys.leaving import EXITS, GOALS
from campaigns.journeys.steps.base import steps
from campaigns.journeys.steps.branch import RuleField
from campaigns.journeys.triggers import triggers
from campaigns.models import Campaign, CouponBatch, Journey, Run
from crm_project.templatetags.hutong import page_of
from customers.models import Segment
from customers.segments import rules
from customers.uses import Use

CAMPAIGN_FIELDS = {
    Segment: ("segment", "more_segments", "without_segments"),
    CouponBatch: ("coupon_batch", "b_coupon_batch", "c_coupon_batch"),
}


def by_marketing(model: type[Model], numbers: Collection[int]) -> Iterator[tuple[int, Use]]:
    yield from by_journeys(model, set(numbers))
    named = [
        Campaign.objects.filter(**{f"{field}__in": list(numbers)}).values_list(field, "pk", "name")
        for field in CAMPAIGN_FIELDS.get(model, ())
    ]
    if named:
        first, *others = named
        for number, pk, name in sorted(first.union(*others), key=lambda row: row[2]):
            page = page_of(Campaign(pk=pk))
            yield number, Use(_("the campaign “%(name)s”") % {"name": name}, page)


def by_journeys(model: type[Model], numbers: set[int]) -> Iterator[tuple[int, Use]]:
    """Journeys that somebody may still walk: not those that have ended and that nobody is under way
    in."""
    under_way = Run.objects.filter(state=Run.State.ACTIVE).values("journey")
    walked = Journey.objects.filter(~Q(status__in=lifecycle.OVER) | Q(pk__in=under_way))
    for journey in walked.prefetch_related("versions").order_by("name"):
        stored = [journey.draft, *(version.definition for version in journey.versions.all())]
        for pk in sorted(set().union(*(rows_named(one, model) for one in stored)) & numbers):
            yield pk, Use(_("the journey “%(name)s”") % {"name": journey}, page_of(journey))


def rows_named(stored, model: type[Model]) -> set[int]:
    """The rows of the model that a journey's definition names, in its trigger, its goal, its exits,
    its steps and their rules."""
    stored = current(stored)
    if not isinstance(stored, dict):
        return set()
    inner = stored.get("steps")
    parts = [(triggers, "trigger", stored.get("trigger"))]
    parts += [(steps, "step", part) for part in (inner.values() if isinstance(inner, dict) else ())]
    leave = stored.get("leave")
    parts += [(GOALS, "by", stored.get("goal"))]
    parts += [(EXITS, "by", part) for part in (leave if isinstance(leave, list) else ())]
    found = set()
    for registry, name, part in parts:
        if (
            isinstance(part, dict)
            and part.get(name) in registry
            and isinstance(fields := part.get("fields"), dict)
        ):
            found |= named_by(registry[part[name]], fields, model)
    if isinstance(entry := stored.get("entry"), dict):
        found |= named_by(EntryRule, entry, model)
    return found


def named_by(kind: type[Form], fields: dict, model: type[Model]) -> set[int]:
    found = set()
    for name, field in kind.base_fields.items():
        if isinstance(field, RuleField):
            found |= rules.references(fields.get(name)).get(model, set())
        elif isinstance(field, ModelChoiceField) and field.queryset.model is model:
            found |= rules.numbers(fields.get(name))
    return found
