"""Numbers, parts and variables of short messages, by the carriers' rules of mainland China."""

import re
import unicodedata

ONE_PART, EACH_PART = 70, 67  # UTF-16 units of a message of one part; of each part of a longer one

_mainland = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})").fullmatch
_abroad = re.compile(r"\+(?!86)[1-9][0-9]{6,14}").fullmatch
_variable = re.compile(r"\$?\{(\w+)\}")
_domain = r"[a-z0-9-]+\.(?:com|cn|net|org|cc|top|io|me|vip|shop)(?![a-z0-9])"
_link = re.compile(rf"https?:|www\.|{_domain}", re.IGNORECASE)

FORBIDDEN = ("赌博", "博彩", "彩票", "代开发票")
OPT_OUTS = {"R", "T", "TD", "N", "退订", "拒收", "0000"}
HOW_TO_REFUSE = re.compile(r"拒收请回复R$|回(?:复)?TD?退订$|退订回TD?$")


def e164(number: str) -> str | None:
    """The number as +86..., or +... abroad; None where it is none or in no form that is taken."""
    if found := _mainland(number):
        return f"+86{found[1]}"
    return number if _abroad(number) else None


def units(text: str) -> int:
    """An emoji outside the basic plane counts twice."""
    return len(text.encode("utf-16-le")) // 2


def parts(text: str) -> int:
    """How many messages are paid for; `text` begins with its signature."""
    size = units(text)
    return 1 if size <= ONE_PART else -(-size // EACH_PART)


def variables(template: str) -> list[str]:
    """Names in the order of their first place: ${name} or {1}."""
    return list(dict.fromkeys(_variable.findall(template)))


def filled(template: str, values: dict[str, str]) -> str:
    return _variable.sub(lambda found: values[found[1]], template)


def has_link(text: str) -> bool:
    return bool(_link.search(text))


def is_forbidden(text: str) -> bool:
    return any(word in text for word in FORBIDDEN)


def refuses(reply: str) -> bool:
    """Does who answers so want no more advertising? Full width and small letters are as good."""
    return unicodedata.normalize("NFKC", reply).strip().upper() in OPT_OUTS
