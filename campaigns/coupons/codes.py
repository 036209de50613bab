"""Coupon codes: 60 random bits that survive being read out, typed and pasted."""

import secrets
import unicodedata

from customers import privacy

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
LENGTH = 12
LOOKALIKES = str.maketrans("OIL", "011")


def new() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normal(typed: str) -> str:
    """The code as it was issued, however it was typed: case, full width, dashes, spaces, O for 0, I or L for 1."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(c for c in plain if not (c.isspace() or unicodedata.category(c) == "Pd")).translate(LOOKALIKES)


def digest(typed: str) -> str:
    """By this the code is found; the clear code is sealed."""
    return privacy.digest("coupon", normal(typed))
