"""Event names by number: a short number in each row instead of a long text."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from customers.models import Source
from events.models import EventName

OTHER = "Other event"  # what is gathered where a source has added more names than it may
TRUE_NAME = "event_name"  # the property that says what it was
MOST_REMEMBERED = 20_000

_numbers: dict[str, int] = {}
_texts: dict[int, str] = {}
_only_asks: ContextVar[bool] = ContextVar("only_asks", default=False)


@contextmanager
def asked_only() -> Iterator[None]:
    """Within the block no name is made: one that nothing ever had is -1, as in `known`."""
    token = _only_asks.set(True)
    try:
        yield
    finally:
        _only_asks.reset(token)


def numbers(names: Iterable[str], *, made_by: int | None = None) -> dict[str, int]:
    """The number of each name, made when new, for this source. Called outside of ingest's
    transaction: what is remembered must be committed."""
    found, missing = remembered(names)
    if missing and _only_asks.get():
        return found | {name: known(name) for name in missing}
    if missing:
        EventName.objects.bulk_create(
            [EventName(name=name, made_by_id=made_by) for name in sorted(missing)],
            ignore_conflicts=True,
        )
        found |= remember(EventName.objects.filter(name__in=missing).values_list("name", "pk"))
    return found


def remembered(names: Iterable[str]) -> tuple[dict[str, int], set[str]]:
    """Those whose number is known here, and the others."""
    names = set(names)
    found = {name: _numbers[name] for name in names if name in _numbers}
    return found, names - found.keys()


def remember(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Names are few, or somebody makes them up: then all are asked for again."""
    found = dict(pairs)
    if len(_numbers) + len(found) > MOST_REMEMBERED:
        _numbers.clear()
    _numbers.update(found)
    return found


def unknown(names: Iterable[str]) -> set[str]:
    """Those that nothing ever had."""
    _found, missing = remembered(names)
    return (
        missing
        - remember(EventName.objects.filter(name__in=missing).values_list("name", "pk")).keys()
        if missing
        else missing
    )


def made_by(source: Source) -> int:
    """How many names this source has added."""
    return EventName.objects.filter(made_by=source).count()


def number(name: str) -> int:
    return numbers([name])[name]


def known(name: str) -> int:
    """The number of a name that only asks; a name that nothing ever had is -1, and no event has
    that."""
    found, missing = remembered([name])
    if missing:
        found = remember(EventName.objects.filter(name=name).values_list("name", "pk"))
    return found.get(name, -1)


def texts(numbers: Iterable[int]) -> dict[int, str]:
    """The names of rows that are stored already. A name never changes, so each is read once."""
    missing = set(numbers) - _texts.keys()
    if missing:
        if len(_texts) + len(missing) > MOST_REMEMBERED:
            _texts.clear()
            missing = set(numbers)
        _texts.update(EventName.objects.filter(pk__in=missing).values_list("pk", "name"))
    return _texts
