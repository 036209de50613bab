"""The shop's three mini-programs: the same behaviour in three formats, told by whoever visits."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from random import SystemRandom

from demo.simulator import bodies
from demo.simulator.catalogue import Product
from demo.simulator.client import Answer, Doors

Program = Callable[[Doors, str, Product, datetime, str], Awaitable[Answer]]

_any = SystemRandom()


async def native(
    doors: Doors, name: str, product: Product, at: datetime, anonymous_id: str
) -> Answer:
    return await doors.mini_program(
        "/events", bodies.behaviour(uuid.uuid4().hex, name, product, at, anonymous_id)
    )


async def segment(
    doors: Doors, name: str, product: Product, at: datetime, anonymous_id: str
) -> Answer:
    """As its Node and browser libraries do; amounts in yuan."""
    call = {
        "event": name,
        "anonymousId": anonymous_id,
        "messageId": f"demo-{uuid.uuid4().hex}",
        "timestamp": bodies.moment(at),
        "sentAt": bodies.moment(at),
        "properties": {
            "product_id": product.id,
            "name": product.name,
            "category": product.category,
            "price": float(Decimal(product.price_fen) / 100),
        },
        "context": {
            "library": {"name": "demo", "version": "1"},
            "campaign": {"source": "wecom", "name": "autumn"},
        },
    }
    return await doors.segment("track", call)


async def sensors(
    doors: Doors, name: str, product: Product, at: datetime, anonymous_id: str
) -> Answer:
    """As its mini-program SDK does: a page's view before the event itself, together."""
    page = {"$url_path": "pages/product", "$scene": "wx-1047"}
    properties = {
        "product_id": product.id,
        "name": product.name,
        "category": product.category,
        "price_fen": product.price_fen,
    }
    return await doors.sensors(
        [
            _tracked("$MPViewScreen", page, at, anonymous_id),
            _tracked(name, properties, at, anonymous_id),
        ]
    )


def _tracked(event: str, properties: dict, at: datetime, anonymous_id: str) -> dict:
    milliseconds = int(at.timestamp() * 1000)
    return {
        "type": "track",
        "event": event,
        "distinct_id": anonymous_id,
        "anonymous_id": anonymous_id,
        "identities": {"$identity_mp_id": anonymous_id, "$identity_anonymous_id": anonymous_id},
        "lib": {"$lib": "MiniProgram", "$lib_method": "code", "$lib_version": "1.22.7"},
        "time": milliseconds,
        "_flush_time": milliseconds,
        "_track_id": _any.randrange(10**9),
        "properties": properties,
    }


PROGRAMS = (native, segment, sensors)
