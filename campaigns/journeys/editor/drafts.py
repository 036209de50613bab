"""Drafts with their past: one per journey, shared by its editors.

Every act makes a snapshot and a new revision, undoing and redoing too. Whoever acts says which
revision they saw: one that is older is refused, so nothing of another's work is lost. An act after
an undo forgets what was undone; of the past MOST snapshots are kept.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.journeys.editor.operations import CannotDo
from campaigns.journeys.format import VERSION, current
from campaigns.models import Journey, JourneyDraft

MOST, MOST_CHARACTERS = 200, 500_000
EMPTY = {
    "v": VERSION,
    "trigger": {"trigger": "", "fields": {}},
    "reentry": {"kind": "once"},
    "holdout_percent": 10,
    "start": None,
    "steps": {},
}


class Stale(Exception):
    """Somebody else has changed the draft since; `journey` is as it is now."""

    def __init__(self, journey: Journey):
        super().__init__(f"revision {journey.draft_revision}")
        self.journey = journey


def opened(journey: Journey) -> dict:
    """The draft as version 2, also where there is none yet or an older one."""
    stored = current(journey.draft) if journey.draft else None
    return stored if isinstance(stored, dict) and isinstance(stored.get("steps"), dict) else EMPTY


def act(
    journey: Journey,
    revision: int,
    operation: str,
    change: Callable[[dict, Callable[[], str]], dict],
    *,
    by,
    now: datetime,
) -> Journey:
    """The draft is what `change(draft, mint)` makes of it. Raises Stale, or what `change` raises:
    then nothing is changed."""
    with locked(journey, revision) as row:
        draft = opened(row)
        changed = change(draft, minter(row, draft))
        if len(json.dumps(changed)) > MOST_CHARACTERS:
            raise CannotDo(_("The journey says too much: shorten its texts or rules."))
        if row.draft_position == 0:
            # The first act: what it was before can be come back to.
            snapshot(row, 0, draft, "", by, now)
        JourneyDraft.objects.filter(journey=row, position__gt=row.draft_position).delete()
        row.draft_position += 1
        snapshot(row, row.draft_position, changed, operation, by, now)
        JourneyDraft.objects.filter(journey=row, position__lt=row.draft_position - MOST).delete()
        return saved(row, changed)


def undo(journey: Journey, revision: int) -> Journey:
    """The draft is as before the last act, where there is one."""
    return step_in_time(journey, revision, -1)


def redo(journey: Journey, revision: int) -> Journey:
    """The draft is as after the act that was undone, where there is one."""
    return step_in_time(journey, revision, 1)


def can(journey: Journey) -> tuple[bool, bool]:
    """Whether there is something to undo, and to redo."""
    there = set(
        JourneyDraft.objects.filter(
            journey=journey, position__in=[journey.draft_position - 1, journey.draft_position + 1]
        ).values_list("position", flat=True)
    )
    return journey.draft_position - 1 in there, journey.draft_position + 1 in there


def step_in_time(journey: Journey, revision: int, by: int) -> Journey:
    with locked(journey, revision) as row:
        there = JourneyDraft.objects.filter(journey=row, position=row.draft_position + by).first()
        if there is None:
            return row
        row.draft_position = there.position
        return saved(row, there.definition)


@contextmanager
def locked(journey: Journey, revision: int) -> Iterator[Journey]:
    """The journey's row in a transaction, at the revision that was seen. Raises Stale."""
    with transaction.atomic():
        row = Journey.objects.select_for_update().get(pk=journey.pk)
        if row.draft_revision != revision:
            raise Stale(row)
        yield row


def minter(row: Journey, draft: dict) -> Callable[[], str]:
    """Ids that no step of this journey has had."""

    def mint() -> str:
        while True:
            row.step_counter += 1
            if (name := f"s{row.step_counter}") not in draft["steps"] and not was_used(row, name):
                return name

    return mint


def was_used(row: Journey, name: str) -> bool:
    """By a version made before steps were counted."""
    return row.versions.filter(definition__steps__has_key=name).exists()


def snapshot(
    row: Journey, position: int, definition: dict, operation: str, by, now: datetime
) -> None:
    JourneyDraft.objects.update_or_create(
        journey=row,
        position=position,
        defaults={"definition": definition, "operation": operation, "by": by, "at": now},
    )


def saved(row: Journey, definition: dict) -> Journey:
    row.draft, row.draft_revision = definition, row.draft_revision + 1
    row.save(update_fields=["draft", "draft_revision", "draft_position", "step_counter"])
    return row
