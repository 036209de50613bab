"""Aliyun's short messages (dysmsapi, 2017-05-25), signed with ACS3-HMAC-SHA256."""

from demo.vendors.aliyun_sms.platform import AliyunSms

__all__ = ["AliyunSms"]
