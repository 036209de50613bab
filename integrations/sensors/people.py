"""Who a Sensors object is about: its map of identities, else its older ids."""

import re

from customers.models import Kind
from events.incoming import Named
from integrations.free_json import Unfit, object_of, text_of
from integrations.identities import SetAside, usable
from integrations.traits import contacts_of, distinct

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
OLDER = ("login_id", "distinct_id", "anonymous_id", "original_id")  # a text that stands in several counts as what it is first


def identities_of(item: dict, aside: list[SetAside]) -> list[Named]:
    """Everything that names the person, once each."""
    # An unbinding names what no longer belongs together: it must not join it again.
    mapped = {} if item.get("type") == "track_id_unbind" else mapped_of(object_of(item, "identities"), aside)
    older = {}
    for field in OLDER:
        text = text_of(item.get(field), f"$.{field}", 200)
        if text and text not in mapped and text not in older:
            older[text] = of_older(field, text, item, aside)
    found = distinct([*mapped.values(), *older.values()])
    if not found:
        raise Unfit("missing_identity", "$.distinct_id", "distinct_id or identities is needed.")
    return found


def mapped_of(identities: dict, aside: list[SetAside]) -> dict[str, Named]:
    """The identities by the text they were sent as; the strongest kind of a text counts (setOpenid makes the openid an anonymous id too)."""
    found = {}
    for key, value in sorted(identities.items(), key=lambda pair: kind_of(pair[0])[0] == Kind.ANONYMOUS_ID):
        kind, scope = kind_of(key)
        text = text_of(value, f"$.identities.{key}", 200)
        if kind and text and text not in found:
            found[text] = openid_or(kind, text, f"$.identities.{key}", aside, scope)
    return {text: one for text, one in found.items() if one}


def kind_of(key: str) -> tuple[Kind | None, str]:
    if openid := _openid_key(key):
        return Kind.WX_OPENID, openid[1]
    if key.endswith("unionid"):
        return Kind.WX_UNIONID, ""
    return KINDS.get(key), ""


def openid_or(kind: str, text: str, path: str, aside: list[SetAside], scope: str = "") -> Named | None:
    """An openid is one wherever it stands: as an anonymous id it would resolve for anybody who knows it."""
    if kind == Kind.ANONYMOUS_ID and _openid(text):
        kind = Kind.WX_OPENID
    return usable(str(kind), text, path, aside, scope=scope)


def of_older(field: str, text: str, item: dict, aside: list[SetAside]) -> Named | None:
    properties = object_of(item, "properties")
    is_login = field == "login_id" or (
        field == "distinct_id" and (properties.get("$is_login_id") is True or item.get("type") == "track_signup")
    )
    if is_login:
        return usable(Kind.MEMBER_ID.value, text, f"$.{field}", aside)
    return openid_or(Kind.ANONYMOUS_ID, text, f"$.{field}", aside)


def contacts(kind: str, properties: dict, aside: list[SetAside]) -> list[Named]:
    """A profile's phone and e-mail name the person too."""
    return distinct(contacts_of(properties, "$.properties", aside)) if kind in {"profile_set", "profile_set_once"} else []
