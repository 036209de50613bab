"""Numbers of telephones: ours are E.164, vendors write those of the mainland as they like."""

import re

CHINA = "+86"
_mainland = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})", re.ASCII).fullmatch
_abroad = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})", re.ASCII).fullmatch


def is_abroad(number: str) -> bool:
    return not number.startswith(CHINA)


def local(number: str) -> str:
    """As mainland vendors write it: 13800138000; abroad with its +."""
    return number.removeprefix(CHINA)


def e164(text: object) -> str | None:
    """What a vendor wrote, in E.164; None where it is no number."""
    spelled = str(text).strip() if isinstance(text, str | int) else ""
    if found := _mainland(spelled):
        return CHINA + found[1]
    return f"+{found[1]}" if (found := _abroad(spelled)) else None
