"""A gateway's receipts and replies by HTTP push."""

from django.utils.translation import gettext_lazy as _

from integrations.sms.door import PushFormat


class SmsGatewayFormat(PushFormat):
    key = vendor = "sms_gateway"
    label = _("SMS gateway: receipts and replies")
    paths = ("sms/sms_gateway/<str:account>/<str:key>",)
