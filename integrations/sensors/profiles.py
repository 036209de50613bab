"""Profiles: what is stated absolutely is an attribute at its time, what is stated relative to the
value now is a step (customers/attributes/operations.py)."""

from customers.attributes.operations import Add, Appended, ClearedAll, SetOnce
from customers.models import Source
from integrations.doors.reading.free_json import Unfit
from integrations.doors.reading.moments import zone_of, zoned
from integrations.doors.reading.traits import attributes_of as sensible

KINDS = (
    "profile_set",
    "profile_set_once",
    "profile_increment",
    "profile_append",
    "profile_unset",
    "profile_delete",
)
# What the SDK adds to tell how it was called; nobody's attribute.
OWN = frozenset(
    {"$is_login_id", "$lib", "$lib_version", "$lib_method", "$lib_detail", "$project", "$token"}
)


def attributes_of(kind: str, properties: dict, source: Source) -> dict:
    zone = zone_of(source, properties.get("$timezone_offset"))
    stated = {key: zoned(value, zone) for key, value in properties.items() if key not in OWN}
    if kind == "profile_delete":
        if not source.is_believed:
            raise Unfit(
                "server_only", "$.type", "Only a believed source may delete a whole profile."
            )
        return {"": ClearedAll()}
    if kind == "profile_unset":
        return dict.fromkeys(sensible(dict.fromkeys(stated)))
    if kind == "profile_increment":
        return {key: Add(number(key, value)) for key, value in sensible(stated).items()}
    if kind == "profile_append":
        return {key: Appended(texts(key, value)) for key, value in sensible(stated).items()}
    if kind == "profile_set_once":
        return {key: SetOnce(value) for key, value in sensible(stated).items()}
    return sensible(stated)


def number(key: str, value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("wrong_type", f"$.properties.{key}", "An increment is a number.")
    return value


def texts(key: str, value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise Unfit("wrong_type", f"$.properties.{key}", "What is appended is a list of texts.")
    return value
