"""What WeChat is told to send a subscribe message, and what its answer means for the message."""

import asyncio
from typing import NamedTuple

from campaigns.delivery.channels import Parcel, SendFailed, Sent
from integrations.outbound.client import CallFailed
from integrations.wechat import client
from integrations.wechat.errors import Kind as ErrorKind
from integrations.wechat.errors import WeChatError
from integrations.wechat.subscribe import fitting
from integrations.wechat.subscribe.content import STATES
from integrations.wechat.subscribe.models import SubscribeTemplate

SEND = "/cgi-bin/message/subscribe/send"
AT_ONCE = 50
SECONDS = 12.0  # of one call; a batch has twenty
MESSAGE = "hutong_message"  # in the page's query: which message led there
LONGEST_PAGE = 1024
NOT_ALLOWED, BUSY_WITH_THEM, BAD_OPENID = 43101, 43108, 40003
SOON, MINUTE, HOUR = 1.0, 60.0, 3600.0


class Wait(NamedTuple):
    """When another try may work; None: after a delay that grows."""

    seconds: float | None
    is_of_account: bool = False


WAITS = {
    NOT_ALLOWED: Wait(SOON),  # judged anew: perhaps no grant is left, or it is too soon (limits.py)
    BUSY_WITH_THEM: Wait(SOON),
    45011: Wait(MINUTE, is_of_account=True),
}
WAITS_BY_KIND = {
    ErrorKind.LATER: Wait(None),
    ErrorKind.QUOTA: Wait(HOUR, is_of_account=True),
    ErrorKind.SETUP: Wait(MINUTE, is_of_account=True),
    ErrorKind.TOKEN: Wait(MINUTE, is_of_account=True),
}


async def posted(account, bodies: dict[int, dict]):
    slots, results = asyncio.Semaphore(AT_ONCE), {}

    async def post(message: int, body: dict) -> None:
        async with slots:
            if (result := await answered(account, body)) is not None:
                results[message] = result

    await asyncio.gather(*(post(message, body) for message, body in bodies.items()))
    return results


async def answered(account, body: dict) -> Sent | SendFailed | None:
    """What became of one; None where nobody can know."""
    try:
        said = await client.call(account, SEND, body, seconds=SECONDS)
    except WeChatError as refused:
        return failure(refused)
    except CallFailed as failed:
        return of_account(failed) if failed.code in NEVER_LEFT else None
    number = said.get("msgid")
    return Sent(str(number) if isinstance(number, int | str) else "")


# Before anything was sent: another try is no second message.
NEVER_LEFT = frozenset(
    {
        *("bad_address", "password_in_address", "not_https", "local_address", "bad_port"),
        *("unknown_host", "unreachable", "tls", "unusable"),
    }
)


def of_account(failed: CallFailed) -> SendFailed:
    return SendFailed(str(failed), retry_after=failed.retry_after or MINUTE, is_of_account=True)


def failure(refused: WeChatError) -> SendFailed:
    """What WeChat's refusal means for the message: another try, another grant, or the end of this
    message, of this address, of this account for now."""
    later = WAITS.get(refused.errcode) or WAITS_BY_KIND.get(refused.kind)
    if refused.errcode == BAD_OPENID:
        return SendFailed(str(refused), permanent=True)
    if later is None:
        return SendFailed(str(refused), is_of_text=True)
    return SendFailed(str(refused), retry_after=later.seconds, is_of_account=later.is_of_account)


def body_of(parcel: Parcel, one: SubscribeTemplate, openid: str) -> dict:
    body = {
        "touser": openid,
        "template_id": one.key,
        "miniprogram_state": parcel.content.get("state") or STATES[0],
        "lang": "zh_CN",
        "data": {
            keyword["key"]: {"value": text}
            for keyword, text in fitting.values_in(one, parcel.content)
        },
    }
    if page := parcel.content.get("page", ""):
        body["page"] = leading(page, parcel.message_id)
    return body


def leading(page: str, message: int) -> str:
    """The page, with the message that led there."""
    joint = "&" if "?" in page else "?"
    return f"{page}{joint}{MESSAGE}={message}"[:LONGEST_PAGE]
