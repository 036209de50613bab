"""An account for short messages at Aliyun."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from integrations.aliyun_sms import asking, pushes, sending
from integrations.aliyun_sms.codes import CODES
from integrations.connections.vendors import SecretField
from integrations.sms import texts
from integrations.sms.vendor import SmsForm, SmsVendor, beginning_with


@beginning_with("access_key", "access_secret")
class AliyunSmsForm(SmsForm):
    access_key = forms.CharField(
        label="AccessKey ID",
        max_length=128,
        help_text=gettext_lazy(
            "Of a RAM user with the right AliyunDysmsFullAccess, not of the main account: console,"
            " RAM, users, create AccessKey."
        ),
    )
    access_secret = SecretField(
        label="AccessKey Secret",
        max_length=128,
        help_text=gettext_lazy("Shown by Aliyun once, when the key is made."),
    )

    def clean_access_key(self):
        key = self.cleaned_data["access_key"].strip()
        if not key.isascii() or not key.isalnum():
            raise ValidationError(gettext_lazy("An AccessKey ID has letters and digits only."))
        return key


class AliyunSms(SmsVendor):
    key, label = "aliyun_sms", pgettext_lazy("vendor", "Aliyun SMS (阿里云短信)")
    help = gettext_lazy(
        "Short messages by templates that Aliyun has approved. Signature and templates are applied"
        " for in its console (短信服务) and fetched from there."
    )
    Form = AliyunSmsForm
    base_url = "https://dysmsapi.aliyuncs.com"
    codes = CODES
    longest_value = 35
    can_pull = True
    accepted = {"code": 0, "msg": "接收成功"}

    def account(self, settings):
        return settings["access_key"]

    def against_text(self, body):
        return "sms_emoji" if texts.has_emoji(body) else ""

    async def send(self, account, texts):
        return await sending.send(account, texts)

    def catalogue(self, account):
        return asking.catalogue(account)

    def balance(self, account):
        amount = asking.balance(account)
        return amount and _("¥%(amount)s") % {"amount": amount}

    def pulled(self, account, waiting):
        return asking.fates(account, waiting)

    def read_push(self, item):
        return pushes.read(item)
