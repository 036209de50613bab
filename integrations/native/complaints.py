"""What is wrong with one item, in words that name the place: from msgspec's messages and from our
own looks at the bytes."""

import re

import msgspec

MOST_ITEM_BYTES = 32 * 1024
DEEPEST = 20
MOST_KEYS = 255

UNREADABLE = (
    msgspec.DecodeError,
    UnicodeDecodeError,
    RecursionError,
)  # what msgspec raises for bytes it cannot take

_place = re.compile(r"^(.*?)(?: - at `(.*)`)?$", re.DOTALL)
_field = re.compile(r"`([^`]*)`")
_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_digits = bytes(ord("0") if chr(byte).isdigit() else ord(" ") for byte in range(128)) + b" " * 128
_surrogate = re.compile(rb"\\u[dD][89a-fA-F]")
# Escapes from left to right, so that an escaped backslash before a "u" is not taken for one.
_escape = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_token = re.compile(
    rb'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|[\[{]|[\]}]', re.DOTALL
)

CODES = (
    ("Object missing required", "missing_field"),
    ("Object contains unknown", "unknown_field"),
    ("Expected `datetime` with a timezone", "naive_time"),
    ("Invalid RFC3339", "invalid_time"),
    ("Invalid enum", "unknown_value"),
    ("Integer value out of range", "out_of_range"),
    ("Number out of range", "out_of_range"),
)
# msgspec quotes what it got; an answer ends up in logs that are not ours.
WITHHELD = {
    "unknown_value": "This is none of the values that are possible here.",
    "unknown_field": "There is no such field.",
}
_bounds = re.compile(r"^Expected `(?:int|float)` [<>]")
_length = re.compile(r"^Expected `(?:str|array|object)` of length")
_pattern = re.compile(r"^Expected `str` matching")


class BadItem(ValueError):
    """One item is refused; its neighbours are not."""

    def __init__(self, code: str, path: str, detail: str):
        self.code, self.path = code, path
        super().__init__(detail)


def decoded(decode, raw: bytes, looks: list):
    """The item in `raw`, strictly as its Struct says; BadItem for everything that is wrong with
    it."""
    try:
        check_size(raw)
        for look in looks:
            look(raw)
        return decode(raw)
    except UNREADABLE as error:
        raise of_decoding(error, raw) from None


def of_decoding(error: Exception, raw: bytes) -> BadItem:
    """The complaint behind an exception of msgspec."""
    # How deep Python itself goes depends on its version.
    if isinstance(error, RecursionError) or (
        not isinstance(error, msgspec.ValidationError) and is_too_deep(raw)
    ):
        return too_deep()
    if isinstance(error, UnicodeDecodeError) or (
        not isinstance(error, msgspec.ValidationError) and _surrogate.search(raw)
    ):
        return bad_text()
    if not isinstance(error, msgspec.ValidationError):
        return BadItem("invalid_json", "$", str(error))
    return of_validation(str(error))


def of_validation(message: str) -> BadItem:
    what, place = _place.match(message).groups()
    code, path = code_of(what), place or "$"
    if code in {"missing_field", "unknown_field"} and (name := _field.search(what)):
        path = f"{path}.{name[1]}"
    return BadItem(code, path, WITHHELD.get(code, what))


def code_of(what: str) -> str:
    for beginning, code in CODES:
        if what.startswith(beginning):
            return code
    if _bounds.match(what):
        return "out_of_range"
    if _pattern.match(what):
        return "wrong_format"
    return "wrong_length" if _length.match(what) else "wrong_type"


def too_deep() -> BadItem:
    return BadItem("too_deep", "$", f"Nested deeper than {DEEPEST} levels.")


def bad_text() -> BadItem:
    return BadItem(
        "invalid_text", "$", "Text must be UTF-8 without NUL and without lone surrogates."
    )


def check_size(raw: bytes) -> None:
    """Counting brackets and colons bounds depth and keys from above; only what exceeds the bound is
    looked at closely."""
    if len(raw) > MOST_ITEM_BYTES:
        raise BadItem("event_too_large", "$", f"One item may have {MOST_ITEM_BYTES} bytes.")
    if is_too_deep(raw):
        raise too_deep()
    if raw.count(b":") > MOST_KEYS:
        check_keys(msgspec.json.decode(raw))


def is_too_deep(raw: bytes) -> bool:
    if raw.count(b"{") + raw.count(b"[") <= DEEPEST:
        return False
    depth = 0
    for token in _token.finditer(raw):
        first = token[0][0]
        if first in b"[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def check_keys(value) -> None:
    if isinstance(value, dict):
        if len(value) > MOST_KEYS:
            raise BadItem("too_many_keys", "$", f"One object may have {MOST_KEYS} keys.")
        value = value.values()
    elif not isinstance(value, list):
        return
    for inner in value:
        check_keys(inner)


def check_no_nul(raw: bytes) -> None:
    if _nul.search(raw):
        raise bad_text()


def check_integers(raw: bytes) -> None:
    """msgspec takes integers of any length in free-form data; columns and JavaScript do not."""
    for token in _token.finditer(raw):
        text = token[0]
        if text.lstrip(b"-").isdigit() and (len(text) > 20 or not -(2**63) <= int(text) < 2**63):
            raise BadItem("out_of_range", "$", "An integer does not fit in 64 bits.")


def close_looks(body: bytes) -> list:
    """The checks that the items of this body need: whole bodies are searched fast, single items
    only where there is something."""
    looks = []
    if b"\\u0000" in body:
        looks.append(check_no_nul)
    if b"0" * 19 in body.translate(
        _digits
    ):  # nineteen digits in a row; a regular expression takes ten times as long
        looks.append(check_integers)
    return looks


def without_lone_surrogates(body: bytes) -> bytes:
    """Each lone surrogate as NUL, which is refused for the item it stands in instead of for the
    whole batch."""
    return _escape.sub(lambda found: b"\\u0000" if found[1] else found[0], body)
