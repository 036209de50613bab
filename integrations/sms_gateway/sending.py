"""Texts to a gateway: one call each, made and read as the form says."""

import json
import secrets
import time
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from campaigns.delivery.channels import Results, SendFailed, Sent
from crm_project.bounds import whole_in
from customers.models import Purpose
from integrations.outbound import client
from integrations.outbound.client import Answer, CallFailed, Request
from integrations.sms import calling, codes, numbers
from integrations.sms.accounts import Account
from integrations.sms.codes import ACCOUNT, BUSY, GONE, REFUSED, Code
from integrations.sms.values import Text
from integrations.sms_gateway.describing import filled, lines, looked_up, plain
from integrations.sms_gateway.forming import GET, JSON
from integrations.sms_gateway.signing import of_fields, signature

AT_ONCE = 20
MEANT = {
    "gone_codes": Code(GONE, "nobody"),
    "refused_codes": Code(REFUSED, "unsubscribed"),
    "later_codes": Code(BUSY, "often"),
    "account_codes": Code(ACCOUNT, "account"),
}


def meanings(settings: Mapping) -> dict[str, Code]:
    """Of the codes that the form names; all others are of the text."""
    return {
        code: meant for name, meant in MEANT.items() for code in str(settings.get(name, "")).split()
    }


async def send(account: Account, texts: list[Text]) -> Results:
    async def one_call(batch: list[Text]) -> Results:
        result = await sent(account, batch[0])
        return {} if result is None else {batch[0].message_id: result}

    return await calling.through(([text] for text in texts), one_call, at_once=AT_ONCE)


async def sent(account: Account, text: Text) -> Sent | SendFailed | None:
    """None: nobody can know."""
    try:
        return read(account, text, await client.fetch(request(account, text)))
    except CallFailed as failed:
        if failed.has_left:
            return None
        return by_status(account, failed)


def request(account: Account, text: Text) -> Request:
    said = account.settings
    now = time.time()
    is_marketing = text.purpose == Purpose.MARKETING
    values = {
        "number": numbers.local(text.number),
        "e164": text.number,
        "text": text.whole,
        "kind": said.get("kind_marketing" if is_marketing else "kind_service", ""),
        "id": str(text.message_id),
        "account": said.get("login", ""),
        "time": str(int(now)),
        "time_ms": str(int(now * 1000)),
        "nonce": secrets.token_hex(16),
    }
    described = lines(said["fields_sent"])
    unsigned = {n: filled(v, values) for n, v in described.items() if "{signature}" not in v}
    body = body_of(said, unsigned)
    signed = of_fields(unsigned)
    values["signature"] = signature(said, values, signed, body)
    fields = {name: filled(value, values) for name, value in described.items()}
    headers = {n: filled(v, values) for n, v in lines(said.get("headers", "")).items()}
    url = said["url"]
    if said["method"] == GET:
        joined = "&" if urlsplit(url).query else "?"
        return Request("GET", f"{url}{joined}{urlencode(fields)}", headers)
    kind = "application/json" if said["method"] == JSON else "application/x-www-form-urlencoded"
    return Request("POST", url, {"Content-Type": kind, **headers}, body_of(said, fields))


def body_of(said: Mapping, fields: Mapping[str, str]) -> bytes:
    if said["method"] == JSON:
        return json.dumps(fields, ensure_ascii=False).encode()
    return urlencode(fields).encode()


def read(account: Account, text: Text, answer: Answer) -> Sent | SendFailed | None:
    said, found = account.settings, decoded(answer.body)
    if said["good_path"] == "text":
        return of_text(account, text, answer.body)
    if found is None:
        return None  # it took the call, and what it says is nothing that we know
    code = plain(looked_up(found, said["good_path"]))
    row = plain(looked_up(found, said["row_path"])) if said.get("row_path") else code
    if code != said["good_value"] or row not in ("", said["good_value"]):
        return refused(account, answer.body, row if code == said["good_value"] else code)
    ident = plain(looked_up(found, said["id_path"])) if said.get("id_path") else ""
    parts = whole_in(looked_up(found, said["parts_path"])) if said.get("parts_path") else None
    return Sent(ident[:128] or str(text.message_id), parts)


def by_status(account: Account, failed: CallFailed) -> SendFailed:
    """Nothing was taken. Why, its body says if it speaks as the form describes; a page of whatever
    stands before the gateway says nothing of the text, which may leave later."""
    said, found = account.settings, decoded(failed.body)
    code = plain(looked_up(found, said["good_path"])) if found is not None else ""
    known, status = meanings(said), str(failed.status or "")
    if code and code != said["good_value"]:
        return codes.failure(known, code[:60], why(said, found)[:100])
    if status in known:
        return codes.failure(known, status)
    is_busy = failed.status in client.LATER
    pause = failed.retry_after or (codes.PAUSES[BUSY].total_seconds() if is_busy else 60)
    return SendFailed(str(failed), retry_after=pause, is_of_account=not is_busy)


def of_text(account: Account, text: Text, body: bytes) -> Sent | SendFailed:
    """An answer such as `0,4711` or `4001,余额不足`."""
    words = body.decode("utf-8", "replace").strip()[:200]
    first, _comma, rest = words.partition(",")
    if first.strip() != account.settings["good_value"]:
        return codes.failure(meanings(account.settings), first.strip()[:60], rest[:100])
    has_id = account.settings.get("id_path") and rest.strip()
    return Sent(rest.strip()[:128] if has_id else str(text.message_id))


def refused(account: Account, body: bytes, code: str) -> SendFailed | None:
    found, said = decoded(body), account.settings
    if found is None and not code:
        return None
    words, known = why(said, found), meanings(said)
    inner = plain(looked_up(found, said["good_path"])) if found is not None else ""
    code = code if code in known else inner or code
    return codes.failure(known, code[:60] or "?", words[:100])


def why(said: Mapping, found: object) -> str:
    """In the gateway's words; where the call was good and the number was not, they stand beside
    the number's code."""
    path, row_path = said.get("said_path", ""), said.get("row_path", "")
    is_good = plain(looked_up(found, said["good_path"])) == said["good_value"]
    if path and row_path and is_good:
        beside = ".".join([*row_path.split(".")[:-1], path.rpartition(".")[2]])
        if words := plain(looked_up(found, beside)):
            return words
    return plain(looked_up(found, path)) if path else ""


def decoded(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
