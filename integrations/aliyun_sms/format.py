"""Aliyun's receipts and replies by HTTP push (SmsReport, SmsUp)."""

from django.utils.translation import gettext_lazy as _

from integrations.sms.door import PushFormat


class AliyunSmsFormat(PushFormat):
    key = vendor = "aliyun_sms"
    label = _("Aliyun SMS: receipts and replies")
    paths = ("sms/aliyun_sms/<str:account>/<str:key>",)
