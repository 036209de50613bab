from tests.vendors.base import run
from tests.vendors.sms_gateway import SmsGateway

run(SmsGateway)
