"""Texts to Aliyun: up to 100 of one template in a call, no number twice in one.

The call has one BizId and one answer. A text is known by the BizId and a digest of its number, as
its receipt names both. Nothing is sent again by itself where the answer was lost: Aliyun has no key
by which it would know a repeat.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable

from campaigns.delivery.channels import Results, SendFailed
from customers.privacy.sealing import digest
from integrations.aliyun_sms import calls
from integrations.aliyun_sms.codes import CODES
from integrations.outbound import client
from integrations.outbound.client import CallFailed
from integrations.sms import calling, codes, numbers
from integrations.sms.accounts import Account
from integrations.sms.codes import Refused
from integrations.sms.values import Text

MOST = 100  # texts in a call
AT_ONCE = 4  # calls


def provider_id(biz_id: str, number: str) -> str:
    """By which a text is known: one BizId is of many."""
    return f"{biz_id[:80]}:{digest('sms_number', number)}"


async def send(account: Account, texts: list[Text]) -> Results:
    time_left = client.begin_within()
    return await calling.through(
        batches(texts), lambda batch: sent(account, batch, time_left), at_once=AT_ONCE
    )


def batches(texts: Iterable[Text]) -> list[list[Text]]:
    by_template: dict[str, list[list[Text]]] = defaultdict(list)
    for one in texts:
        made = by_template[one.template.code]
        for batch in made:
            if len(batch) < MOST and one.number not in {other.number for other in batch}:
                batch.append(one)
                break
        else:
            made.append([one])
    return [batch for made in by_template.values() for batch in made]


async def sent(account: Account, batch: list[Text], time_left: Callable[[], bool]) -> Results:
    try:
        said = await calls.ask(account, "SendBatchSms", asked(batch))
    except Refused as refused:
        return await refused_one_by_one(account, batch, refused, time_left)
    except CallFailed as failed:
        if failed.has_left:
            return {}  # nobody can know
        never = SendFailed(str(failed), retry_after=60, is_of_account=True)
        return calling.alike(batch, never)
    biz_id = said.get("BizId")
    if not isinstance(biz_id, str) or not biz_id:
        return {}
    return {one.message_id: provider_id(biz_id, one.number) for one in batch}


async def refused_one_by_one(
    account: Account, batch: list[Text], refused: Refused, time_left: Callable[[], bool]
) -> Results:
    """The whole call was refused, nothing of it was sent. Where one text may be the reason, it is
    found by halving, while there is time; what stands against the account stands against all."""
    meaning = codes.meaning(CODES, refused.code)
    if len(batch) == 1 or meaning.what in (codes.ACCOUNT, codes.BUSY) or is_of_all(meaning):
        failure = codes.failure(CODES, refused.code, refused.said)
        return calling.alike(batch, failure)
    middle, results = len(batch) // 2, {}
    for half in (batch[:middle], batch[middle:]):
        results |= (
            await sent(account, half, time_left)
            if time_left()
            else calling.alike(half, codes.too_late())
        )
    return results


def is_of_all(meaning: codes.Code) -> bool:
    """Of the template or the signature, which all of a call share."""
    return meaning.words in {"template", "sign", "sign_use", "filing", "kind", "call"}


def asked(batch: list[Text]) -> dict[str, str]:
    def listed(values: Iterable) -> str:
        return json.dumps(list(values), ensure_ascii=False)

    return {
        "PhoneNumberJson": listed(numbers.local(one.number) for one in batch),
        "SignNameJson": listed(one.sign for one in batch),
        "TemplateCode": batch[0].template.code,
        "TemplateParamJson": listed(dict(one.values) for one in batch),
    }
