"""What a customer allows: statements are kept, the latest one counts, no statement means decision
22."""

from collections.abc import Sequence

from customers.models import Consent, Purpose, Source

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
