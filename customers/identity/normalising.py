"""One spelling for every identity, whichever way it comes in: doors, files, typed lists, searches,
stored rows.

What the functions answer is normal already: asked again about their own answer they give the same.
Junk never raises.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import idna
import phonenumbers

from customers.identity.nobody import is_nobody

DEFAULT_REGION, CHINA = "CN", 86
LONGEST = 200  # of any identity
LONGEST_EMAIL, LONGEST_NAME, LONGEST_HOST = 254, 64, 253
# An identity is one person's: service numbers (400, 800, 95xxx) are everybody's.
PERSONS = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.VOIP,
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    }
)
# The common case without parsing, which takes 30 µs a number: the library's own pattern, so that
# the two agree.
_region: Any = phonenumbers.PhoneMetadata.metadata_for_region(DEFAULT_REGION)
_pattern = _region.mobile.national_number_pattern
_mobile = re.compile(rf"(?:\+86)?({_pattern})", re.ASCII).fullmatch
_number = re.compile(r"\+?[0-9](?:[0-9 .()-]{0,40}[0-9])?", re.ASCII).fullmatch
_of_spreadsheet = re.compile(r"([0-9]{7,15})\.0+", re.ASCII).fullmatch
_scientific = re.compile(r"([0-9])(?:\.([0-9]+))?E\+?([0-9]{1,2})", re.ASCII).fullmatch
_name = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*").fullmatch
_label = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII).fullmatch

_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: " "}  # full-width forms


def clean(text: str) -> str:
    """Without what nobody sees (zero-width, byte order marks, control characters), in half width,
    without white space at the ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.translate(_WIDTH)
    return "".join(
        " " if c.isspace() else c
        for c in text
        if c.isspace() or unicodedata.category(c) not in ("Cf", "Cc", "Cs", "Co")
    ).strip()


def phone(text: str) -> str | None:
    """E.164, or None for what is no valid number of one person. Numbers without a country are
    Chinese."""
    if mobile := _mobile(text):
        return "+86" + mobile[1]
    text = repaired(digits_of(clean(text)))
    if mobile := _mobile(text):
        return "+86" + mobile[1]
    return of_any_country(text) if _number(text.replace("(", "").replace(")", "")) else None


def of_any_country(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return None
    is_persons = (
        phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in PERSONS
    )
    if (
        not is_persons
        or number.extension
        or (number.country_code == CHINA and not is_dialled(text, number))
    ):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_dialled(text: str, number: phonenumbers.PhoneNumber) -> bool:
    """A Chinese line at home is written with its country or with the 0 before its area: 2024013112
    is an hour, not a number in Guangzhou."""
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    return is_mobile or text.lstrip("(").startswith(("+", "0", "86"))


def digits_of(text: str) -> str:
    """Digits of any script and dashes of any length as ASCII; without `tel:` and the marks by which
    spreadsheets keep a text a text."""
    if not text.isascii():
        text = "".join(ascii_of(c) for c in text)
    text = text.strip("'\"=` ")
    return text[4:].strip() if text[:4].lower() == "tel:" else text


def ascii_of(c: str) -> str:
    if (digit := unicodedata.decimal(c, None)) is not None:
        return str(digit)
    return "-" if unicodedata.category(c) == "Pd" or c == "−" else unicodedata.normalize("NFKC", c)


def repaired(text: str) -> str:
    """What a spreadsheet made of a number, where no digit is lost: 13800138001.0 and
    1.3800138001E10. 1.38E+10 has lost them."""
    if whole := _of_spreadsheet(text):
        return "" if is_rounded(whole[1]) else whole[1]
    if found := _scientific(text.upper()):
        first, rest, power = found[1], found[2] or "", int(found[3])
        return first + rest if len(rest) == power else ""
    return text


def is_rounded(digits: str) -> bool:
    """Six significant digits are what a spreadsheet keeps of a long number when it shows it as
    1.38E+10."""
    return len(digits) > 6 and set(digits[6:]) <= {"0"}


def email(text: str) -> str | None:
    """In small letters, its host as it is looked up (xn--…), or None for what is no address that
    mail could be sent to."""
    text = clean(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    name, at, host = text.lower().partition("@")
    # Letters may come apart in small letters: what is not stable is no address.
    if not at or not is_name(name) or not (host := host_of(host)):
        return None
    address = f"{name}@{host}"
    if len(address.encode()) > LONGEST_EMAIL or (
        is_nobody(name) and is_nobody(host.partition(".")[0])
    ):
        return None
    return address


def is_name(name: str) -> bool:
    is_stable = name.isascii() or (unicodedata.is_normalized("NFKC", name) and name.lower() == name)
    return is_stable and len(name.encode()) <= LONGEST_NAME and bool(_name(name))


def host_of(host: str) -> str:
    """The host in ASCII; "" for what is none."""
    if not host.isascii() or "xn--" in host:
        try:
            host = idna.encode(idna.decode(host, uts46=True), uts46=True).decode()
        except (idna.IDNAError, UnicodeError, IndexError, ValueError):
            return ""
    labels = host.split(".")
    if (
        len(labels) < 2
        or len(host) > LONGEST_HOST
        or not all(map(_label, labels))
        or labels[-1].isdigit()
        or len(labels[-1]) < 2
    ):
        return ""
    return host


def opaque(text: str) -> str | None:
    """Any other id as it is compared; None for what stands for nobody."""
    text = clean(text)
    return None if len(text) > LONGEST or is_nobody(text) else text


BY_KIND: dict[str, Callable[[str], str | None]] = {"phone": phone, "email": email}


def normal(kind: str, text: str) -> str | None:
    """The one spelling of this identity, or None where it identifies nobody."""
    return BY_KIND.get(kind, opaque)(text)
