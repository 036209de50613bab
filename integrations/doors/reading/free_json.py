"""JSON as foreign clients send it: everything is taken that can be stored, and what cannot is told
apart item by item."""

import json
import math

import msgspec

from integrations.doors.problems import Refused

MOST_ITEM_BYTES = 32 * 1024
DEEPEST = 50
MOST_INTEGER = 2**63
MOST_DIGITS = 1000  # that are read at all

_canonical = msgspec.json.Encoder(order="sorted")


class Unfit(ValueError):
    """One item cannot be understood or stored; its neighbours can."""

    def __init__(self, code: str, path: str, detail: str):
        self.code, self.path = code, path
        super().__init__(detail)


def loaded(body: bytes):
    """What the whole body says. Python's parser also takes half a surrogate pair or a number too
    long, which spoil one item and not all."""
    try:
        return json.loads(text_in(body), parse_int=whole)
    except (ValueError, RecursionError) as error:
        raise Refused("The body is not JSON in UTF-8.", code="invalid_json", path="$") from error


def whole(digits: str) -> int | float:
    """Python's parser gives the whole body up for one number of thousands of digits; as infinity it
    is refused where it stands."""
    return int(digits) if len(digits) <= MOST_DIGITS else math.inf


def text_in(body: bytes) -> str:
    """The text, with emojis whole: the Sensors mini-program SDK encodes each half of a surrogate
    pair by itself (CESU-8)."""
    text = body.decode("utf-8", "surrogatepass").removeprefix("\ufeff")
    if b"\xed" in body:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text


def checked(value, path: str = "$", depth: int = 0):
    """`value` as it came, once everything in it has a place in the database."""
    if isinstance(value, str):
        check_text(value, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_text(key, path)
            checked(inner, f"{path}.{key}", deeper(depth))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            checked(inner, f"{path}[{number}]", deeper(depth))
    elif isinstance(value, float) and not math.isfinite(value):
        raise Unfit("out_of_range", path, "NaN and Infinity are no numbers.")
    elif isinstance(value, int) and not -MOST_INTEGER <= value < MOST_INTEGER:
        raise Unfit("out_of_range", path, "The integer does not fit in 64 bits.")
    return value


def deeper(depth: int) -> int:
    if depth == DEEPEST:
        raise Unfit("too_deep", "$", f"Nested deeper than {DEEPEST} levels.")
    return depth + 1


def check_text(text: str, path: str) -> None:
    if "\x00" in text or (
        not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
    ):
        raise Unfit(
            "invalid_text",
            path.encode(errors="replace").decode(),
            "Text must be without NUL and without half a surrogate pair.",
        )


def canonical(item: dict) -> bytes:
    """The same item in another spelling gives the same bytes."""
    content = _canonical.encode(item)
    if len(content) > MOST_ITEM_BYTES:
        raise Unfit("event_too_large", "$", f"One event may have {MOST_ITEM_BYTES} bytes.")
    return content


def spelled(item) -> bytes:
    """Any item, also one that is unfit, as bytes that can be read again."""
    return json.dumps(item).encode()


def text_of(value, path: str, most: int) -> str:
    """A name or id as its text; "" for what counts as absent."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise Unfit("wrong_type", path, "This is a text.")
    if len(value) > most:
        raise Unfit("wrong_length", path, f"This may have {most} characters.")
    return value.strip()


def object_of(item: dict, key: str) -> dict:
    """The object under `key`; absent and null are an empty one."""
    value = item.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unfit("wrong_type", f"$.{key}", "This is an object.")
    return value
