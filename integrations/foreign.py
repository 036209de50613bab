"""What the formats of foreign clients have in common: keys instead of signatures, and refusals that nobody reads."""

from collections.abc import Callable

from customers.models import Source
from events.incoming import Incoming
from integrations import callers
from integrations.formats import Format, Rejected
from integrations.free_json import Unfit, checked, spelled
from integrations.problems import Unauthorized


class ForeignFormat(Format):
    keeps_rejected = True

    def check_headers(self, request) -> None:
        """Nothing: these clients mislabel what they send (gzip as a form, JSON as text)."""

    def source_of(self, key: str) -> Source:
        source = callers.keyed_source(key)
        if source is None or source.format != self.key:
            raise Unauthorized
        return source


def understood(items: list, one: Callable[[dict], Incoming], id_of: Callable[[dict], str | None]) -> list[Incoming | Rejected]:
    """Each item in our terms, or why not."""
    return [attempted(number, item, one, id_of) for number, item in enumerate(items)]


def attempted(number: int, item, one: Callable[[dict], Incoming], id_of: Callable[[dict], str | None]) -> Incoming | Rejected:
    try:
        if not isinstance(item, dict):
            raise Unfit("wrong_type", "$", "An event is an object.")
        return one(checked(item))
    except Unfit as unfit:
        raw = spelled(item)
        found = id_of(item) if isinstance(item, dict) else None
        return Rejected(number, found, unfit.code, unfit.path, str(unfit), raw)


def told(results: list, stored: str) -> dict:
    """The counts for whoever does read the answer."""
    rejected = [one for one in results if isinstance(one, Rejected)]
    first = [{"index": one.index, "code": one.code, "path": one.path, "detail": one.detail} for one in rejected[:20]]
    return {stored: len(results) - len(rejected), "rejected": first}
