"""What is there already of orders, bookings, refunds and the like, and which state is newer."""

from collections.abc import Sequence

from integrations.sync.files.kinds.base import CHANGED, NEW, OLDER, SAME, Made, Setting


def newest_here(model, made: Sequence[Made], setting: Setting, fields: Sequence[str]) -> dict:
    """The rows of these numbers, in one query: number -> its values."""
    found = model.objects.filter(
        namespace=setting.source.namespace_id, number__in={one.key for one in made}
    ).values("number", "status", "occurred_at", "origin_customer_id", *fields)
    return {row["number"]: row for row in found}


def judge(one: Made, known: dict | None, said: dict, ranks: dict[str, int]) -> None:
    """Whether the file's state is new, newer, the same or older than what is known; as
    events/commerce/states.py would decide."""
    one.object = one.key
    one.before = {
        "at": said["occurred_at"].isoformat(),
        "status": said["status"],
        "event": one.incoming.event_id,
    }
    if known is None:
        one.outcome, one.before = NEW, {"made": True, **one.before}
        return
    one.origin = known["origin_customer_id"]
    if all(known[name] == value for name, value in said.items()):
        one.outcome = SAME
        return
    mine = (said["occurred_at"], ranks[said["status"]])
    theirs = (known["occurred_at"], ranks[known["status"]])
    one.outcome = CHANGED if mine >= theirs else OLDER
    one.before["was"] = {name: plain(known[name]) for name in said}


def plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value
