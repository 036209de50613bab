"""What Tencent is asked: templates, the signature, what is left of packages, what became of texts
and what was replied."""

from collections.abc import Iterable
from datetime import UTC, datetime

from integrations.models import SmsAccount, SmsTemplate
from integrations.sms import texts
from integrations.sms.accounts import Account
from integrations.sms.values import Catalogue, Fate, Reply
from integrations.tencent_sms import calls, pushes

PAGE, MOST_PAGES = 100, 20
Kind, Review, Sign = SmsTemplate.Kind, SmsTemplate.Review, SmsAccount.Sign
REVIEWS = {0: Review.PASSED, 1: Review.WAITING, -1: Review.REFUSED}
SIGNS = {0: Sign.PASSED, 1: Sign.WAITING, 2: Sign.FILING, 3: Sign.FILING, -1: Sign.REFUSED}


def catalogue(account: Account) -> Catalogue:
    states = signatures(account)
    missing = (Sign.REFUSED, "")
    state, reason = states.get(account.sign, missing)
    more = {one: states.get(one, missing) for one in account.signs[1:]}
    found = paged(account, "DescribeSmsTemplateList", "DescribeTemplateStatusSet")
    return Catalogue([template(row) for row in found if row.get("TemplateId")], state, reason, more)


def paged(account: Account, action: str, name: str, page: int = PAGE) -> Iterable[dict]:
    for number in range(MOST_PAGES):
        asked = {"International": 0, "Limit": page, "Offset": number * page}
        found = calls.ask_now(account, action, asked).get(name) or []
        yield from (row for row in found if isinstance(row, dict))
        if len(found) < page:
            return


def template(row: dict) -> SmsTemplate:
    """Tencent keeps to itself whether a template is of marketing; its text tells."""
    text = str(row.get("TemplateContent") or "")
    review = REVIEWS.get(row.get("StatusCode"), Review.REFUSED)
    return SmsTemplate(
        code=str(row["TemplateId"])[:64],
        name=str(row.get("TemplateName") or row["TemplateId"])[:200],
        text=text,
        kind=guessed(text),
        review=review,
        reason=str(row.get("ReviewReply") or "")[:300] if review == Review.REFUSED else "",
    )


def guessed(text: str) -> str:
    if texts.says_how_to_refuse(text):
        return Kind.PROMOTION
    return Kind.CODE if "验证码" in text else Kind.NOTICE


def signatures(account: Account) -> dict[str, tuple[str, str]]:
    """By name the state, and why it is refused."""
    found = {}
    for row in paged(account, "DescribeSmsSignList", "DescribeSignListStatusSet"):
        state = SIGNS.get(row.get("StatusCode"), Sign.UNKNOWN)
        said = str(row.get("ReviewReply") or "")[:300]
        found[str(row.get("SignName"))] = (state, said if state == Sign.REFUSED else "")
    return found


def left(account: Account) -> int | None:
    """Parts that are left of the packages; None where the account has none."""
    asked = {
        "SmsSdkAppId": account.settings["app_id"],
        "Limit": 100,
        "Offset": 0,
        "BeginTime": "2019071100",
        "EndTime": "2099071123",
    }
    rows = calls.ask_now(account, "SmsPackagesStatistics", asked).get("SmsPackagesStatisticsSet")
    counts = [
        row["PackageAmount"] - row["CurrentUsage"]
        for row in rows or ()
        if isinstance(row, dict)
        and all(isinstance(row.get(n), int) for n in ("PackageAmount", "CurrentUsage"))
    ]
    return sum(counts) if counts else None


def pulled(account: Account) -> list[Fate | Reply]:
    """What it has and has not told: each comes once."""
    asked = {"SmsSdkAppId": account.settings["app_id"], "Limit": PAGE}
    found: list[Fate | Reply] = []
    for action, name, read in (
        ("PullSmsSendStatus", "PullSmsSendStatusSet", fate),
        ("PullSmsReplyStatus", "PullSmsReplyStatusSet", reply),
    ):
        for _page in range(MOST_PAGES):
            rows = calls.ask_now(account, action, asked).get(name) or []
            found += [one for row in rows if isinstance(row, dict) and (one := read(row))]
            if len(rows) < PAGE:
                break
    return found


def fate(row: dict) -> Fate | None:
    if not row.get("SerialNo"):
        return None
    is_good = row.get("ReportStatus") == "SUCCESS"
    code = "" if is_good else str(row.get("Description") or "UNKNOWN")[:100]
    seconds = row.get("UserReceiveTime")
    at = datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and seconds > 0 else None
    return Fate(str(row["SerialNo"])[:128], code, at)


def reply(row: dict) -> Reply | None:
    number = pushes.numbers.e164(row.get("PhoneNumber"))
    text = row.get("ReplyContent")
    if number is None or not isinstance(text, str):
        return None
    return pushes.told(number, text, row.get("ReplyTime"))
