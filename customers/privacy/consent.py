"""What a customer allows: statements are kept, the latest one counts, no statement means decision
22."""

from collections.abc import Sequence
from datetime import datetime

from customers.models import AuditEntry, Consent, Customer, Purpose, Source

ALLOWED_UNASKED = frozenset({"in_app"})


def save(source: Source, stated: Sequence[tuple]) -> None:
    """Each (statement, occurred_at, whose) is in the history."""
    Consent.objects.bulk_create(
        [
            Consent(
                customer_id=whose.customer_id,
                origin_customer_id=whose.origin_id,
                channel=one.channel,
                purpose=one.purpose,
                is_granted=one.is_granted,
                occurred_at=occurred_at,
                version=one.version,
                proof=one.proof,
                source=source,
            )
            for one, occurred_at, whose in stated
        ]
    )


def refuse(
    customer: Customer, channels: Sequence[str], *, proof: str, by, now: datetime
) -> list[str]:
    """Marketing by these channels is refused from now on, as staff were told; audited. Those where
    it was refused already stay as they are; the others are answered."""
    said = latest([customer.pk])
    refused = [
        one for one in channels if said.get((customer.pk, one, Purpose.MARKETING)) is not False
    ]
    Consent.objects.bulk_create(
        [
            Consent(
                customer_id=customer.pk,
                origin_customer_id=customer.pk,
                channel=channel,
                purpose=Purpose.MARKETING,
                is_granted=False,
                occurred_at=now,
                proof=proof,
            )
            for channel in refused
        ]
    )
    if refused:
        AuditEntry.objects.create(
            by=by,
            act="consent.refuse",
            subject=f"customer:{customer.pk}",
            details={"channels": refused, "purpose": str(Purpose.MARKETING)},
        )
    return refused


def latest(customers: Sequence[int]) -> dict[tuple[int, str, str], bool]:
    """(customer, channel, purpose) -> granted, for what was stated."""
    rows = Consent.objects.filter(customer_id__in=customers).order_by(
        "customer", "channel", "purpose", "-occurred_at", "-pk"
    )
    rows = rows.distinct("customer", "channel", "purpose").values_list(
        "customer_id", "channel", "purpose", "is_granted"
    )
    return {(customer, channel, purpose): granted for customer, channel, purpose, granted in rows}


def unasked(channel: str, purpose: str) -> bool:
    """May we write where nothing was stated? In-app yes, service yes, marketing on other channels
    no."""
    return channel in ALLOWED_UNASKED or purpose == Purpose.SERVICE
