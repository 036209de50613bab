"""A gateway as hundreds of smaller sellers run one: free text, an HMAC, numbers as codes."""

from demo.vendors.sms_gateway.platform import SmsGateway

__all__ = ["SmsGateway"]
