"""One obvious builder per model, no surprises."""

import itertools
from datetime import UTC, datetime, time, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.delivery import limits
from campaigns.models import Campaign, Cap, CouponBatch, QuietDay, QuietHours, Template
from crm_project.files import uploads
from crm_project.queue.due import database_now
from customers.models import (
    Customer,
    Identity,
    ListMember,
    Membership,
    Namespace,
    Segment,
    Source,
    Workspace,
)
from events import ingest
from events.incoming_items import Incoming, Named
from events.models import Order

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
count = itertools.count(1)


def a_namespace(key="shop") -> Namespace:
    return Namespace.objects.get_or_create(key=key, defaults={"name": key.title()})[0]


def a_source(*, trust="server", namespace=None, **more) -> Source:
    source = Source.objects.create(
        name=f"source {next(count)}", trust=trust, namespace=namespace or a_namespace(), **more
    )
    source.issue_secrets()
    return source


def a_customer(**more) -> Customer:
    return Customer.objects.create(
        **{"first_seen_at": NOW, "name": f"customer {next(count)}", **more}
    )


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


def a_member(number=None, *, namespace=None, **more) -> Customer:
    """A customer with a member id: someone who can be reached in the mini-program."""
    customer, scope = a_customer(**more), (namespace or a_namespace()).key
    value = str(number or next(count))
    Identity.objects.create(
        customer=customer,
        origin_customer=customer,
        kind="member_id",
        scope=scope,
        value=value,
        is_strong=True,
        first_seen_at=NOW,
    )
    return customer


def a_batch(**more) -> CouponBatch:
    """¥10 off, for a week from issue."""
    defaults = {"name": f"batch {next(count)}", "kind": "amount", "amount_off_fen": 1000}
    return CouponBatch.objects.create(
        **{"namespace": more.pop("namespace", None) or a_namespace(), **defaults, **more}
    )


def a_segment(*customers, **more) -> Segment:
    """A list by hand with these customers in it."""
    segment = Segment.objects.create(**{"name": f"segment {next(count)}", "kind": "list", **more})
    ListMember.objects.bulk_create(
        [ListMember(segment=segment, customer=c, origin_customer=c) for c in customers]
    )
    Membership.objects.bulk_create(
        [Membership(segment=segment, customer=c, entered_at=NOW) for c in customers]
    )
    return segment


def a_template(**more) -> Template:
    content = {"title": "Hello {{ customer.name }}", "body": "We miss you."}
    return Template.objects.create(
        **{"name": f"template {next(count)}", "channel": "in_app", "content": content, **more}
    )


def a_campaign(*customers, **more) -> Campaign:
    segment, template = (
        more.pop("segment", None) or a_segment(*customers),
        more.pop("template", None) or a_template(),
    )
    return Campaign.objects.create(
        **{
            "name": f"campaign {next(count)}",
            "segment": segment,
            "template": template,
            "holdout_percent": 0,
            **more,
        }
    )


def a_workspace(*, caps: dict[int, int] | None = (), **more) -> Workspace:
    """Nobody is held out and it is never night, unless the test says so. `caps`: by seconds, beside
    the usual ones; None: none at all."""
    Workspace.get()
    Workspace.objects.update(**{"holdout_percent": 0, **more})
    QuietHours.objects.all().delete()
    QuietDay.objects.all().delete()
    Cap.objects.all().delete()
    set_caps({} if caps is None else limits.CAPS | dict(caps))
    return Workspace.get()


def set_caps(caps: dict[int, int]) -> None:
    for seconds, limit in caps.items():
        Cap.objects.update_or_create(
            seconds=seconds, channel="", purpose="marketing", defaults={"limit": limit}
        )


def a_night(begins="00:00", ends="00:00", **more) -> QuietHours:
    """Quiet hours, the whole day long unless the test says otherwise."""
    times = {"begins": time.fromisoformat(begins), "ends": time.fromisoformat(ends)}
    return QuietHours.objects.create(**{**times, **more})


def an_order(customer, *, source, paid_at=NOW, **more) -> Order:
    """An order of ¥100, paid."""
    defaults = {
        "number": f"order-{next(count)}",
        "status": "paid",
        "total_fen": 10000,
        "paid_fen": 10000,
    }
    times = {"occurred_at": paid_at, "placed_at": paid_at, "paid_at": paid_at}
    return Order.objects.create(
        **{
            "customer": customer,
            "origin_customer": customer,
            "namespace": source.namespace,
            "source": source,
            **defaults,
            **times,
            **more,
        }
    )


def uploaded(content: str | bytes, by=None, name: str = "people.csv"):
    """A file that somebody has brought."""
    content = content.encode() if isinstance(content, str) else content
    return uploads.received(SimpleUploadedFile(name, content), by=by, now=database_now())
