"""The fields a text may use, read for a whole batch in a query per kind: plain values in plain
dictionaries."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Model, Q

from campaigns.coupons import issuing, moves, terms
from campaigns.delivery import answer_pages
from campaigns.delivery.content import WantedFields
from campaigns.models import Coupon, Message
from crm_project.db.sets import among
from customers.identity import following
from customers.models import Customer, CustomerAttribute, Workspace
from events.models import Booking, Order, Product

# Who may be shown what a text is filled in with, by the first word of a field; "" where it is
# nobody's data.
PERMISSIONS = {
    "customer": "customers.view_customer",
    "coupon": "campaigns.view_couponbatch",
    "product": "events.view_product",
    "recommended": "events.view_product",
    "booking": "events.view_booking",
    "order": "events.view_order",
    "event": "events.view_event",
    "answer": "customers.view_customer",
    "workspace": "",
}

RECOMMENDED = "recommended"  # in the facts of a run and its messages: the number of the product

Scalar = str | int | float | bool | None


def contexts(
    messages: Collection[Message], *, wanted: WantedFields, workspace: Workspace, now: datetime
) -> dict[int, dict]:
    """By message: customer, coupon, product, recommended, booking, order, event, answer, workspace,
    as far as `wanted`."""
    customers = (
        of_customers({m.customer_id for m in messages}, wanted.attributes)
        if "customer" in wanted.roots
        else {}
    )
    coupons = of_coupons(messages, workspace, now) if "coupon" in wanted.roots else {}
    products = of_products(messages) if "product" in wanted.roots else {}
    recommended = of_recommended(messages) if RECOMMENDED in wanted.roots else {}
    bookings = by_number(messages, Booking, "booking_number") if "booking" in wanted.roots else {}
    orders = by_number(messages, Order, "order_number") if "order" in wanted.roots else {}
    zone = ZoneInfo(workspace.time_zone)
    return {
        m.pk: {
            "customer": customers.get(m.customer_id, {}),
            "coupon": coupons.get(m.pk, {}),
            "product": products.get(m.pk, {}),
            "recommended": recommended.get(m.pk, {}),
            "booking": (
                of_booking(one, zone, answer_pages.address(one, now))
                if (one := bookings.get(m.pk))
                else {}
            ),
            "order": of_order(orders[m.pk]) if m.pk in orders else {},
            "event": plain(m.facts.get("event")),
            "answer": plain(m.facts.get("answer")),
            "workspace": {"name": workspace.name},
        }
        for m in messages
    }


def of_customers(ids: Collection[int], keys: Collection[str] | None = None) -> dict[int, dict]:
    """Name and clear attributes; of these only `keys`, if given."""
    attributes: dict[int, dict] = defaultdict(dict)
    stored = CustomerAttribute.objects.filter(among("customer", ids), sealed=None)
    chosen = stored if keys is None else stored.filter(key__in=keys)
    for customer, key, value in chosen.values_list("customer", "key", "value"):
        if isinstance(value, Scalar):
            attributes[customer][key] = value
    names = Customer.objects.filter(among("pk", ids)).values_list("pk", "name")
    return {pk: {"name": name, "attributes": attributes[pk]} for pk, name in names}


def of_coupons(
    messages: Collection[Message], workspace: Workspace, now: datetime
) -> dict[int, dict]:
    """By message; one that is to travel as it will be once this message leaves. One that nobody was
    given says nothing elsewhere."""
    known = (
        Coupon.objects.filter(among("pk", {m.coupon_id for m in messages} - {None}))
        .select_related("batch")
        .in_bulk()
    )
    return {
        m.pk: of_coupon(c, m, workspace, now) for m in messages if (c := known.get(m.coupon_id))
    }


def of_coupon(coupon: Coupon, message: Message, workspace: Workspace, now: datetime) -> dict:
    if coupon.state in moves.UNSEEN and coupon.effect_key != message.effect_key:
        return {}
    expires = (
        issuing.expiry(coupon.batch, now) if coupon.state in moves.UNSEEN else coupon.expires_at
    )
    return {
        "code": coupon.code,
        "name": coupon.batch.name,
        "value": terms.value_text(coupon.batch),
        "expires": expires.astimezone(ZoneInfo(workspace.time_zone)).strftime("%Y-%m-%d %H:%M"),
    }


def of_products(messages: Collection[Message]) -> dict[int, dict]:
    """By message: as its facts describe it, else as the catalogue of its shop does. Where nobody
    says which shop, the only one that has it."""
    catalogue: dict[str, dict[int, dict]] = defaultdict(dict)
    ids = {named for m in messages if (named := product_id(m.facts))}
    for p in Product.objects.filter(product_id__in=ids):
        catalogue[p.product_id][p.namespace_id] = of_product(p)
    return {m.pk: product(m.facts, catalogue.get(product_id(m.facts) or "", {})) for m in messages}


def of_product(known: Product) -> dict:
    return described(
        {
            "name": known.name,
            "price_fen": known.price_fen,
            "page": known.page,
            "category": known.category,
        }
    )


def of_recommended(messages: Collection[Message]) -> dict[int, dict]:
    """By message: what was chosen for its customer, where that can still be bought."""
    chosen = {m.pk: m.facts[RECOMMENDED] for m in messages if m.facts.get(RECOMMENDED)}
    on_sale = Product.objects.filter(Q(stock=None) | Q(stock__gt=0), is_active=True)
    known = on_sale.in_bulk(set(chosen.values())) if chosen else {}
    return {pk: of_product(known[number]) for pk, number in chosen.items() if number in known}


def product_id(facts: dict) -> str | None:
    """What the message is about: said outright, or the first of the event's products."""
    keys = facts.get("keys") or []
    return facts.get("product_id") or (keys[0] if keys else None)


def product(facts: dict, by_shop: dict[int, dict]) -> dict:
    if isinstance(facts.get("product"), dict):
        return described(facts["product"])
    if "namespace" in facts:
        return by_shop.get(facts["namespace"], {})
    return next(iter(by_shop.values())) if len(by_shop) == 1 else {}


def by_number(messages: Collection[Message], model: type[Model], name: str) -> dict[int, Model]:
    """By message: its customer's booking or order whose event began what the message belongs to, as
    it is now. The number is a property, which a public key may set: others' rows are not told."""
    named = {
        m.pk: (m.facts["namespace"], str(number))
        for m in messages
        if "namespace" in m.facts and (number := plain(m.facts.get("event")).get(name))
    }
    numbers = {number for _shop, number in named.values()}
    found = {
        (row.namespace_id, row.number): row for row in model.objects.filter(number__in=numbers)
    }
    return {
        m.pk: found[at]
        for m in messages
        if (at := named.get(m.pk)) in found and following.are_of_one(found[at], m)
    }


def of_booking(booking: Booking, zone: ZoneInfo, answer_page: str) -> dict:
    starts = booking.starts_at.astimezone(zone)
    return {
        "number": booking.number,
        "name": booking.name,
        "place": booking.place,
        "resource": booking.resource,
        "date": f"{starts:%Y-%m-%d}",
        "time": f"{starts:%H:%M}",
        "for_name": booking.for_name,
        "status": str(booking.get_status_display()),
        "answer_page": answer_page,
    }


def of_order(order: Order) -> dict:
    return {
        "number": order.number,
        "total_yuan": terms.yuan(order.total_fen),
        "paid_yuan": terms.yuan(order.paid_fen),
    }


def described(given: dict) -> dict:
    price = given.get("price_fen")
    return plain({key: given.get(key) or "" for key in ("name", "page", "category")}) | {
        "price_yuan": terms.yuan(price) if isinstance(price, int) else ""
    }


def plain(given) -> dict[str, Scalar]:
    return (
        {key: value for key, value in given.items() if isinstance(value, Scalar)}
        if isinstance(given, dict)
        else {}
    )
