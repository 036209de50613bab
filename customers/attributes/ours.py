"""Attributes that are ours to write, known by their name, so that a journey never speaks against
what a shop says of its customers."""

import re

BEGINS = "crm_"
RESERVED = "reserved_name"
WHY = f"Attributes that begin with {BEGINS} are written by Hutong alone."
NAME = re.compile(rf"{BEGINS}[a-z0-9_]{{1,60}}")


def is_ours(key: str) -> bool:
    return key.startswith(BEGINS)


def is_name(key: str) -> bool:
    """May an attribute of ours be called so?"""
    return NAME.fullmatch(key) is not None
