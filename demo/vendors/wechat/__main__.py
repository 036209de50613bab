from demo.vendors.base import run
from demo.vendors.wechat import WeChat

run(WeChat)
