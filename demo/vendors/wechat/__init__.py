"""The WeChat platform, as a mini-program's owner meets it."""

from demo.vendors.wechat.handle import WeChatApart
from demo.vendors.wechat.stand_in import WeChat

__all__ = ["WeChat", "WeChatApart"]
