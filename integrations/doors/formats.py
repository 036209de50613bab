"""The seam for event formats: how one sender authenticates, what its bytes mean, and what answer it
expects.

A format is a folder with `format.py`, and one line in settings.CRM_FORMATS. `webhooks.py` never
needs to know it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django import forms
from django.http import HttpResponse

from crm_project.registry import Registry
from customers.models import Source
from events.incoming_items import Incoming, Outcome
from integrations.doors import bodies, problems

GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class Rejected:
    """One item that cannot be stored, and why."""

    index: int
    id: str | None
    code: str
    path: str
    detail: str
    raw: bytes = b""


@dataclass(slots=True)
class Told:
    """What is no event of anybody's: what a vendor says became of a message
    (`Format.take_told`)."""

    id: str
    what: object


@dataclass(slots=True)
class Parsed:
    """What a request held, in its order."""

    items: list[Incoming | Rejected | Told] = field(default_factory=list)
    is_single: bool = False
    raw: Callable[[int], bytes] | None = (
        # an item as bytes that the same address would take alone, where the format keeps what it
        # refuses
        None
    )
    more: object = None  # what else the format itself has understood, for its `follow`

    def warnings(self, results: list) -> list[dict]:
        """What senders should mend in items that were stored all the same (or were here before)."""
        return [
            {
                "index": index,
                "id": item.id,
                "code": one.code,
                "path": one.path,
                "detail": one.detail,
            }
            for index, (item, result) in enumerate(zip(self.items, results, strict=True))
            if isinstance(item, Incoming) and not isinstance(result, Rejected)
            for one in item.warnings
        ]


class Format:
    """One way to send events to us. An instance serves one of its `paths` and keeps nothing between
    requests."""

    key: str  # stored in Source.format: never renamed
    label: str
    paths: tuple[str, ...] = ()
    has_address = True  # False: nobody sends to it, we fetch what it reads (a queue)
    shown_paths: tuple[str, ...] = ()  # the addresses that a developer is shown; empty: all
    asked: Mapping[
        str, Callable
    ] = {}  # what its clients ask beside, by address: the views that answer
    most_bytes = bodies.MOST_BYTES
    methods = ("POST",)
    keeps_rejected = (
        False  # True where the sender does not listen to refusals: then they go to the quarantine
    )
    # True where the sender forgets its events on any answer: then nothing may be answered "later"
    must_keep = False
    money_unit = (
        Source.MoneyUnit.FEN
    )  # what a source of this format counts in, where nobody says otherwise
    asks_money_unit = (
        False  # True where senders state money without its unit: then staff must say it
    )
    usual_names: Mapping[
        str, str
    ] = {}  # what a new source calls its events, and what they are called here
    # How to begin, by trust: (title, template of a text to copy); shown on the source's page with
    # its own key. Nothing with a secret in it is for a client: a server source has guides for
    # servers only.
    guides: Mapping[str, tuple[tuple[str, str], ...]] = {}
    example = ""  # template of a first event to try, as JSON
    vendor = ""  # whose connection holds the secrets of its sources (CRM_VENDORS)
    # What must be known of each of its sources beside, sealed in the source's row: only where no
    # vendor's connection holds it.
    Settings: type[forms.Form] | None = None
    joining = ""  # template of the call by which a server names a visitor and a member together

    def __init__(self, path: str):
        self.path = path

    @property
    def is_for_pages(self) -> bool:
        """May a client source send here, and so a page in a browser?"""
        return True

    @classmethod
    def doors(cls) -> Iterable["Format"]:
        """One instance for each address."""
        return [cls(path) for path in cls.paths]

    def serves(self, address: str) -> bool:
        """Is this where a request that waited in the spool had come to?"""
        return address == f"/{self.path}"

    @classmethod
    def door_at(cls, path: str) -> "Format | None":
        """The door behind the path that a row of the quarantine names; one that named none came to
        the first."""
        known = {door.path: door for door in cls.doors()}
        return known.get(path) or next(iter(known.values()), None)

    @property
    def takes_changes(self) -> bool:
        """Does it hold changes of tables, which are read with what is known of their rows
        (`take_again`)?"""
        return False

    @property
    def is_history(self) -> bool:
        """Is what comes in by it how things were before, so that nobody is written to because of
        it?"""
        return False

    def check_headers(self, request) -> None:
        """Refuse what need not even be read."""
        bodies.check_is_json(request)

    def named(self, request) -> Source | None:
        """The source that a request names outside its body, proved or not; None where that is none,
        or only the body says."""
        return None

    def check_before_body(self, request) -> None:
        """Refuse who cannot be right whatever the body says: it has not come yet, and need not."""

    def unproven(self, request) -> str:
        """What is said to who did not prove himself: what of his own is missing, and nothing about
        what we know."""
        return problems.Unauthorized.detail

    def read(self, request) -> bytes:
        """The bytes that the request carries."""
        return bodies.read(request, self.most_bytes)

    def only_asks(self, request) -> bool:
        """Does it carry no items and only want an answer: a check of the address, an echo?"""
        return False

    def answered(self, request, source: Source) -> HttpResponse:
        """What a request that only asks is answered, once it has proved itself."""
        raise NotImplementedError

    def is_dry(self, request) -> bool:
        """Should it only be checked, and nothing stored?"""
        return False

    def authenticate(self, request, body: bytes) -> Source:
        """Whose request this is, judged by its headers and raw bytes; raises Unauthorized."""
        raise NotImplementedError

    def unpack(self, request, body: bytes) -> bytes:
        """Without a request the bytes say themselves what they are."""
        is_packed = body[:2] == GZIP if request is None else bodies.encoding(request) == "gzip"
        return bodies.inflate(body) if is_packed else body

    def parse(self, body: bytes, source: Source, now: datetime) -> Parsed:
        """Every item, decoded and checked, or rejected; raises Refused when not even items can be
        told apart."""
        raise NotImplementedError

    def follow(self, source: Source, parsed: Parsed, now: datetime) -> None:
        """What follows from these items beside their being stored, which has been committed. A
        repeat of the request comes here too, and so does one that is tried again: it must do no
        harm."""

    def take_told(self, source: Source, told: list[Told], now: datetime) -> list[Outcome]:
        """What is no event (`Told`) has had its effect; what became of each, in their order."""
        raise NotImplementedError

    def ack(self, request, parsed: Parsed, results: list[Outcome | Rejected]) -> HttpResponse:
        """The answer after the commit: `results` stand in the places of `parsed.items`."""
        raise NotImplementedError

    def refuse(self, request, refused: problems.Refused, body: bytes | None) -> HttpResponse:
        """The answer when nothing was stored. `body` is what was read of it, None if nothing."""
        return problems.problem(request, refused)


formats: Registry["Format"] = Registry("CRM_FORMATS", "integrations.doors.formats.Format")
