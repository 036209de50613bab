"""Coupon codes: 60 random bits that survive being read out, typed and pasted."""

import secrets

from customers.privacy.sealing import code_digest as digest
from customers.privacy.sealing import normal_code as normal

__all__ = ["digest", "new", "normal"]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
LENGTH = 12


def new() -> str:
    bits = secrets.randbits(5 * LENGTH)
    return "".join(ALPHABET[bits >> 5 * n & 31] for n in range(LENGTH))
