"""Event names by number: a short number in each row instead of a long text."""

from collections.abc import Iterable

from events.models import EventName

_numbers: dict[str, int] = {}
_texts: dict[int, str] = {}


def numbers(names: Iterable[str]) -> dict[str, int]:
    """The number of each name, made when new. Called outside of ingest's transaction: what is remembered must be committed."""
    names = set(names)
    missing = names - _numbers.keys()
    if missing:
        EventName.objects.bulk_create([EventName(name=name) for name in sorted(missing)], ignore_conflicts=True)
        _numbers.update(EventName.objects.filter(name__in=missing).values_list("name", "pk"))
    return {name: _numbers[name] for name in names}


def number(name: str) -> int:
    return numbers([name])[name]


def known(name: str) -> int:
    """The number of a name that only asks; a name that nothing ever had is -1, and no event has that."""
    if name not in _numbers:
        _numbers.update(EventName.objects.filter(name=name).values_list("name", "pk"))
    return _numbers.get(name, -1)


def texts(numbers: Iterable[int]) -> dict[int, str]:
    """The names of rows that are stored already. A name never changes, so each is read once."""
    missing = set(numbers) - _texts.keys()
    if missing:
        _texts.update(EventName.objects.filter(pk__in=missing).values_list("pk", "name"))
    return _texts
