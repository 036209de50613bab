"""The OpenAPI description of our native doors and of the server API (drf-spectacular calls
`complete`).

What is decoded is what is described: requests come from the Structs that the doors decode with,
reads from their serializers.
"""

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver

from integrations.native.format import NativeFormat
from integrations.openapi import examples, member, shapes
from integrations.openapi.answers import (
    COUPON,
    DOOR_400,
    LIMITS,
    MOVE_400,
    NOTHING_ACCEPTED,
    POST,
    READ,
    READ_400,
    WHO,
    answered,
    problems,
    ref,
)
from integrations.server_api.coupons import Redeem, ReleaseCoupons, Reserve
from integrations.server_api.journeys import Start
from integrations.server_api.messages import MarkRead
from integrations.server_api.views import Move

SHAPES = [
    shapes.Problem,
    shapes.Stored,
    shapes.Started,
    shapes.Duplicate,
    shapes.BatchAnswer,
    shapes.Reserved,
    shapes.Redeemed,
    shapes.Released,
]
SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "The source's public key. A server source signs its posts too.",
    },
    "readToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The server source's read token (`hrt_…`), for GET.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": (
            "Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of"
            " `<webhook-id>.<webhook-timestamp>.<body>`."
        ),
    },
}
SIGNED = [
    {
        "name": "webhook-id",
        "in": "header",
        "schema": {"type": "string", "pattern": r"^[!-\-/-~]{1,256}$"},
        "description": "Server sources",
    },
    {
        "name": "webhook-timestamp",
        "in": "header",
        "schema": {"type": "string", "pattern": "^[0-9]{10}$"},
        "description": "Server sources",
    },
]
MOVES = {
    Reserve: (
        {200: "Reserved"},
        {404: ("unknown_coupon",), 409: COUPON, 429: ("too_many_requests", "too_many_guesses")},
    ),
    Redeem: (
        {200: "Redeemed"},
        {404: ("unknown_coupon",), 409: COUPON, 429: ("too_many_requests", "too_many_guesses")},
    ),
    ReleaseCoupons: ({200: "Released"}, {409: ("already_redeemed",)}),
    Start: (
        {202: "Started", 200: "Duplicate"},
        {
            400: (*WHO, "which_customer"),
            404: ("unknown_journey", "unknown_customer"),
            409: ("journey_not_live", "not_admitted"),
        },
    ),
    MarkRead: ({202: "BatchAnswer", 200: "BatchAnswer"}, {400: (NOTHING_ACCEPTED,)}),
}


def complete(result, generator, request, public):
    """What spectacular found (the reads), with everything that it cannot see: doors, moves,
    refusals."""
    doors, moves = NativeFormat.served, dict(moves_served())
    structs = [
        *SHAPES,
        *member.STRUCTS,
        *(door.item for door in doors.values()),
        *(view.form for view in moves.values()),
    ]
    _, described = msgspec.json.schema_components(
        structs, ref_template="#/components/schemas/{name}"
    )
    components = result.setdefault("components", {})
    reads = components.setdefault("schemas", {})
    for read in reads.values():
        say_all(read)
    if twice := reads.keys() & described.keys():
        raise ImproperlyConfigured(
            f"What is read and what is sent have the same name: {sorted(twice)}."
        )
    reads |= described
    components["securitySchemes"] = SECURITY | member.SECURITY
    for operations in result["paths"].values():
        operations["get"] |= {"security": [{"readToken": []}], "tags": ["server API"]}
        operations["get"]["responses"] |= problems({**READ, 400: READ_400})
    member.complete(result["paths"])
    for path, door in doors.items():
        result["paths"].setdefault(f"/{path}", {})["post"] = door_operation(path, door)
    for path, view in moves.items():
        result["paths"].setdefault(f"/{path}", {})["post"] = move_operation(path, view)
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def say_all(read: dict) -> None:
    """We leave nothing out of what we answer: what is unknown is null or empty. (A serializer is
    described as if it could be sent to us.)"""
    if "properties" in read:
        read["required"] = sorted(read["properties"])
        for field in read["properties"].values():
            field.pop("readOnly", None)


def moves_served():
    """Every POST of the server API by its address, as it is served."""
    for pattern in flat(get_resolver().url_patterns):
        view = getattr(pattern.callback, "view_class", None) or getattr(
            pattern.callback, "cls", None
        )
        if view and issubclass(view, Move):
            yield str(pattern.pattern), view


def flat(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            if not str(pattern.pattern):
                yield from flat(pattern.url_patterns)
        else:
            yield pattern


def door_operation(path: str, door) -> dict:
    name, item = path.rpartition("/")[2], door.item.__name__
    codes = {**POST, 422: ("id_reused",), 429: ("too_many_requests", "too_many_new")}
    if door.is_server_only or name == "customers":
        codes[403] = ("server_only",)
    told = problems({**codes, 400: (*DOOR_400, NOTHING_ACCEPTED)})
    told["200"], told["202"] = (
        answered(200, "Duplicate", "BatchAnswer"),
        answered(202, "Stored", "BatchAnswer"),
    )
    batch = {
        "type": "object",
        "required": ["batch"],
        "additionalProperties": False,
        "properties": {
            "batch": {"type": "array", "items": ref(item), "minItems": 1, "maxItems": 1000}
        },
    }
    example = examples.DOORS[path]
    shown = {"one": {"value": example}, "batch": {"value": {"batch": [example]}}}
    return {
        "operationId": f"{name}_post",
        "tags": ["doors"],
        "summary": f"Tell us of {name}",
        "description": LIMITS + (" Only server sources." if door.is_server_only else ""),
        "parameters": SIGNED,
        "security": (
            [{"key": [], "signature": []}]
            if door.is_server_only
            else [{"key": [], "signature": []}, {"key": []}]
        ),
        "requestBody": body({"anyOf": [ref(item), batch]}, shown),
        "responses": dict(sorted(told.items())),
    }


def move_operation(path: str, view: type[Move]) -> dict:
    successes, more = MOVES[view]
    told = problems(
        {
            **POST,
            403: ("server_only",),
            **more,
            400: (*MOVE_400, *more.get(400, ())),
        }
    )
    told |= {str(status): answered(status, shape) for status, shape in successes.items()}
    return {
        "operationId": path.removeprefix("api/v1/").replace("/", "_"),
        "tags": ["server API"],
        "summary": (view.__doc__ or view.__name__).splitlines()[0],
        "parameters": SIGNED,
        "security": [{"key": [], "signature": []}],
        "requestBody": body(ref(view.form.__name__), {"one": {"value": examples.MOVES[path]}}),
        "responses": dict(sorted(told.items())),
    }


def body(schema: dict, shown: dict) -> dict:
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "examples": shown}},
    }
