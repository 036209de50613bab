"""The WeChat platform, as a mini-program's owner meets it."""

from tests.vendors.wechat.handle import WeChatApart
from tests.vendors.wechat.stand_in import WeChat

__all__ = ["WeChat", "WeChatApart"]
