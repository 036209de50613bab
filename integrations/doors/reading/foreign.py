"""What the formats of foreign clients have in common: keys instead of signatures, and refusals that
nobody reads."""

from collections.abc import Callable

from customers.models import Source
from events.incoming_items import Incoming
from integrations.doors import bisecting, callers, refusals
from integrations.doors.event_names import UNKNOWN_EVENT, name_here
from integrations.doors.formats import Format, Parsed, Rejected
from integrations.doors.problems import Unauthorized
from integrations.doors.reading.free_json import Unfit, checked, spelled

MOST_TOLD = 20


class ForeignFormat(Format):
    keeps_rejected = True
    asks_money_unit = True

    def check_headers(self, request) -> None:
        """Nothing: these clients mislabel what they send (gzip as a form, JSON as text)."""

    proof: str  # how a request names its key, in words

    def key_outside(self, request) -> str:
        """The key that the request names outside its body, or ""."""
        raise NotImplementedError

    def named(self, request) -> Source | None:
        return callers.keyed_source(self.key_outside(request))

    def unproven(self, request) -> str:
        lacks = "" if self.key_outside(request) else " It names none there."
        return f"Unknown key, or of another format. {self.proof}{lacks}"

    def check_before_body(self, request) -> None:
        key = self.key_outside(request)
        if key:
            self.source_of(key)

    def source_of(self, key: str) -> Source:
        source = callers.keyed_source(key)
        if source is None or source.format != self.key:
            self.note_wrong_key(key)
            raise Unauthorized
        return source

    def note_wrong_key(self, key: str) -> None:
        """The usual mistakes, told on the source's own page and to nobody else."""
        named = callers.source_of(key)
        if named is not None:
            refusals.note(named, "wrong_format" if named.format != self.key else "needs_read_token")


def event_name(name: str, source: Source) -> str:
    """What it is called here; Unfit where the source is strict and nobody knows the name."""
    found = name_here(name, source)
    if found is None:
        raise Unfit("unknown_event", "$.event", UNKNOWN_EVENT)
    return found


def understood(
    items: list,
    one: Callable[[dict], Incoming],
    id_of: Callable[[dict], str | None],
    spell: Callable[[object], bytes] = spelled,
) -> list[Incoming | Rejected]:
    """Each item in our terms, or why not. `spell` gives a refused one as bytes that the same
    address would take alone."""
    return [attempted(number, item, one, id_of, spell) for number, item in enumerate(items)]


def attempted(number: int, item, one, id_of, spell) -> Incoming | Rejected:
    try:
        if not isinstance(item, dict):
            raise Unfit("wrong_type", "$", "An event is an object.")
        return one(checked(item))
    except Unfit as unfit:
        return Rejected(number, named(item, id_of), unfit.code, unfit.path, str(unfit), spell(item))
    except Exception as error:
        if not bisecting.is_of_the_item(error):
            raise
        bisecting.alarm(error, "an item could not be understood")
        return bisecting.rejected(number, named(item, id_of), spell(item))


def named(item, id_of) -> str | None:
    return id_of(item) if isinstance(item, dict) else None


def told(parsed: Parsed, results: list, stored: str) -> dict:
    """The counts for whoever does read the answer."""
    rejected = [one for one in results if isinstance(one, Rejected)]
    first = [
        {"index": one.index, "code": one.code, "path": one.path, "detail": one.detail}
        for one in rejected[:MOST_TOLD]
    ]
    warnings = parsed.warnings(results)[:MOST_TOLD]
    return {
        stored: len(results) - len(rejected),
        "rejected": first,
        **({"warnings": warnings} if warnings else {}),
    }
