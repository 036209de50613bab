"""What Aliyun is asked: templates, the signature and its filing, the balance, what became of
texts."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from integrations.aliyun_sms import calls
from integrations.aliyun_sms.codes import DELIVERED
from integrations.aliyun_sms.pushes import moment
from integrations.models import SmsAccount, SmsTemplate
from integrations.sms.accounts import Account
from integrations.sms.codes import Refused
from integrations.sms.values import Catalogue, Fate

BEIJING = ZoneInfo("Asia/Shanghai")
PAGE, MOST_PAGES = 50, 20  # templates of a page; pages
Kind, Review, Sign = SmsTemplate.Kind, SmsTemplate.Review, SmsAccount.Sign
# OuterTemplateType, and TemplateType where it is not told
KINDS = {0: Kind.CODE, 1: Kind.NOTICE, 2: Kind.PROMOTION}
OLD_KINDS = {2: Kind.CODE, 0: Kind.NOTICE, 1: Kind.PROMOTION}
REVIEWS = {
    "AUDIT_STATE_INIT": Review.WAITING,
    "AUDIT_STATE_PASS": Review.PASSED,
    "AUDIT_STATE_NOT_PASS": Review.REFUSED,
}
SIGNS = {0: Sign.WAITING, 1: Sign.PASSED, 2: Sign.REFUSED, 10: Sign.REFUSED}
FILED = 3


def catalogue(account: Account) -> Catalogue:
    first, *others = account.signs
    sign, reason = signature(account, first)
    found = [template(row) for row in rows(account) if row.get("TemplateCode")]
    return Catalogue(found, sign, reason, {one: signature(account, one) for one in others})


def rows(account: Account) -> Iterable[dict]:
    for page in range(1, MOST_PAGES + 1):
        asked = {"PageIndex": str(page), "PageSize": str(PAGE)}
        found = calls.ask_now(account, "QuerySmsTemplateList", asked).get("SmsTemplateList") or []
        yield from (row for row in found if isinstance(row, dict))
        if len(found) < PAGE:
            return


def template(row: dict) -> SmsTemplate:
    review = REVIEWS.get(row.get("AuditStatus"), Review.REFUSED)
    kind = KINDS.get(row.get("OuterTemplateType")) or OLD_KINDS.get(row.get("TemplateType"))
    reason = row.get("Reason")
    said = reason.get("RejectInfo", "") if isinstance(reason, dict) else ""
    return SmsTemplate(
        code=str(row["TemplateCode"])[:64],
        name=str(row.get("TemplateName") or row["TemplateCode"])[:200],
        text=str(row.get("TemplateContent") or ""),
        kind=kind or Kind.NOTICE,
        kind_is_said=kind is not None,
        review=review,
        reason=str(said)[:300] if review == Review.REFUSED else "",
    )


def signature(account: Account, name: str) -> tuple[str, str]:
    """Its state, and why it is refused."""
    try:
        found = calls.ask_now(account, "GetSmsSign", {"SignName": name})
    except Refused as refused:
        if refused.code.startswith("isv.SMS_SIGN"):
            return Sign.REFUSED, str(refused)[:300]
        raise
    state = SIGNS.get(found.get("SignStatus"), Sign.UNKNOWN)
    if state == Sign.PASSED and not is_filed(found.get("SignIspRegisterDetailList")):
        state = Sign.FILING
    about = found.get("AuditInfo")
    said = about.get("RejectInfo") if isinstance(about, dict) else ""
    return state, str(said or "")[:300] if state == Sign.REFUSED else ""


def is_filed(carriers: object) -> bool:
    """With one carrier at least: the others' customers are told so by their receipts."""
    if not isinstance(carriers, list) or not carriers:
        return True  # accounts of before the filing are not told
    return any(isinstance(c, dict) and c.get("RegisterStatus") == FILED for c in carriers)


def balance(account: Account) -> str:
    """In yuan; "" where the key may not ask for it."""
    try:
        found = calls.ask_now(account, "QueryAccountBalance", {}, calls.BILLS)
    except Refused:
        return ""
    about = found.get("Data")
    return str(about.get("AvailableAmount", ""))[:30] if isinstance(about, dict) else ""


def fates(account: Account, waiting: Iterable) -> list[Fate]:
    """Of texts whose receipt has not come: each is asked for by its number and day."""
    found = []
    for one in waiting:
        asked = {
            "PhoneNumber": one.local,
            "BizId": one.provider_id.partition(":")[0],
            "SendDate": one.sent_at.astimezone(BEIJING).strftime("%Y%m%d"),
            "PageSize": "10",
            "CurrentPage": "1",
        }
        said = calls.ask_now(account, "QuerySendDetails", asked).get("SmsSendDetailDTOs")
        details = said.get("SmsSendDetailDTO") if isinstance(said, dict) else None
        for row in details or []:
            if isinstance(row, dict) and row.get("SendStatus") in (2, 3):
                code = "" if row["SendStatus"] == 3 else str(row.get("ErrCode") or "UNKNOWN")
                code = "" if code == DELIVERED else code
                found.append(Fate(one.provider_id, code, moment(row.get("ReceiveDate"))))
    return found
