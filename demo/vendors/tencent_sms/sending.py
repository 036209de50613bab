"""SendSms: one text to up to 200 numbers, and for each of them its own result inside one 200.

What is wrong with the call (app, numbers abroad and at home, their count) is its `Error`; what is
wrong with signature, template and parameters is said for each number, as limits and lists are.
"""

import random
import re

from demo.vendors.sms import texts
from demo.vendors.sms.catalogue import Kind, Template
from demo.vendors.sms.frequency import Limit
from demo.vendors.sms.phones import Fate, Text
from demo.vendors.sms.stand_in import SmsStandIn
from demo.vendors.tencent_sms.answers import SAID, Refused, all_typed, typed

MOST_NUMBERS, LONGEST_CONTEXT, LONGEST_TEXT, LONGEST_VARIABLE = 200, 512, 500, 12
FIRST_HOUR, LAST_HOUR = 8, 22  # of Beijing, for marketing
KNOWN = {"PhoneNumberSet", "SmsSdkAppId", "TemplateId", "SignName", "TemplateParamSet"}
KNOWN |= {"ExtendCode", "SessionContext", "SenderId"}

_digits = re.compile(r"[0-9]{0,6}").fullmatch


class Sending:
    def __init__(self, platform: SmsStandIn):
        self.platform = platform
        # Its console's defaults have changed over the years; these are changed at the second door.
        self.limits = {"same_content_in_30_s": 1, "hour": 5, "day": 10, "same_content_day": 10}

    def send(self, asked: dict) -> dict:
        if unknown := set(asked) - KNOWN:
            said = f"The parameter `{min(unknown)}` is not recognized."
            raise Refused("UnknownParameter", said)
        numbers = self._numbers(asked)
        self.platform.check_app(asked)
        context = typed(asked, "SessionContext", str, "")
        if len(context.encode()) >= LONGEST_CONTEXT:
            said = "The length of parameter `SessionContext` exceeds the limit."
            raise Refused("InvalidParameterValue", said)
        half = self.platform.modes.take("half", "SendSms")
        rows = []
        for place, number in enumerate(numbers):
            refuse = self.platform.modes.take("refuse", "SendSms")
            refused = (half.code or "InternalError.OtherError") if half and place % 2 else ""
            refused = refuse.code if refuse else refused
            rows.append(self._sent(number, asked, context, refused))
        return {"SendStatusSet": rows}

    def _numbers(self, asked: dict) -> list[str]:
        numbers = all_typed(asked, "PhoneNumberSet", str)
        if not numbers:
            raise Refused("MissingParameter.EmptyPhoneNumberSet")
        if len(numbers) > MOST_NUMBERS:
            raise Refused("LimitExceeded.PhoneNumberCountLimit")
        plain = [texts.e164(number) or number for number in numbers]
        abroad = [number.startswith("+") and not number.startswith("+86") for number in plain]
        if any(abroad) and not all(abroad):
            raise Refused("UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber")
        return plain

    def _sent(self, number: str, asked: dict, context: str, refused: str) -> dict:
        """One number's result; where it is good, the text is on its way."""
        row = {"SerialNo": "", "PhoneNumber": number, "Fee": 0, "SessionContext": context}
        row["IsoCode"] = "CN" if number.startswith("+86") else "DEF"
        text, code = self._text(number, asked, context)
        code = refused or code
        if not code:
            for key, _limits in self._rules(text):
                self.platform.frequency.note(key)
            self.platform.accept(text)
            row |= {"SerialNo": text.id, "Fee": text.parts}
        return row | {"Code": code or "Ok", "Message": SAID.get(code or "Ok", "other error")}

    def _text(self, number: str, asked: dict, context: str) -> tuple[Text | None, str]:
        catalogue = self.platform.catalogue
        sign = catalogue.sign(typed(asked, "SignName", str, ""))
        template = catalogue.template(typed(asked, "TemplateId", str))
        if not sign:
            return None, "FailedOperation.SignatureIncorrectOrUnapproved"
        if not template:
            return None, "FailedOperation.TemplateUnapprovedOrNotExist"
        values = all_typed(asked, "TemplateParamSet", str)
        if code := against_values(template, values):
            return None, code
        if not texts.e164(number):
            return None, "InvalidParameterValue.IncorrectPhoneNumber"
        if not number.startswith("+86"):
            return None, "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone"
        places = {str(place): value for place, value in enumerate(values, 1)}
        content = template.filled(sign.name, places)
        text = Text(serial(), number, sign.name, content, template.kind, template.code)
        text.sent_at, text.reference = self.platform.clock.now(), context
        text.extend = typed(asked, "ExtendCode", str, "")
        text.due = Fate.REJECTED if sign.filing != "done" else Fate.DELIVERED
        return text, self._against(text)

    def _against(self, text: Text) -> str:
        """The code of whatever stands against this text to this number, or nothing."""
        if len(text.content) > LONGEST_TEXT:
            return "InvalidParameterValue.ContentLengthLimit"
        if texts.is_forbidden(text.content):
            return "FailedOperation.ContainSensitiveWord"
        phones, is_marketing = self.platform.phones, text.kind is Kind.PROMOTION
        has_refused = is_marketing and (text.sign, text.number) in phones.opted_out
        if has_refused or text.number in phones.do_not_disturb:
            return "FailedOperation.PhoneNumberInBlacklist"
        hour = self.platform.clock.in_beijing().hour
        if is_marketing and not FIRST_HOUR <= hour < LAST_HOUR:
            return "FailedOperation.MarketingSendTimeConstraint"
        for key, limits in self._rules(text):
            if limit := self.platform.frequency.exceeded(key, limits):
                return f"LimitExceeded.PhoneNumber{limit.said}Limit"
        lacking = self.platform.account.lacks(self.platform.today, text.kind, text.parts)
        return LACKING[lacking]

    def _rules(self, text: Text) -> list[tuple]:
        limits = self.limits
        by_text = (
            Limit(30, limits["same_content_in_30_s"], "ThirtySecond"),
            Limit(None, limits["same_content_day"], "SameContentDaily"),
        )
        by_number = (Limit(3600, limits["hour"], "OneHour"), Limit(None, limits["day"], "Daily"))
        return [((text.number, text.content), by_text), ((text.number,), by_number)]


LACKING = {
    "": "",
    "balance": "UnauthorizedOperation.ServiceSuspendDueToArrears",
    "package": "FailedOperation.InsufficientBalanceInSmsPackage",
    "day": "LimitExceeded.AppMainlandChinaDailyLimit",
}


def against_values(template: Template, values: list[str]) -> str:
    if len(values) != len(template.variables):
        return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
    for place, value in enumerate(values, 1):
        if template.kind is Kind.CODE and not _digits(value):
            return "InvalidParameterValue.TemplateParameterFormatError"
        if texts.has_link(value):
            return "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"
        if len(value) > template.longest.get(str(place), LONGEST_VARIABLE):
            return "InvalidParameterValue.TemplateParameterLengthLimit"
    return ""


def serial() -> str:
    return f"5000:{random.randrange(10**27, 10**28)}"
