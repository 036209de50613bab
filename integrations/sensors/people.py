"""Who a Sensors object is about: its map of identities, else its older ids."""

import re

from customers.identity import logins
from customers.identity.logins import Logins
from customers.models import Kind, Source
from events.incoming_items import Named
from integrations.doors.reading.free_json import Unfit, object_of, text_of
from integrations.doors.reading.identities import SetAside, usable
from integrations.doors.reading.traits import contacts_of, distinct

_openid_key = re.compile(r"\$identity_(?:mp_)?(\w{1,64}?)_openid").fullmatch
_openid = re.compile(r"o[A-Za-z0-9_-]{27}").fullmatch
KINDS = {
    "$identity_login_id": Kind.MEMBER_ID,
    "$identity_mobile": Kind.PHONE,
    "$identity_email": Kind.EMAIL,
    "$identity_mp_id": Kind.ANONYMOUS_ID,
    "$identity_anonymous_id": Kind.ANONYMOUS_ID,
    "$identity_cookie_id": Kind.ANONYMOUS_ID,
    "$identity_android_id": Kind.ANONYMOUS_ID,
    "$identity_idfv": Kind.ANONYMOUS_ID,
}
LINKING = frozenset({"track_signup", "track_id_bind"})
UNSURE = ("distinct_id", "original_id")  # may be a log-in without saying so
MOST = 200  # characters
OLDER = (
    "login_id",
    "distinct_id",
    "anonymous_id",
    "original_id",
)  # a text that stands in several counts as what it is first


def logins_in(items: list, source: Source) -> Logins:
    """Of the texts in these objects that do not say what they are: which are log-ins, by what
    stands beside them or was said before."""
    objects = [item for item in items if isinstance(item, dict)]
    stated = {text for item in objects for text in log_ins_of(item)}
    unsure = {text for item in objects for text in unsure_of(item)} - stated
    linked = {text for item in objects if item.get("type") in LINKING for text in log_ins_of(item)}
    found = logins.known(source, unsure | linked)
    return Logins(found.members | stated, found.strays & linked)


def log_ins_of(item: dict) -> list[str]:
    """The texts that an object calls log-ins."""
    identities = item.get("identities")
    mapped = identities.get("$identity_login_id") if isinstance(identities, dict) else None
    own = item.get("distinct_id") if is_flagged(item) else None
    return [text for text in map(plain, (mapped, item.get("login_id"), own)) if text]


def unsure_of(item: dict) -> list[str]:
    """The texts of which neither the map nor anything else says what they are."""
    identities = item.get("identities")
    mapped = list(identities.values()) if isinstance(identities, dict) else []
    return [
        text for text in (plain(item.get(field)) for field in UNSURE) if text and text not in mapped
    ]


def is_flagged(item: dict) -> bool:
    properties = item.get("properties")
    return item.get("type") == "track_signup" or (
        isinstance(properties, dict) and properties.get("$is_login_id") is True
    )


def plain(value) -> str:
    """A text that could be an id; "" for anything else, which is refused where it is read."""
    return (
        value.strip()
        if isinstance(value, str) and len(value) <= MOST and "\x00" not in value
        else ""
    )


def identities_of(item: dict, aside: list[SetAside], known: Logins) -> list[Named]:
    """Everything that names the person, once each."""
    # An unbinding names what no longer belongs together: it must not join it again.
    stated = object_of(item, "identities")
    mapped = {} if item.get("type") == "track_id_unbind" else mapped_of(stated, aside)
    older = {}
    for field in OLDER:
        text = text_of(item.get(field), f"$.{field}", MOST)
        if text and text not in mapped and text not in older:
            older[text] = of_older(field, text, item, aside, known, stated)
    found = distinct([*mapped.values(), *older.values(), *strays_of(item, known)])
    if not found:
        raise Unfit("missing_identity", "$.distinct_id", "distinct_id or identities is needed.")
    return found


def strays_of(item: dict, known: Logins) -> list[Named]:
    """What a server called an anonymous id is the member whom it now links under the same text."""
    if item.get("type") not in LINKING:
        return []
    return [
        Named(Kind.ANONYMOUS_ID.value, text) for text in log_ins_of(item) if text in known.strays
    ]


def mapped_of(identities: dict, aside: list[SetAside]) -> dict[str, Named]:
    """The identities by the text they were sent as; the strongest kind of a text counts (setOpenid
    makes the openid an anonymous id too)."""
    found = {}
    for key, value in sorted(
        identities.items(), key=lambda pair: kind_of(pair[0])[0] == Kind.ANONYMOUS_ID
    ):
        kind, scope = kind_of(key)
        text = text_of(value, f"$.identities.{key}", MOST)
        if kind and text and text not in found:
            found[text] = openid_or(kind, text, f"$.identities.{key}", aside, scope)
    return {text: one for text, one in found.items() if one}


def kind_of(key: str) -> tuple[Kind | None, str]:
    if openid := _openid_key(key):
        return Kind.WX_OPENID, openid[1]
    if key.endswith("unionid"):
        return Kind.WX_UNIONID, ""
    return KINDS.get(key), ""


def openid_or(
    kind: str, text: str, path: str, aside: list[SetAside], scope: str = ""
) -> Named | None:
    """An openid is one wherever it stands: as an anonymous id it would resolve for anybody who
    knows it."""
    if kind == Kind.ANONYMOUS_ID and _openid(text):
        kind = Kind.WX_OPENID
    return usable(str(kind), text, path, aside, scope=scope)


def of_older(
    field: str, text: str, item: dict, aside: list[SetAside], known: Logins, stated: dict
) -> Named | None:
    key = key_named_in(text, stated)
    if key and kind_of(key)[0]:
        return None  # the map has it already, and by its kind
    is_login = (
        field == "login_id"
        or (field == "distinct_id" and is_flagged(item))
        or (field in UNSURE and text in known.members)
    )
    if is_login:
        return usable(
            Kind.MEMBER_ID.value, text.removeprefix(f"{key}+") if key else text, f"$.{field}", aside
        )
    return openid_or(Kind.ANONYMOUS_ID, text, f"$.{field}", aside)


def key_named_in(text: str, stated: dict) -> str:
    """Id-mapping 3 spells an identity of the map as `key+value` where older ids stand; a shop's own
    key of log-ins too."""
    key, plus, value = text.partition("+")
    return key if plus and plain(stated.get(key)) == value else ""


def contacts(kind: str, properties: dict, aside: list[SetAside]) -> list[Named]:
    """A profile's phone and e-mail name the person too."""
    return (
        distinct(contacts_of(properties, "$.properties", aside))
        if kind in {"profile_set", "profile_set_once"}
        else []
    )
