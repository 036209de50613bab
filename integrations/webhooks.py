"""The one view behind every door: read, authenticate, parse, record, acknowledge.

The answer is given after the commit; nothing else happens in the request.
"""

from datetime import UTC, datetime

import structlog
from django.db import DataError, IntegrityError
from drf_spectacular.utils import extend_schema

from customers.models import Source
from events import ingest
from events.incoming import Incoming, Outcome
from integrations import bodies, quarantine, throttle
from integrations.formats import Format, Parsed, Rejected
from integrations.problems import AWAY_SECONDS, ProblemView, Refused, Unavailable, as_refused

log = structlog.get_logger("hutong.doors")


@extend_schema(exclude=True)  # docs/api.md is their contract; bodies are checked by msgspec, which spectacular cannot read
class Door(ProblemView):
    door: Format = None

    def post(self, request):
        self.body = b""
        self.door.check_headers(request)
        self.body = bodies.read(request, self.door.most_bytes)
        source = self.door.authenticate(request, self.body)
        throttle.count(source)
        now = datetime.now(UTC)
        parsed = self.door.parse(self.door.unpack(request, self.body), source, now)
        return self.door.ack(request, parsed, record(self.door, source, parsed, now))

    def handle_exception(self, exc):
        refused = as_refused(exc)
        if refused is None or refused.status == 405:
            return super().handle_exception(exc)
        return self.door.refuse(self.request, refused, self.body)


def record(door: Format, source: Source, parsed: Parsed, now: datetime) -> list[Outcome | Rejected]:
    """What became of each item, in their order; everything that could be stored is committed."""
    incoming = [item for item in parsed.items if isinstance(item, Incoming)]
    outcomes = iter(stored(source, incoming) if incoming else ())
    if door.keeps_rejected and len(incoming) < len(parsed.items):
        rejected = [item for item in parsed.items if isinstance(item, Rejected)]
        quarantine.keep(source=source, format_key=door.key, rejected=rejected, now=now)
    return [item if isinstance(item, Rejected) else next(outcomes) for item in parsed.items]


def stored(source: Source, incoming: list[Incoming]) -> list[Outcome]:
    try:
        return ingest.record(source, incoming)  # by the database's clock; ours only bounds what a sender may claim
    except DataError as error:
        # A value that our checks let through and PostgreSQL does not hold: our mistake, but sending it again would not help.
        log.exception("a checked item could not be stored")
        raise Refused("A value in the request cannot be stored.", code="not_storable") from error
    except IntegrityError as error:
        log.exception("a checked item broke a rule of the database")
        raise Unavailable(retry_after=AWAY_SECONDS) from error
