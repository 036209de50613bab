"""The templates of an app, as WeChat tells them: titles, kinds, keywords with what may stand in
each."""

import re
from collections.abc import Collection, Iterable

from django.db import transaction

from customers.models import Connection, Trade, Workspace
from integrations.outbound.client import CallFailed
from integrations.wechat import client
from integrations.wechat.account import VENDOR, account_of
from integrations.wechat.subscribe import values
from integrations.wechat.subscribe.models import SubscribeTemplate

LIST = "/wxaapi/newtmpl/gettemplate"
LINE = re.compile(r"\s*(?P<label>[^\n{}]*?)\s*[::]?\s*\{\{\s*(?P<key>[a-z_]+\d+)\.DATA\s*\}\}")
KEYWORD = re.compile(r"(?P<kind>[a-z_]+?)(?P<number>\d+)")
KINDS = {2: SubscribeTemplate.Kind.ONE_TIME, 3: SubscribeTemplate.Kind.LONG_TERM}
MOST = 200  # templates of an app; WeChat allows 50
MOST_KEYWORDS = 10


def named(row: Connection, keys: Collection[str]) -> dict[str, SubscribeTemplate]:
    """The templates of these ids; one that was not read from WeChat yet is noted, so that what
    people allow is not lost."""
    found = {one.key: one for one in SubscribeTemplate.objects.filter(connection=row, key__in=keys)}
    missing = [
        SubscribeTemplate(connection=row, key=key) for key in sorted(set(keys) - found.keys())
    ]
    if missing:
        SubscribeTemplate.objects.bulk_create(missing, ignore_conflicts=True)
        found = {
            one.key: one for one in SubscribeTemplate.objects.filter(connection=row, key__in=keys)
        }
    return found


def sync(row: Connection, *, now) -> int:
    """The app's templates are as WeChat has them at this moment; one that is gone there stays, and
    is not sent by. Their number. Raises CallFailed."""
    said = client.call_and_wait(account_of(row), LIST, method="GET").get("data")
    if not isinstance(said, list):
        raise CallFailed("garbled")
    told = [one for one in map(described, said[:MOST]) if one]
    with transaction.atomic():
        for values in told:
            SubscribeTemplate.objects.update_or_create(
                connection=row,
                key=values.pop("key"),
                defaults={**values, "is_there": True, "synced_at": now},
            )
        gone = SubscribeTemplate.objects.filter(connection=row, is_there=True)
        gone.exclude(synced_at=now).update(is_there=False)
    return len(told)


def described(said) -> dict | None:
    """One template in our terms; None where it is none."""
    if not isinstance(said, dict) or not isinstance(said.get("priTmplId"), str):
        return None
    key = said["priTmplId"]
    if not 0 < len(key) <= 128 or "\x00" in key:
        return None
    return {
        "key": key,
        "title": str(said.get("title") or "").replace("\x00", "")[:100],
        "kind": KINDS.get(said.get("type"), SubscribeTemplate.Kind.UNKNOWN),
        "keywords": keywords(said),
    }


def keywords(said: dict) -> list[dict]:
    """In the order in which they are shown: key, kind, label, example, and of an enumeration the
    words that it takes."""
    choices = dict(enumerations(said.get("keywordEnumValueList")))
    examples = str(said.get("example") or "").replace("\x00", "").split("\n")
    found = []
    lines = LINE.finditer(str(said.get("content") or "").replace("\x00", ""))
    for number, line in enumerate(lines):
        example = examples[number] if number < len(examples) else ""
        label = without_colons(line["label"])[:50]
        found.append(
            {
                "key": line["key"],
                "kind": kind_of(line["key"]),
                "label": label,
                "example": without_colons(example.removeprefix(label))[:50],
                "choices": choices.get(line["key"], []),
            }
        )
    return found[:MOST_KEYWORDS]


def rule_words(keyword: dict) -> str:
    """What may stand under a keyword."""
    return values.in_words(keyword)


def without_colons(text: str) -> str:
    """Between a label and its value stands one of two kinds."""
    return text.strip().strip(":").strip("\uff1a").strip()


def enumerations(said) -> Iterable[tuple[str, list[str]]]:
    for one in said if isinstance(said, list) else ():
        if isinstance(one, dict) and isinstance(one.get("enumValueList"), list):
            key = str(one.get("keywordCode") or "").removesuffix(".DATA")
            yield key, [str(value)[:50] for value in one["enumValueList"][:100]]


def kind_of(keyword: str) -> str:
    found = KEYWORD.fullmatch(keyword)
    return found["kind"] if found else ""


def offered() -> list[SubscribeTemplate]:
    """Those that can be sent by; long-term ones first where people come again and again, as to a
    school or a clinic."""
    rows = SubscribeTemplate.objects.filter(is_there=True, connection__is_active=True).exclude(
        title=""
    )
    found = list(rows.select_related("connection").order_by("connection", "title", "pk"))
    if Workspace.get().trade in (Trade.SCHOOL, Trade.CLINIC):
        found.sort(key=lambda one: not one.is_long_term)
    return found


def apps() -> list[Connection]:
    return list(Connection.objects.filter(vendor=VENDOR, is_active=True).order_by("name"))
