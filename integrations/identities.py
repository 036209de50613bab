"""One identity as it comes in, made comparable; the same for every format."""

import re

from customers.models import Kind
from customers.privacy import normal_email, normal_phone
from events.incoming import Named

# What broken clients send for "nobody yet": taken at its word it would make one customer of many.
PLACEHOLDERS = frozenset({"null", "undefined", "none", "nil", "nan", "unknown", "anonymous", "[object object]", "0", "-1", "true", "false"})
LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))
_zeros = re.compile(r"[0-]+").fullmatch


class Unusable(ValueError):
    """The value cannot identify anybody; `code` says why."""

    def __init__(self, code: str, detail: str):
        self.code = code
        super().__init__(detail)


def named(kind: str, value: str, *, scope: str = "", is_verified: bool = False, is_proven: bool = False) -> Named:
    """`value` normalised, or Unusable."""
    return Named(kind, NORMAL.get(kind, plain)(value.strip()), scope, is_verified, is_proven)


def plain(value: str) -> str:
    if not value or (len(value) <= LONGEST_PLACEHOLDER and value.lower() in PLACEHOLDERS) or (value[0] in "0-" and _zeros(value)):
        raise Unusable("invalid_identity", "This is a placeholder, not an identity; leave the field out while nobody is known.")
    return value


def phone(value: str) -> str:
    normal = normal_phone(value)
    if normal is None:
        raise Unusable("invalid_phone", "This cannot be a phone number; numbers from outside China begin with + and the country.")
    return normal


def email(value: str) -> str:
    normal = normal_email(value)
    if normal is None:
        raise Unusable("invalid_email", "This cannot be an e-mail address.")
    return normal


NORMAL = {Kind.PHONE.value: phone, Kind.EMAIL.value: email}
