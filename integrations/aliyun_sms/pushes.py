"""What Aliyun pushes: receipts (SmsReport) and replies (SmsUp), in arrays, none of them signed."""

from datetime import datetime
from zoneinfo import ZoneInfo

from crm_project.bounds import whole_in
from integrations.aliyun_sms.codes import DELIVERED
from integrations.aliyun_sms.sending import provider_id
from integrations.sms import numbers
from integrations.sms.values import Fate, NotUnderstood, Reply

BEIJING = ZoneInfo("Asia/Shanghai")


def read(item: object) -> Fate | Reply:
    if not isinstance(item, dict):
        raise NotUnderstood("wrong_type", "$", "An item is an object.")
    if "biz_id" in item:
        return receipt(item)
    if "content" in item:
        return reply(item)
    raise NotUnderstood("unknown_kind", "$", "Neither a receipt (biz_id) nor a reply (content).")


def receipt(item: dict) -> Fate:
    number = number_of(item)
    if not isinstance(item["biz_id"], str | int) or item["biz_id"] in ("", True, False):
        raise NotUnderstood("wrong_type", "$.biz_id", "A BizId is a text.")
    if not isinstance(item.get("success"), bool):
        raise NotUnderstood("wrong_type", "$.success", "It is true or false.")
    code = "" if item["success"] else str(item.get("err_code") or "UNKNOWN")[:100]
    parts = whole_in(item.get("sms_size"))
    return Fate(
        provider_id(str(item["biz_id"]), number),
        "" if code == DELIVERED else code,
        moment(item.get("report_time")),
        parts,
    )


def reply(item: dict) -> Reply:
    number, text = number_of(item), item["content"]
    if not isinstance(text, str):
        raise NotUnderstood("wrong_type", "$.content", "What was replied is a text.")
    ident = item.get("sequence_id")
    if not isinstance(ident, str | int):
        raise NotUnderstood("wrong_type", "$.sequence_id", "It is a text or a number.")
    return Reply(f"{ident}"[:100], number, text, moment(item.get("send_time")))


def number_of(item: dict) -> str:
    number = numbers.e164(item.get("phone_number"))
    if number is None:
        raise NotUnderstood("wrong_format", "$.phone_number", "This is no number.")
    return number


def moment(text: object) -> datetime | None:
    """A time of Beijing; None where it is none."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None
