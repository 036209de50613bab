from demo.vendors.base import run
from demo.vendors.tencent_sms import TencentSms

run(TencentSms)
