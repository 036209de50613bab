"""Items as docs/api.md spells them, one function per kind."""

from datetime import datetime

from demo.simulator.catalogue import Product
from demo.simulator.people import Somebody


def moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def log_in(
    login_id: str, person: Somebody, at: datetime, anonymous_id: str, *, registered: bool = False
) -> dict:
    """The back end tells who a visitor is: the pair of member id and anonymous id is what joins the
    two."""
    return {
        "id": login_id,
        "occurred_at": moment(at),
        "identities": {**person.identities, "anonymous_id": anonymous_id},
        "registered": registered,
        "attributes": person.attributes,
        **({"consents": person.consents} if registered and person.consents else {}),
    }


def behaviour(event_id: str, name: str, product: Product, at: datetime, anonymous_id: str) -> dict:
    return {
        "id": event_id,
        "name": name,
        "occurred_at": moment(at),
        "identities": {"anonymous_id": anonymous_id},
        "properties": {
            "product_id": product.id,
            "name": product.name,
            "category": product.category,
            "price_fen": product.price_fen,
        },
    }


def line(product: Product, quantity: int) -> dict:
    return {
        "product_id": product.id,
        "name": product.name,
        "category": product.category,
        "quantity": quantity,
        "price_fen": product.price_fen,
    }


def total_fen(lines: list[dict]) -> int:
    return sum(one["price_fen"] * one["quantity"] for one in lines)


def order(
    number: str, status: str, person: Somebody, lines: list[dict], at: datetime, **more
) -> dict:
    """One state of one order; `more` is discount_fen, coupon_code, paid_fen."""
    return {
        "number": number,
        "status": status,
        "occurred_at": moment(at),
        "identities": {"member_id": person.member_id},
        "total_fen": total_fen(lines),
        "lines": lines,
        **more,
    }


def refund(order_number: str, amount_fen: int, at: datetime, reason: str) -> dict:
    return {
        "number": f"R{order_number}",
        "order_number": order_number,
        "amount_fen": amount_fen,
        "occurred_at": moment(at),
        "reason": reason,
    }


def booking(
    number: str,
    status: str,
    person: Somebody,
    at: datetime,
    starts_at: datetime,
    ends_at: datetime,
    **more,
) -> dict:
    """One state of one booking; `more` is kind, product_id, name, category, place, resource."""
    return {
        "number": number,
        "status": status,
        "occurred_at": moment(at),
        "identities": {"member_id": person.member_id},
        "starts_at": moment(starts_at),
        "ends_at": moment(ends_at),
        **more,
    }


def measurement(
    measurement_id: str, kind: str, value: float, unit: str, person: Somebody, at: datetime, **more
) -> dict:
    """`more` is text, product_id, booking_number."""
    return {
        "id": measurement_id,
        "kind": kind,
        "value": value,
        "unit": unit,
        "occurred_at": moment(at),
        "identities": {"member_id": person.member_id},
        **more,
    }
