"""SendSms and SendBatchSms.

What is wrong with the call itself refuses all of it. What stands against one number refuses a call
to that number alone; in a call to several, which has one BizId and one answer, it becomes that
number's receipt.
"""

import itertools
import json
import re
from dataclasses import dataclass

from demo.vendors.aliyun_sms.answers import Refused, missing
from demo.vendors.sms import texts
from demo.vendors.sms.catalogue import Filing, Kind, Signature, Template
from demo.vendors.sms.frequency import DAY, Limit
from demo.vendors.sms.phones import Fate, Text
from demo.vendors.sms.stand_in import SmsStandIn

MOST_IN_ONE, MOST_IN_BATCH = 1000, 100
# To one number: codes with one signature, codes with any, others with one signature and template.
OF_CODES = (Limit(60, 1, "分钟"), Limit(3600, 5, "小时"), Limit(DAY, 10, "天"))
OF_CODES_TO_ONE = (Limit(DAY, 40, "天"),)
OF_OTHERS = (Limit(DAY, 50, "天"),)

_code = re.compile(r"[0-9A-Za-z]{4,6}").fullmatch


@dataclass
class Wanted:
    """One text of a call."""

    number: str
    sign: Signature
    template: Template
    content: str
    against: str = ""  # the code of what stands against this number
    said: str = ""


class Sending:
    def __init__(self, platform: SmsStandIn):
        self.platform = platform
        self._batches = itertools.count(734_404_282_527_581_474)

    def one_text(self, asked: dict[str, str]) -> dict:
        """SendSms: the same text to up to 1,000 numbers."""
        for name in ["PhoneNumbers", "SignName", "TemplateCode"]:
            if not asked.get(name):
                raise missing(name)
        numbers = asked["PhoneNumbers"].split(",")
        if len(numbers) > MOST_IN_ONE:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT")
        values = from_json(asked.get("TemplateParam") or "{}", dict)
        rows = [(number, asked["SignName"], values) for number in numbers]
        return self._send(rows, asked)

    def batch(self, asked: dict[str, str]) -> dict:
        """SendBatchSms: a text of its own, from one template, for each of up to 100 numbers."""
        for name in ["PhoneNumberJson", "SignNameJson", "TemplateCode"]:
            if not asked.get(name):
                raise missing(name)
        numbers = from_json(asked["PhoneNumberJson"], list)
        signs = from_json(asked["SignNameJson"], list)
        values = from_json(asked.get("TemplateParamJson") or json.dumps([{}] * len(numbers)), list)
        if len(numbers) > MOST_IN_BATCH:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT")
        if not len(numbers) == len(signs) == len(values):
            raise Refused("isv.INVALID_PARAMETERS")
        return self._send(list(zip(numbers, signs, values, strict=True)), asked)

    def _send(self, rows: list[tuple[str, str, dict]], asked: dict[str, str]) -> dict:
        code = asked["TemplateCode"]
        wanted = [self._checked(number, sign, code, values) for number, sign, values in rows]
        if len(wanted) == 1:
            self._hold_limits_against(wanted[0])
            if wanted[0].against and wanted[0].against not in BY_RECEIPT:
                raise Refused(wanted[0].against, wanted[0].said)
        self._check_account(wanted)
        half = self.platform.modes.take("half", self._name(asked))
        batch = f"{next(self._batches)}^0"
        for place, one in enumerate(wanted):
            self._hold_limits_against(one)
            if not one.against:
                for key, _limits in rules(one):
                    self.platform.frequency.note(key)
            refused = (half.code or "SP_UNKNOWN_ERROR") if half and place % 2 else ""
            self.platform.accept(self._text(one, batch, asked, refused))
        return {"BizId": batch}

    def _name(self, asked: dict[str, str]) -> str:
        return "SendBatchSms" if "PhoneNumberJson" in asked else "SendSms"

    def _checked(self, number: str, sign_name: str, code: str, values: dict) -> Wanted:
        """What is to be sent, with what stands against its number; raises what refuses the call."""
        plain = texts.e164(number) if isinstance(number, str) else None
        if not plain or not plain.startswith("+86"):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL")
        catalogue = self.platform.catalogue
        sign = catalogue.sign(sign_name) if isinstance(sign_name, str) else None
        template = catalogue.template(code)
        if not sign:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL")
        if not template:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL")
        if sign.codes_only and template.kind is not Kind.CODE:
            raise Refused("isv.SMS_SIGNATURE_SCENE_ILLEGAL")
        check_values(template, values)
        wanted = Wanted(plain, sign, template, template.filled(sign.name, values))
        if texts.is_forbidden(wanted.content):
            raise Refused("isv.SMS_CONTENT_ILLEGAL")
        self._hold_against(wanted)
        return wanted

    def _hold_against(self, wanted: Wanted) -> None:
        phones, kind = self.platform.phones, wanted.template.kind
        has_refused = (wanted.sign.name, wanted.number) in phones.opted_out
        if wanted.number in phones.do_not_disturb:
            wanted.against = "MOBILE_IN_BLACK"
        elif kind is Kind.PROMOTION and has_refused:
            wanted.against = "isv.CUSTOMER_REFUSED"

    def _hold_limits_against(self, wanted: Wanted) -> None:
        for key, limits in rules(wanted):
            limit = self.platform.frequency.exceeded(key, limits)
            if limit and not wanted.against:
                wanted.against = "isv.BUSINESS_LIMIT_CONTROL"
                wanted.said = f"触发{limit.said}级流控Permits:{limit.most}"

    def _check_account(self, wanted: list[Wanted]) -> None:
        """All or nothing: one answer has room for one code."""
        parts = sum(texts.parts(one.content) for one in wanted)
        lacking = self.platform.account.lacks(self.platform.today, wanted[0].template.kind, parts)
        if lacking:
            raise Refused("isv.DAY_LIMIT_CONTROL" if lacking == "day" else "isv.AMOUNT_NOT_ENOUGH")

    def _text(self, one: Wanted, batch: str, asked: dict[str, str], refused: str) -> Text:
        why = refused or self._why_the_carrier_refuses(one)
        template = one.template
        text = Text(batch, one.number, one.sign.name, one.content, template.kind, template.code)
        text.sent_at, text.reference = self.platform.clock.now(), asked.get("OutId", "")
        text.extend, text.why = asked.get("SmsUpExtendCode", ""), why
        text.due = Fate.REJECTED if why else Fate.DELIVERED
        return text

    def _why_the_carrier_refuses(self, one: Wanted) -> str:
        if one.against:
            return WHY[one.against]
        if one.sign.filing is not Filing.DONE:
            return "PORT_NOT_REGISTERED"
        if one.template.kind is Kind.PROMOTION and not texts.HOW_TO_REFUSE.search(one.content):
            return "CONTENT_ERROR"
        has_emoji = any(ord(letter) > 0xFFFF for letter in one.content)
        return "isv.UNSUPPORTED_CONTENT" if has_emoji else ""


BY_RECEIPT = {"MOBILE_IN_BLACK"}  # never said at once
WHY = {
    "MOBILE_IN_BLACK": "MOBILE_IN_BLACK",
    "isv.CUSTOMER_REFUSED": "USER_REJECT",
    "isv.BUSINESS_LIMIT_CONTROL": "MOBILE_SEND_LIMIT",
}


def rules(wanted: Wanted) -> list[tuple]:
    """Under what a text counts, and how many of these there may be."""
    number, sign = wanted.number, wanted.sign.name
    if wanted.template.kind is Kind.CODE:
        return [((number, sign, "codes"), OF_CODES), ((number, "codes"), OF_CODES_TO_ONE)]
    return [((number, sign, wanted.template.code), OF_OTHERS)]


def from_json(text: str, kind: type):
    try:
        found = json.loads(text)
    except ValueError:
        raise Refused("isv.INVALID_JSON_PARAM") from None
    if not isinstance(found, kind) or (kind is list and not found):
        raise Refused("isv.INVALID_JSON_PARAM")
    return found


def check_values(template: Template, values: dict) -> None:
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise Refused("isv.INVALID_JSON_PARAM")
    for name in template.variables:
        value = values.get(name)
        if not value:
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS")
        if texts.has_link(value):
            raise Refused("isv.PARAM_NOT_SUPPORT_URL")
        if len(value) > template.longest.get(name, 35):
            raise Refused("isv.PARAM_LENGTH_LIMIT")
        is_odd = template.kind is Kind.CODE and not _code(value)
        if is_odd or "【" in value or "】" in value:
            raise Refused("isv.TEMPLATE_PARAMS_ILLEGAL")
