"""One obvious builder per model, no surprises."""

import itertools
from datetime import UTC, datetime, timedelta

from customers.models import Customer, Namespace, Source
from events import ingest
from events.incoming import Incoming, Named

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
count = itertools.count(1)


def a_namespace(key="shop") -> Namespace:
    return Namespace.objects.get_or_create(key=key, defaults={"name": key.title()})[0]


def a_source(*, trust="server", namespace=None, **more) -> Source:
    source = Source.objects.create(name=f"source {next(count)}", trust=trust, namespace=namespace or a_namespace(), **more)
    source.issue_secrets()
    return source


def a_customer(**more) -> Customer:
    return Customer.objects.create(**{"first_seen_at": NOW, "name": f"customer {next(count)}", **more})


def member(number) -> Named:
    return Named("member_id", str(number))


def visitor(number) -> Named:
    return Named("anonymous_id", str(number))


def an_event(*identities, name="Product Viewed", at=NOW, id=None, **more) -> Incoming:
    id = id or f"event-{next(count)}"
    return Incoming(id, id.encode(), name, at, identities=list(identities), **more)


def happened(source, *events, now=NOW + timedelta(seconds=1)):
    """The events are recorded; the outcomes."""
    return ingest.record(source, list(events), now=now)
