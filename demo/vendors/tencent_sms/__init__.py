"""Tencent Cloud's short messages (sms, 2021-01-11), signed with TC3-HMAC-SHA256."""

from demo.vendors.tencent_sms.platform import TencentSms

__all__ = ["TencentSms"]
