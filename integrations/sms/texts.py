"""What a short message says: its signature, its parts, how it tells people to refuse more."""

import re

ONE_PART, EACH_PART = 70, 67  # UTF-16 units of a message of one part; of each part of a longer one
LONGEST = 500  # units: what every vendor takes
OPT_OUT = "拒收请回复R"
# At the end, as vendors and carriers ask for it.
_says_how = re.compile(
    r"(?:拒收请?(?:回复|回)?R|回(?:复)?TD?退订|退订(?:请)?回(?:复)?TD?)[。.]?\s*$", re.IGNORECASE
)
_signed = re.compile(r"\s*【([^【】]{2,16})】(.*)", re.DOTALL).fullmatch
_domain = r"[a-z0-9-]+\.(?:com|cn|net|org|cc|top|io|me|vip|shop|info|xyz|ltd)(?![a-z0-9])"
_link = re.compile(rf"https?:|www\.|{_domain}", re.IGNORECASE)


def units(text: str) -> int:
    """UTF-16 units: an emoji outside of the basic plane counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parts(text: str) -> int:
    """How many messages are paid for; `text` is whole, with its signature."""
    size = units(text)
    return 1 if size <= ONE_PART else -(-size // EACH_PART)


def has_link(text: str) -> bool:
    return bool(_link.search(text))


def has_emoji(text: str) -> bool:
    return any(ord(letter) > 0xFFFF for letter in text)


def says_how_to_refuse(text: str) -> bool:
    return bool(_says_how.search(text))


def with_opt_out(text: str, words: str = OPT_OUT) -> str:
    """The text with one way to refuse more at its end, never two."""
    return text if says_how_to_refuse(text) else f"{text.rstrip()}{words}"


def apart(text: str) -> tuple[str, str]:
    """The signature in brackets that a text begins with ("" where it begins with none), and the
    rest."""
    found = _signed(text)
    return (found[1], found[2]) if found else ("", text)


def whole(sign: str, body: str) -> str:
    """As it arrives."""
    return f"【{sign}】{body}" if sign else body
