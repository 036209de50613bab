"""What can be pulled (each receipt and reply once) and asked.

A template's list does not say whether it is marketing: Tencent keeps that to itself.
"""

from demo.vendors.sms import texts
from demo.vendors.sms.catalogue import Filing, Review, Signature, Template
from demo.vendors.sms.frequency import DAY
from demo.vendors.sms.phones import Fate, Reply, Text
from demo.vendors.sms.stand_in import SmsStandIn
from demo.vendors.tencent_sms.answers import Refused, all_typed, typed

REVIEW = {Review.PASSED: 0, Review.WAITING: 1, Review.REFUSED: -1, Review.CANCELLED: -1}
DAYS_KEPT = 7
MOST = 100


class Queries:
    def __init__(self, platform: SmsStandIn):
        self.platform = platform

    def send_status(self, asked: dict) -> dict:
        """PullSmsSendStatus."""
        found = self._pulled("receipts", asked)
        return {"PullSmsSendStatusSet": [self._status(text) for text in found]}

    def reply_status(self, asked: dict) -> dict:
        """PullSmsReplyStatus."""
        found = self._pulled("replies", asked)
        return {"PullSmsReplyStatusSet": [self._reply(reply) for reply in found]}

    def send_status_of_number(self, asked: dict) -> dict:
        """PullSmsSendStatusByPhoneNumber: what was sent then, and is settled."""
        number, begin, end, most = self._span(asked)
        sent = self.platform.phones.texts[number]
        found = [text for text in sent if text.fate and begin <= text.sent_at <= end]
        return {"PullSmsSendStatusSet": [self._status(text) for text in found[:most]]}

    def reply_status_of_number(self, asked: dict) -> dict:
        """PullSmsReplyStatusByPhoneNumber."""
        number, begin, end, most = self._span(asked)
        replies = [one for one in self.platform.replies if one.number == number]
        found = [one for one in replies if begin <= one.at <= end]
        return {"PullSmsReplyStatusSet": [self._reply(reply) for reply in found[:most]]}

    def _pulled(self, kind: str, asked: dict) -> list:
        self.platform.check_app(asked)
        waiting, most = self.platform.to_pull[kind], self._most(asked)
        return [waiting.popleft() for _one in range(min(most, len(waiting)))]

    def _most(self, asked: dict) -> int:
        most = typed(asked, "Limit", int)
        if not 1 <= most <= MOST:
            raise Refused("InvalidParameterValue.LimitVerifyFail")
        return most

    def _span(self, asked: dict) -> tuple[str, int, float, int]:
        self.platform.check_app(asked)
        now = self.platform.clock.now()
        begin, end = typed(asked, "BeginTime", int), typed(asked, "EndTime", int, int(now) + 1)
        if begin < now - DAYS_KEPT * DAY:
            raise Refused("InvalidParameterValue.BeginTimeVerifyFail")
        if end < begin:
            raise Refused("InvalidParameterValue.EndTimeVerifyFail")
        if typed(asked, "Offset", int) != 0:
            raise Refused("InvalidParameterValue.OffsetVerifyFail")
        number = texts.e164(typed(asked, "PhoneNumber", str))
        if not number:
            raise Refused("InvalidParameterValue.IncorrectPhoneNumber")
        return number, begin, end, self._most(asked)

    def _status(self, text: Text) -> dict:
        return {
            "UserReceiveTime": int(text.settled_at),
            "CountryCode": "86",
            "SubscriberNumber": text.number.removeprefix("+86"),
            "PhoneNumber": text.number,
            "SerialNo": text.id,
            "ReportStatus": "SUCCESS" if text.fate is Fate.DELIVERED else "FAIL",
            "Description": self.platform.said_of(text)[0],
            "SessionContext": "",  # empty unless Tencent has opened it for the account
        }

    def _reply(self, reply: Reply) -> dict:
        return {
            "ExtendCode": reply.extend,
            "CountryCode": "86",
            "PhoneNumber": reply.number,
            "SubscriberNumber": reply.number.removeprefix("+86"),
            "SignName": reply.sign,
            "ReplyContent": reply.content,
            "ReplyTime": int(reply.at),
        }

    def templates(self, asked: dict) -> dict:
        """DescribeSmsTemplateList."""
        known = {int(one.code): one for one in self.platform.catalogue.templates.values()}
        found = chosen(asked, "TemplateIdSet", known, most=0)
        return {"DescribeTemplateStatusSet": [self._template(template) for template in found]}

    def signatures(self, asked: dict) -> dict:
        """DescribeSmsSignList."""
        known = {one.number: one for one in self.platform.catalogue.signatures.values()}
        found = chosen(asked, "SignIdSet", known, most=10)
        return {"DescribeSignListStatusSet": [self._signature(signature) for signature in found]}

    def _template(self, template: Template) -> dict:
        return {
            "TemplateId": int(template.code),
            "International": 0,
            "StatusCode": REVIEW[template.review],
            "ReviewReply": template.reason,
            "TemplateName": template.name,
            "CreateTime": int(template.made_at),
            "TemplateContent": template.text,
        }

    def _signature(self, signature: Signature) -> dict:
        status = REVIEW[signature.review]
        if status == 0 and signature.filing is not Filing.DONE:
            status = 2 if signature.filing is Filing.UNDER_WAY else -1
        return {
            "SignId": signature.number,
            "International": 0,
            "StatusCode": status,
            "ReviewReply": signature.reason,
            "SignName": signature.name,
            "CreateTime": int(signature.made_at),
            "QualificationId": 1,
            "QualificationName": "胡同茶馆有限公司",
            "QualificationStatusCode": 1,
        }

    def packages(self, asked: dict) -> dict:
        """SmsPackagesStatistics: what is left is the amount less its usage, in parts."""
        self.platform.check_app(asked)
        account, now = self.platform.account, int(self.platform.clock.now())
        if account.package is None:
            return {"SmsPackagesStatisticsSet": []}
        times = {"PackageCreateTime": now - DAY, "PackageEffectiveTime": now - DAY}
        about = {"PackageId": 1, "PackageType": 1, "PackageExpiredTime": now + 365 * DAY}
        amount = {"PackageAmount": account.package + account.used, "CurrentUsage": account.used}
        return {"SmsPackagesStatisticsSet": [times | about | amount]}


def chosen(asked: dict, name: str, known: dict, *, most: int) -> list:
    """Those with the given ids, or a page of all."""
    typed(asked, "International", int)
    if ids := all_typed(asked, name, int):
        return [known[one] for one in ids if one in known]
    most, offset = typed(asked, "Limit", int, most), typed(asked, "Offset", int, 0)
    if not 0 <= most <= MOST:
        raise Refused("InvalidParameterValue.LimitVerifyFail")
    return list(known.values())[offset : offset + most]
