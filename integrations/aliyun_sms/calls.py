"""One call to Aliyun, and what it answered."""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from integrations.aliyun_sms.signing import authorization, sha256
from integrations.outbound import client
from integrations.outbound.client import Answer, CallFailed, Request
from integrations.sms.accounts import Account
from integrations.sms.codes import Refused

SMS, BILLS = "2017-05-25", "2017-12-14"
BILLS_ADDRESS = "https://business.aliyuncs.com"
FORM = "application/x-www-form-urlencoded"


def request(account: Account, action: str, asked: Mapping[str, str], version: str = SMS) -> Request:
    """Signed; what is asked stands in the body, since a hundred texts are too long for an
    address."""
    address = account.address
    if version == BILLS and not account.base_url:
        address = BILLS_ADDRESS
    body = urlencode(asked).encode()
    signed = {
        "host": urlsplit(address).netloc,
        "content-type": FORM,
        "x-acs-action": action,
        "x-acs-version": version,
        "x-acs-date": datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-content-sha256": sha256(body),
    }
    key, secret = account.settings["access_key"], account.settings["access_secret"]
    proof = authorization(key, secret, "POST", "/", "", signed)
    return Request("POST", f"{address}/", {**signed, "authorization": proof}, body)


async def ask(account: Account, action: str, asked: Mapping[str, str]) -> dict:
    """What it answered. Raises Refused, or CallFailed where there is no answer of Aliyun's."""
    try:
        return said(await client.fetch(request(account, action, asked)))
    except CallFailed as failed:
        raise refused(failed) from failed


def ask_now(account: Account, action: str, asked: Mapping[str, str], version: str = SMS) -> dict:
    """The same for who waits for it."""
    try:
        return said(client.call(request(account, action, asked, version)))
    except CallFailed as failed:
        raise refused(failed) from failed


def said(answer: Answer) -> dict:
    try:
        found = json.loads(answer.body)
        code = found.get("Code", "OK")
    except (ValueError, AttributeError):
        raise CallFailed("garbled", "not Aliyun's") from None
    if code not in ("OK", "200", 200):
        raise Refused(str(code)[:100], str(found.get("Message", ""))[:100])
    return found


def refused(failed: CallFailed) -> Exception:
    """Its gateway refuses with 4xx and says why; of a 5xx nobody knows whether it was done."""
    if failed.status is None or failed.status >= 500:
        return failed
    try:
        found = json.loads(failed.body)
        return Refused(
            str(found["Code"])[:100], str(found.get("Message", "")).split(" server ")[0][:100]
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return failed
