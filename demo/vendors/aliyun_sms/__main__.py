from demo.vendors.aliyun_sms import AliyunSms
from demo.vendors.base import run

run(AliyunSms)
