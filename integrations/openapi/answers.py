"""Every status a call can answer with, and the codes that stand in its problem."""

from integrations.native.complaints import DEEPEST, MOST_ITEM_BYTES, MOST_KEYS

SHAPE = (
    "missing_field",
    "unknown_field",
    "wrong_type",
    "wrong_length",
    "wrong_format",
    "unknown_value",
    "out_of_range",
)
TIME = ("naive_time", "invalid_time")
TEXT = ("invalid_text", "invalid_json", "too_deep", "too_many_keys")
WHO = ("missing_identity", "invalid_identity", "invalid_phone", "invalid_email")
BYTES = ("invalid_gzip", "incomplete_body", "length_required", "invalid_length")
ITEM = (
    *SHAPE,
    *TIME,
    *TEXT,
    *WHO,
    "blank",
    "reserved_name",
    "unknown_event",
    "event_too_large",
    "server_only",
    "id_reused",
    "not_storable",
    "too_many_new",
)
COUPON = (
    "already_redeemed",
    "already_reserved",
    "expired",
    "not_yet_valid",
    "below_threshold",
    "not_for_these_products",
    "revoked",
    "void",
)

# What any call may be told, whatever it asks.
READ = {401: ("unauthorized",), 429: ("too_many_requests",), 503: ("unavailable",)}
PARAMETERS = ("unknown_parameter", "repeated_parameter")
READ_400 = (
    "which_customer",
    "invalid_id",
    "invalid",
    *WHO,
    "invalid_text",
    "out_of_range",
    "unknown_value",
    "invalid_value",
    "naive_time",
    *PARAMETERS,
)
POST = {**READ, 413: ("too_large", "event_too_large"), 415: ("unsupported_media_type",)}
MOVE_400 = (*SHAPE, *TIME, *TEXT, *BYTES, *PARAMETERS)
DOOR_400 = (*ITEM, *BYTES, "empty_batch")
NOTHING_ACCEPTED = "nothing_accepted"

MEANING = {
    200: "Done, or done before",
    202: "Stored, committed",
    400: "Refused: the code says why, the path where",
    401: (
        "Unknown source, wrong or missing signature, or a clock that is off by more than five"
        " minutes; one body for every cause"
    ),
    403: "Only a server source, which signs, may do this",
    404: "There is no such coupon",
    409: "The coupon cannot be used on this order now",
    413: f"More than 500 kB, 1,000 items, 512 kB inflated, or {MOST_ITEM_BYTES} bytes in one item",
    415: "Send application/json in UTF-8, plain or with Content-Encoding: gzip",
    422: "The id was used for other content, which stays",
    429: "Too many requests: send again later, with the same ids (Retry-After)",
    503: (
        "It may have been stored or not: send the same again later, with the same ids; nothing is"
        " stored twice (Retry-After)"
    ),
}
LIMITS = (
    f"Strict: unknown fields are refused, and so are more than {DEEPEST} levels or {MOST_KEYS} keys"
    " in one object."
)


def ref(name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}"}


def answered(status: int, *shapes: str) -> dict:
    """A success, in one of these shapes."""
    schema = ref(shapes[0]) if len(shapes) == 1 else {"oneOf": [ref(shape) for shape in shapes]}
    return {"description": MEANING[status], "content": {"application/json": {"schema": schema}}}


def refused(status: int, codes: tuple[str, ...]) -> dict:
    """A problem with one of these codes."""
    body = {
        "type": "about:blank",
        "title": "…",
        "status": status,
        "code": codes[0],
        "detail": "…",
        "request_id": "0" * 32,
    }
    schema = {
        "allOf": [ref("Problem"), {"type": "object", "properties": {"code": {"enum": list(codes)}}}]
    }
    told = {
        "description": f"{MEANING[status]}: " + ", ".join(f"`{code}`" for code in codes),
        "content": {"application/problem+json": {"schema": schema, "example": body}},
    }
    if status in {429, 503}:
        told["headers"] = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    return told


def problems(codes: dict[int, tuple[str, ...]]) -> dict:
    return {str(status): refused(status, names) for status, names in sorted(codes.items())}
