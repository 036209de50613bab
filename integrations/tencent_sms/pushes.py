"""What Tencent pushes: receipts in an array, replies one by one. It signs none of them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from crm_project.bounds import whole_in
from customers.privacy.sealing import digest
from integrations.sms import numbers
from integrations.sms.values import Fate, NotUnderstood, Reply

BEIJING = ZoneInfo("Asia/Shanghai")


def read(item: object) -> Fate | Reply:
    if not isinstance(item, dict):
        raise NotUnderstood("wrong_type", "$", "An item is an object.")
    if "sid" in item:
        return receipt(item)
    if "text" in item:
        return reply(item.get("nationcode", "86"), item)
    raise NotUnderstood("unknown_kind", "$", "Neither a receipt (sid) nor a reply (text).")


def receipt(item: dict) -> Fate:
    if not isinstance(item["sid"], str) or not item["sid"]:
        raise NotUnderstood("wrong_type", "$.sid", "A sid is a text.")
    status = item.get("report_status")
    if status not in ("SUCCESS", "FAIL"):
        raise NotUnderstood("unknown_value", "$.report_status", "SUCCESS or FAIL.")
    code = "" if status == "SUCCESS" else str(item.get("errmsg") or "UNKNOWN")[:100]
    return Fate(item["sid"][:128], code, moment(item.get("user_receive_time")))


def reply(country: object, item: dict) -> Reply:
    number = numbers.e164(f"+{country}{item.get('mobile')}")
    if number is None:
        raise NotUnderstood("wrong_format", "$.mobile", "This is no number.")
    if not isinstance(item["text"], str):
        raise NotUnderstood("wrong_type", "$.text", "What was replied is a text.")
    return told(number, item["text"], item.get("time"))


def told(number: str, text: str, seconds: object) -> Reply:
    """A reply has no id: who said what when is one."""
    at = whole_in(seconds)
    when = None
    if at is not None and 0 < at < 2**33:
        when = datetime.fromtimestamp(at, UTC)
    return Reply(digest("sms_reply", f"{number} {at} {text}"), number, text, when)


def moment(text: object) -> datetime | None:
    """A time of Beijing; None where it is none."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None
