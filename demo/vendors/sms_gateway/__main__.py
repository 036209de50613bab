from demo.vendors.base import run
from demo.vendors.sms_gateway import SmsGateway

run(SmsGateway)
