"""What a push says, whatever it comes as: JSON or XML, one entry or several, numbers beyond what
others can hold."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree as SafeTree
from defusedxml import DefusedXmlException

from integrations.doors.problems import Refused
from integrations.doors.reading.free_json import Unfit, canonical, checked, loaded

MOST_DIGITS = 15  # of an integer that stays a number; ids are longer, and are texts
DEEPEST = 8
# What says whom a push is from and what it is; the rest is what it tells.
HEAD = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"})
XML_LISTS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")


@dataclass(slots=True)
class Pushed:
    """One push. `entries`: of its list, where it has one."""

    openid: str
    kind: str  # the event's name, or the kind of the message
    at: datetime
    is_message: bool
    fields: dict
    entries: list[dict] = field(default_factory=list)
    content: bytes = b""  # the same in another spelling has the same


def read(body: bytes) -> Pushed:
    """Raises Unfit where it is none, Refused where it is neither JSON nor XML."""
    fields = checked(fields_of(body))
    event = text(fields.get("Event"))
    kind = event or text(fields.get("MsgType"))
    if not kind:
        raise Unfit("missing_field", "$.Event", "It says neither its event nor its kind.")
    if len(kind) > 100:
        raise Unfit("wrong_length", "$.Event", "An event's name may have 100 characters.")
    return Pushed(
        openid=text(fields.get("FromUserName")),
        kind=kind,
        at=moment(fields.get("CreateTime")),
        is_message=not event,
        fields={name: value for name, value in fields.items() if name not in {*HEAD, "List"}},
        entries=list(entries_of(fields)),
        content=canonical(fields),
    )


def fields_of(body: bytes) -> dict:
    """The outermost object, numbers that are ids as texts."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    found = from_xml(body) if start == b"<" else with_ids(loaded(body))
    if not isinstance(found, dict):
        raise Unfit("wrong_type", "$", "A push is an object.")
    return found


def with_ids(value, depth: int = 0):
    """Integers too long for other programs are texts, as order numbers are everywhere else."""
    if depth > DEEPEST:
        raise Unfit("too_deep", "$", f"Nested deeper than {DEEPEST} levels.")
    if isinstance(value, dict):
        return {key: with_ids(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_ids(inner, depth + 1) for inner in value]
    is_long = type(value) is int and len(str(abs(value))) > MOST_DIGITS
    return str(value) if is_long else value


def from_xml(body: bytes) -> dict:
    """No declaration of a type or an entity gets in, so nothing unfolds and nothing is fetched."""
    try:
        root = SafeTree.fromstring(body.removeprefix(b"\xef\xbb\xbf").strip(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Refused("The body is not plain XML.", code="invalid_xml", path="$") from error
    found = inside(root)
    if not isinstance(found, dict):
        raise Unfit("wrong_type", "$", "A push is an object.")
    for name in XML_LISTS:
        if isinstance(of_event := found.pop(name, None), dict):
            found["List"] = of_event.get("List")
    return found


def inside(element: Element, depth: int = 0) -> dict | str:
    if depth > DEEPEST:
        raise Unfit("too_deep", "$", f"Nested deeper than {DEEPEST} levels.")
    if not len(element):
        return element.text or ""
    found: dict = {}
    for child in element:
        value = inside(child, depth + 1)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found


def entries_of(fields: dict) -> Iterator[dict]:
    """A list of one comes as the entry itself."""
    said = fields.get("List")
    for entry in said if isinstance(said, list) else [said]:
        if isinstance(entry, dict):
            yield entry


def moment(value) -> datetime:
    """Seconds, as a number or a text."""
    digits = text(value)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 10):
        raise Unfit("wrong_type", "$.CreateTime", "It is the seconds since 1970.")
    return datetime.fromtimestamp(int(digits), UTC)


def text(value) -> str:
    """Also of what others spell as a number."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if type(value) is int else ""


def sealed_in(body: bytes) -> str:
    """The sealed text of a push in security mode; "" where nothing is sealed. Beside it a push in
    compatible mode shows what is inside, which nobody has signed."""
    try:
        return text(fields_of(body).get("Encrypt"))
    except (Unfit, Refused):
        return ""
