"""How Tencent Cloud says yes and no: always 200, `Error` inside `Response`, or a code per number.

Codes are those of cloud.tencent.com/document/api/382/59177 and, for all products, 382/38780. The
content type has no charset: Tencent's own client looks for errors in nothing else.
"""

import json
import uuid

from aiohttp import web

OFTEN = "the number of sms messages sent from a single mobile number {} exceeds the upper limit"
SAID = {
    "Ok": "send success",
    "RequestLimitExceeded": "Your current request times exceeds the limit.",
    "LimitExceeded.PhoneNumberThirtySecondLimit": OFTEN.format("within 30 seconds"),
    "LimitExceeded.PhoneNumberOneHourLimit": OFTEN.format("within 1 hour"),
    "LimitExceeded.PhoneNumberDailyLimit": OFTEN.format("every day"),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": OFTEN.format("with one content"),
}
# The rest by family: the words are ours where its documentation gives none in English.
FAMILIES = {
    "AuthFailure": {
        "InvalidAuthorization": "The Authorization header does not follow the standard.",
        "SecretIdNotFound": "The SecretId is not found, please ensure that it is correct.",
        "SignatureExpire": "The provided signature is expired: more than 5 minutes from our clock.",
        "SignatureFailure": "The provided credentials could not be validated.",
    },
    "MissingParameter": {"EmptyPhoneNumberSet": "the phone number set is empty"},
    "UnauthorizedOperation": {
        "SmsSdkAppIdVerifyFail": "verification of SmsSdkAppId failed",
        "ServiceSuspendDueToArrears": "the service is suspended due to arrears",
    },
    "UnsupportedOperation": {
        "ContainDomesticAndInternationalPhoneNumber": "domestic and foreign numbers in one call",
        "ChineseMainlandTemplateToGlobalPhone": "a domestic template cannot be sent abroad",
    },
    "LimitExceeded": {
        "PhoneNumberCountLimit": "more than 200 phone numbers in one call",
        "AppMainlandChinaDailyLimit": "the messages of this app every day exceed the upper limit",
    },
    "InvalidParameterValue": {
        "IncorrectPhoneNumber": "incorrect phone number",
        "TemplateParameterFormatError": "verification code template parameter format error",
        "TemplateParameterLengthLimit": "a template parameter exceeds the length limit",
        "ProhibitedUseUrlInTemplateParameter": "a template parameter must not contain a URL",
        "ContentLengthLimit": "the content of the message is too long",
        "LimitVerifyFail": "verification of Limit failed",
        "OffsetVerifyFail": "verification of Offset failed",
        "BeginTimeVerifyFail": "verification of BeginTime failed",
        "EndTimeVerifyFail": "verification of EndTime failed",
    },
    "FailedOperation": {
        "SignatureIncorrectOrUnapproved": "signature is incorrect or unapproved",
        "TemplateUnapprovedOrNotExist": "template is unapproved or does not exist",
        "TemplateParamSetNotMatchApprovedTemplate": "parameters do not match the approved template",
        "ContainSensitiveWord": "the content contains sensitive words",
        "PhoneNumberInBlacklist": "the phone number is in the do-not-disturb list",
        "MarketingSendTimeConstraint": "marketing messages are sent from 8:00 to 22:00 only",
        "InsufficientBalanceInSmsPackage": "insufficient balance in SMS package",
    },
}
for family, members in FAMILIES.items():
    SAID |= {f"{family}.{name}": said for name, said in members.items()}


class Refused(Exception):
    """The whole call is refused."""

    def __init__(self, code: str, said: str = ""):
        self.code, self.said = code, said or SAID[code]
        super().__init__(code)

    def response(self) -> web.Response:
        return answer(Error={"Code": self.code, "Message": self.said})


def answer(**about: object) -> web.Response:
    body = json.dumps({"Response": {**about, "RequestId": str(uuid.uuid4())}}, ensure_ascii=False)
    return web.Response(body=body.encode(), content_type="application/json")


def missing(name: str) -> Refused:
    return Refused("MissingParameter", f"The request is missing a required parameter `{name}`.")


def of_wrong_type(name: str) -> Refused:
    return Refused("InvalidParameter", f"The value type of parameter `{name}` is not valid.")


def typed(asked: dict, name: str, kind: type, default: object = None):
    """A parameter of the call, which is there unless it has a default."""
    value = asked.get(name, default)
    if value is None:
        raise missing(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise of_wrong_type(name)
    return value


def all_typed(asked: dict, name: str, kind: type) -> list:
    found = typed(asked, name, list, [])
    if not all(isinstance(one, kind) for one in found):
        raise of_wrong_type(name)
    return found
