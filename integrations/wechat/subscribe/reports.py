"""What the mini-program says of a choice that somebody has just made in its pop-up: a hint beside
WeChat's own push, and the only word where the pop-up did not show (总是保持以上选择)."""

from collections.abc import Mapping
from datetime import datetime

from customers.models import Connection, Identity
from integrations.doors.problems import Refused
from integrations.wechat.subscribe import grants
from integrations.wechat.subscribe.grants import Report
from integrations.wechat.subscribe.models import SubscribeTemplate

ACCEPTED = frozenset({"accept", "acceptWithAudio", "acceptWithAlert", "acceptWithForcePush"})
CHOICES = ACCEPTED | {"reject", "ban", "filter"}


def note(
    row: Connection, person: Identity, ident: str, choices: Mapping[str, str], now: datetime
) -> dict[str, int | str]:
    """Each accept counts once for this id of the report. What is left, by template. Raises
    Refused, and then nothing counts."""
    known = SubscribeTemplate.objects.filter(connection=row, key__in=choices).in_bulk(
        field_name="pk"
    )
    by_key = {one.key: one for one in known.values()}
    for key, choice in choices.items():
        if key not in by_key:
            raise Refused(
                "The app has no such template.", code="unknown_template", path="$.choices"
            )
        if choice not in CHOICES:
            raise Refused(
                f"A choice is one of {', '.join(sorted(CHOICES))}.",
                code="unknown_value",
                path="$.choices",
            )
    reports = [
        Report(by_key[key], now, f"{person.pk}:{ident}:{by_key[key].pk}", grants.SaidBy.CLIENT)
        for key, choice in sorted(choices.items())
        if choice in ACCEPTED
    ]
    grants.accept(person, reports, now=now)
    left = grants.left([person.pk])
    return {key: in_words(left.get((person.pk, one.pk))) for key, one in sorted(by_key.items())}


def in_words(left: grants.Left | None) -> int | str:
    if left is None:
        return 0
    return "any" if left.is_lasting else left.n
