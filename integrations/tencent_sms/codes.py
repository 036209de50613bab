"""Tencent's codes (cloud.tencent.com/document/api/382/59177; for all products 382/38780), and those
of receipts, which are the carriers' own."""

from integrations.sms.codes import ACCOUNT, BUSY, GONE, OFF, OFTEN, REFUSED, TEXT, Code

FAILED, LIMIT, INVALID = "FailedOperation.", "LimitExceeded.", "InvalidParameterValue."
DENIED, UNSUPPORTED = "UnauthorizedOperation.", "UnsupportedOperation."

CODES = {
    # the number
    f"{INVALID}IncorrectPhoneNumber": Code(GONE, "number"),
    f"{FAILED}PhoneNumberInBlacklist": Code(REFUSED, "unsubscribed"),
    f"{LIMIT}PhoneNumberThirtySecondLimit": Code(OFTEN, "often"),
    f"{LIMIT}PhoneNumberOneHourLimit": Code(OFTEN, "often"),
    f"{LIMIT}PhoneNumberDailyLimit": Code(OFTEN, "often"),
    f"{LIMIT}PhoneNumberSameContentDailyLimit": Code(OFTEN, "often"),
    f"{LIMIT}PhoneNumberCountLimit": Code(TEXT, "many"),
    "MissingParameter.EmptyPhoneNumberSet": Code(TEXT, "call"),
    f"{FAILED}MarketingSendTimeConstraint": Code(OFTEN, "night"),
    f"{UNSUPPORTED}ContainDomesticAndInternationalPhoneNumber": Code(TEXT, "call"),
    f"{UNSUPPORTED}ChineseMainlandTemplateToGlobalPhone": Code(TEXT, "abroad"),
    f"{UNSUPPORTED}GlobalTemplateToChineseMainlandPhone": Code(TEXT, "abroad"),
    f"{UNSUPPORTED}UnsupportedRegion": Code(TEXT, "abroad"),
    f"{FAILED}ForbidAddMarketingTemplates": Code(TEXT, "kind"),
    # the text
    f"{FAILED}SignatureIncorrectOrUnapproved": Code(ACCOUNT, "sign"),
    f"{FAILED}MissingSignature": Code(ACCOUNT, "sign"),
    f"{FAILED}NotEnterpriseCertification": Code(ACCOUNT, "suspended"),
    f"{FAILED}TemplateUnapprovedOrNotExist": Code(TEXT, "template"),
    f"{FAILED}TemplateIncorrectOrUnapproved": Code(TEXT, "template"),
    f"{FAILED}TemplateParamSetNotMatchApprovedTemplate": Code(TEXT, "values"),
    f"{FAILED}ContainSensitiveWord": Code(TEXT, "forbidden"),
    f"{FAILED}JsonParseFail": Code(TEXT, "call"),
    f"{FAILED}ParametersOtherError": Code(TEXT, "call"),
    f"{INVALID}TemplateParameterFormatError": Code(TEXT, "value"),
    f"{INVALID}TemplateParameterLengthLimit": Code(TEXT, "value_length"),
    f"{INVALID}ProhibitedUseUrlInTemplateParameter": Code(TEXT, "value_link"),
    f"{INVALID}ContentLengthLimit": Code(TEXT, "long"),
    f"{INVALID}LimitVerifyFail": Code(TEXT, "call"),
    f"{INVALID}OffsetVerifyFail": Code(TEXT, "call"),
    f"{INVALID}BeginTimeVerifyFail": Code(TEXT, "call"),
    f"{INVALID}EndTimeVerifyFail": Code(TEXT, "call"),
    "InvalidParameter*": Code(TEXT, "call"),
    "MissingParameter*": Code(TEXT, "call"),
    "UnknownParameter*": Code(TEXT, "call"),
    "InvalidAction": Code(ACCOUNT, "call"),
    "NoSuchVersion": Code(ACCOUNT, "call"),
    "UnsupportedOperation*": Code(TEXT, "call"),
    # the account
    f"{FAILED}InsufficientBalanceInSmsPackage": Code(ACCOUNT, "balance"),
    f"{DENIED}ServiceSuspendDueToArrears": Code(ACCOUNT, "arrears"),
    f"{DENIED}SmsSdkAppIdVerifyFail": Code(ACCOUNT, "app"),
    f"{DENIED}SerivceSuspendDueToArrears": Code(ACCOUNT, "arrears"),  # so in its documentation
    f"{DENIED}RequestIpNotInWhitelist": Code(ACCOUNT, "ip"),
    f"{DENIED}RequestPermissionDeny": Code(ACCOUNT, "permission"),
    f"{DENIED}IndividualUserMarketingSmsPermissionDeny": Code(ACCOUNT, "permission"),
    "UnauthorizedOperation*": Code(ACCOUNT, "permission"),
    f"{LIMIT}AppMainlandChinaDailyLimit": Code(ACCOUNT, "day_limit"),
    f"{LIMIT}AppDailyLimit": Code(ACCOUNT, "day_limit"),
    f"{LIMIT}AppGlobalDailyLimit": Code(ACCOUNT, "day_limit"),
    f"{LIMIT}DailyLimit": Code(ACCOUNT, "day_limit"),
    f"{LIMIT}AppCountryOrRegionDailyLimit": Code(ACCOUNT, "day_limit"),
    f"{LIMIT}AppCountryOrRegionInBlacklist": Code(TEXT, "abroad"),
    f"{LIMIT}DeliveryFrequencyLimit": Code(BUSY, "quick"),
    "RequestLimitExceeded": Code(BUSY, "quick"),
    "LimitExceeded*": Code(OFTEN, "often"),
    "AuthFailure.SecretIdNotFound": Code(ACCOUNT, "key"),
    "AuthFailure.SignatureFailure": Code(ACCOUNT, "secret"),
    "AuthFailure.SignatureExpire": Code(ACCOUNT, "clock"),
    "AuthFailure.InvalidAuthorization": Code(ACCOUNT, "call"),
    "AuthFailure*": Code(ACCOUNT, "permission"),
    # its own troubles; of a number, so nothing was sent to it
    "InternalError*": Code(BUSY, "broken"),
    "FailedOperation*": Code(TEXT, "other"),
    # of receipts
    "UNDELIV": Code(OFF, "off"),
    "MK:0001": Code(GONE, "nobody"),
    "MK:*": Code(OFF, "off"),
    "EXPIRED": Code(OFF, "off"),
    "BLACK": Code(GONE, "blacklist"),
    "REJECTD": Code(TEXT, "content"),
}
