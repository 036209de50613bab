"""Texts to Tencent Cloud: one call for each different text, to up to 200 numbers that get the same;
a result for each number inside the answer.

Nothing is sent again by itself where the answer was lost: there is no key by which a repeat would
be known.
"""

from collections import defaultdict

from campaigns.delivery.channels import Results, SendFailed, Sent
from integrations.outbound.client import CallFailed
from integrations.sms import calling, codes, matching, numbers
from integrations.sms.accounts import Account
from integrations.sms.codes import Refused
from integrations.sms.values import Text
from integrations.tencent_sms import calls
from integrations.tencent_sms.codes import CODES, UNKNOWABLE

MOST = 200  # numbers in a call
AT_ONCE = 20  # calls
GOOD = "Ok"


async def send(account: Account, texts: list[Text]) -> Results:
    return await calling.through(
        batches(texts), lambda batch: sent(account, batch), at_once=AT_ONCE
    )


def batches(texts: list[Text]) -> list[list[Text]]:
    """Of one text each, all at home or all abroad, and no number twice."""
    alike: dict[tuple, list[list[Text]]] = defaultdict(list)
    for one in texts:
        same = (one.template.code, one.body, one.sign, numbers.is_abroad(one.number))
        for batch in alike[same]:
            if len(batch) < MOST and one.number not in {other.number for other in batch}:
                batch.append(one)
                break
        else:
            alike[same].append([one])
    return [batch for made in alike.values() for batch in made]


async def sent(account: Account, batch: list[Text]) -> Results:
    try:
        said = await calls.ask(account, "SendSms", asked(account, batch))
    except Refused as refused:
        if refused.code in UNKNOWABLE or refused.code == "InternalError":
            return {}  # nobody can know how far it came
        failure = codes.failure(CODES, refused.code, refused.said)
        return calling.alike(batch, failure)
    except CallFailed as failed:
        if failed.has_left:
            return {}
        never = SendFailed(str(failed), retry_after=60, is_of_account=True)
        return calling.alike(batch, never)
    return each(batch, said.get("SendStatusSet"))


def each(batch: list[Text], rows: object) -> Results:
    """By message; a number of which the answer says nothing that can be known is left out."""
    by_number = {one.number: one.message_id for one in batch}
    results: Results = {}
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        message = by_number.get(numbers.e164(row.get("PhoneNumber")) or "")
        if message is None:
            continue
        code, serial = row.get("Code"), row.get("SerialNo")
        if code == GOOD and isinstance(serial, str) and serial:
            fee = row.get("Fee")
            results[message] = Sent(serial[:128], fee if isinstance(fee, int) and fee else None)
        elif isinstance(code, str) and code != GOOD and code not in UNKNOWABLE:
            words = str(row.get("Message", ""))[:100]
            results[message] = codes.failure(CODES, code[:100], words)
    return results


def asked(account: Account, batch: list[Text]) -> dict:
    first = batch[0]
    names = matching.variables(first.template.text)
    return {
        "PhoneNumberSet": [one.number for one in batch],
        "SmsSdkAppId": account.settings["app_id"],
        "SignName": first.sign,
        "TemplateId": first.template.code,
        "TemplateParamSet": [first.values[name] for name in sorted(names, key=place)],
    }


def place(name: str) -> int:
    return int(name) if name.isdecimal() else 0
