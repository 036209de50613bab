"""One call to Tencent Cloud, and what it answered: always 200, refusals inside."""

import json
import time
from urllib.parse import urlsplit

from integrations.outbound import client
from integrations.outbound.client import Answer, CallFailed, Request
from integrations.sms.accounts import Account
from integrations.sms.codes import Refused
from integrations.tencent_sms.signing import authorization

SERVICE, VERSION = "sms", "2021-01-11"
JSON = "application/json; charset=utf-8"


def request(account: Account, action: str, asked: dict) -> Request:
    body = json.dumps(asked, ensure_ascii=False).encode()
    at, address = int(time.time()), account.address
    signed = {
        "content-type": JSON,
        "host": urlsplit(address).netloc,
        "x-tc-action": action,
    }
    key, secret = account.settings["access_id"], account.settings["secret_key"]
    headers = {
        **signed,
        "authorization": authorization(key, secret, at, SERVICE, signed, body),
        "x-tc-version": VERSION,
        "x-tc-timestamp": str(at),
        "x-tc-region": account.settings.get("region") or "ap-guangzhou",
    }
    return Request("POST", f"{address}/", headers, body)


async def ask(account: Account, action: str, asked: dict) -> dict:
    """What stands in its `Response`. Raises Refused, or CallFailed where there is none."""
    return said(await client.fetch(request(account, action, asked)))


def ask_now(account: Account, action: str, asked: dict) -> dict:
    """The same for who waits for it."""
    return said(client.call(request(account, action, asked)))


def said(answer: Answer) -> dict:
    try:
        found = json.loads(answer.body)["Response"]
        error = found.get("Error")
        if error is None:
            return found
        code, words = str(error["Code"])[:100], str(error.get("Message", ""))[:100]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CallFailed("garbled", "not Tencent's") from None
    raise Refused(code, words)
