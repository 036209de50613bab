"""What can be asked: what became of texts, templates and signatures; the balance."""

import json
import re

from demo.vendors.aliyun_sms.answers import Refused, missing
from demo.vendors.sms import texts
from demo.vendors.sms.catalogue import Filing, Kind, Review, Signature, Template
from demo.vendors.sms.frequency import DAY
from demo.vendors.sms.phones import Fate, Text
from demo.vendors.sms.stand_in import SmsStandIn

AUDIT = {
    Review.WAITING: ("AUDIT_STATE_INIT", 0),
    Review.PASSED: ("AUDIT_STATE_PASS", 1),
    Review.REFUSED: ("AUDIT_STATE_NOT_PASS", 2),
    Review.CANCELLED: ("AUDIT_SATE_CANCEL", 10),  # so in its documentation
}
# TemplateType and OuterTemplateType
TYPE = {Kind.CODE: (2, 0), Kind.NOTICE: (0, 1), Kind.PROMOTION: (1, 2)}
FILED = {Filing.UNDER_WAY: -1, Filing.DONE: 3, Filing.REFUSED: 0}
CARRIERS = ["mobile", "unicom", "telecom"]
DAYS_KEPT = 30

_day = re.compile(r"20\d{6}").fullmatch


class Queries:
    def __init__(self, platform: SmsStandIn):
        self.platform = platform

    def details(self, asked: dict[str, str]) -> dict:
        """QuerySendDetails: one number's texts of one day of Beijing, the newest first."""
        for name in ["PhoneNumber", "SendDate", "PageSize", "CurrentPage"]:
            if not asked.get(name):
                raise missing(name)
        day, size, page = asked["SendDate"], number(asked["PageSize"]), number(asked["CurrentPage"])
        oldest = self.platform.clock.in_beijing(self.platform.clock.now() - DAYS_KEPT * DAY)
        if not _day(day) or day < oldest.strftime("%Y%m%d") or not 1 <= size <= 50 or page < 1:
            raise Refused("isv.INVALID_PARAMETERS")
        plain = texts.e164(asked["PhoneNumber"])
        if not plain:
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL")
        sent = reversed(self.platform.phones.texts[plain])
        found = [text for text in sent if self._is_of(text, day, asked)]
        rows = [self._detail(text) for text in found[(page - 1) * size : page * size]]
        return {"TotalCount": len(found), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}

    def _is_of(self, text: Text, day: str, asked: dict[str, str]) -> bool:
        sent = self.platform.clock.in_beijing(text.sent_at).strftime("%Y%m%d")
        return sent == day and asked.get("BizId") in {None, "", text.id}

    def _detail(self, text: Text) -> dict:
        row = {"PhoneNum": text.number.removeprefix("+86"), "TemplateCode": text.template}
        row |= {"Content": text.content, "OutId": text.reference}
        row |= {"SendDate": self.platform.when(text.sent_at), "SendStatus": 1}
        if text.fate is None:
            return row
        row |= {"ErrCode": self.platform.said_of(text)[0]}
        row |= {"ReceiveDate": self.platform.when(text.settled_at)}
        return row | {"SendStatus": 3 if text.fate is Fate.DELIVERED else 2}

    def templates(self, asked: dict[str, str]) -> dict:
        """QuerySmsTemplateList."""
        known = self.platform.catalogue.templates.values()
        return page_of(asked, "SmsTemplateList", [self._template(one) for one in known])

    def signatures(self, asked: dict[str, str]) -> dict:
        """QuerySmsSignList."""
        known = self.platform.catalogue.signatures.values()
        return page_of(asked, "SmsSignList", [self._signature(one) for one in known])

    def _template(self, template: Template) -> dict:
        type_, outer = TYPE[template.kind]
        return {
            "TemplateCode": template.code,
            "TemplateName": template.name,
            "TemplateContent": template.text,
            "TemplateType": type_,
            "OuterTemplateType": outer,
            "AuditStatus": AUDIT[template.review][0],
            "CreateDate": self.platform.when(template.made_at),
            "OrderId": f"2{template.code[-9:]}",
            "Reason": reason(template.review, template.reason),
        }

    def _signature(self, signature: Signature) -> dict:
        return {
            "SignName": signature.name,
            "AuditStatus": AUDIT[signature.review][0],
            "BusinessType": "验证码类型" if signature.codes_only else "通用类型",
            "CreateDate": self.platform.when(signature.made_at),
            "OrderId": f"1{signature.number:09}",
            "Reason": reason(signature.review, signature.reason),
        }

    def template(self, asked: dict[str, str]) -> dict:
        """GetSmsTemplate."""
        found = self.platform.catalogue.templates.get(asked.get("TemplateCode", ""))
        if not found:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL")
        return {
            "TemplateCode": found.code,
            "TemplateName": found.name,
            "TemplateContent": found.text,
            "TemplateType": str(TYPE[found.kind][1]),
            "TemplateStatus": str(AUDIT[found.review][1]),
            "TemplateTag": 2,
            "CreateDate": self.platform.when(found.made_at),
            "VariableAttribute": json.dumps(dict.fromkeys(found.variables, "others")),
            "AuditInfo": {"RejectInfo": found.reason},
        }

    def signature(self, asked: dict[str, str]) -> dict:
        """GetSmsSign, with how far each carrier's filing has come (报备)."""
        found = self.platform.catalogue.signatures.get(asked.get("SignName", ""))
        if not found:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL")
        filed = FILED[found.filing]
        carriers = [{"OperatorCode": name, "RegisterStatus": filed} for name in CARRIERS]
        return {
            "SignName": found.name,
            "SignStatus": AUDIT[found.review][1],
            "SignTag": "2",
            "CreateDate": self.platform.when(found.made_at),
            "AuditInfo": {"RejectInfo": found.reason},
            "SignIspRegisterDetailList": carriers,
        }

    def balance(self, _asked: dict[str, str]) -> dict:
        """QueryAccountBalance of BssOpenApi, 2017-12-14, in yuan."""
        left = self.platform.account.balance
        amount = "99,999.00" if left is None else f"{left / 10_000:,.2f}"
        return {"Success": True, "Data": {"AvailableAmount": amount, "Currency": "CNY"}}


def number(text: str) -> int:
    if not text.isdecimal():
        raise Refused("isv.INVALID_PARAMETERS")
    return int(text)


def page_of(asked: dict[str, str], name: str, rows: list[dict]) -> dict:
    page, size = number(asked.get("PageIndex") or "1"), number(asked.get("PageSize") or "10")
    if not 1 <= size <= 50 or page < 1:
        raise Refused("isv.INVALID_PARAMETERS")
    shown = rows[(page - 1) * size : page * size]
    return {name: shown, "TotalCount": len(rows), "CurrentPage": page, "PageSize": size}


def reason(review: Review, said: str) -> dict:
    return {"RejectInfo": said if review is Review.REFUSED else "无审批备注", "RejectSubInfo": ""}
