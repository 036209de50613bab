from tests.vendors.aliyun_sms import AliyunSms
from tests.vendors.base import run

run(AliyunSms)
