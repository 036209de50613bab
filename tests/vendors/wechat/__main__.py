from demo.vendors.base import run
from tests.vendors.wechat import WeChat

run(WeChat)
