from tests.vendors.base import run
from tests.vendors.tencent_sms import TencentSms

run(TencentSms)
