"""Tencent's receipts and replies by HTTP push."""

from django.utils.translation import gettext_lazy as _

from integrations.sms.door import PushFormat


class TencentSmsFormat(PushFormat):
    key = vendor = "tencent_sms"
    label = _("Tencent Cloud SMS: receipts and replies")
    paths = ("sms/tencent_sms/<str:account>/<str:key>",)
