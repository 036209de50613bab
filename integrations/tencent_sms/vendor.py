"""An account for short messages at Tencent Cloud."""

from django import forms
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from integrations.connections.vendors import SecretField
from integrations.sms.vendor import SmsForm, SmsVendor, beginning_with
from integrations.tencent_sms import asking, pushes, sending
from integrations.tencent_sms.codes import CODES


@beginning_with("access_id", "secret_key", "app_id", "region")
class TencentSmsForm(SmsForm):
    access_id = forms.CharField(
        label="SecretId",
        max_length=128,
        help_text=gettext_lazy(
            "Of a sub-user with the right QcloudSMSFullAccess: console, access management, API"
            " keys."
        ),
        widget=forms.TextInput,
    )
    secret_key = SecretField(label="SecretKey", max_length=128)
    app_id = forms.RegexField(
        r"\A[0-9]{6,20}\Z",
        label="SDKAppID",
        max_length=20,
        help_text=gettext_lazy("Of the SMS application: console, SMS, applications; 1400…"),
    )
    region = forms.ChoiceField(
        label=gettext_lazy("region"),
        choices=[
            ("ap-guangzhou", "ap-guangzhou (华南)"),
            ("ap-beijing", "ap-beijing (华北)"),
            ("ap-nanjing", "ap-nanjing (华东)"),
        ],
        initial="ap-guangzhou",
    )


class TencentSms(SmsVendor):
    key, label = "tencent_sms", pgettext_lazy("vendor", "Tencent Cloud SMS (腾讯云短信)")
    help = gettext_lazy(
        "Short messages by templates that Tencent has approved. Signature and templates are applied"
        " for in its console (短信) and fetched from there."
    )
    Form = TencentSmsForm
    base_url = "https://sms.tencentcloudapi.com"
    codes = CODES
    longest_value = 12
    can_pull = True
    accepted = {"result": 0, "errmsg": "OK"}

    def account(self, settings):
        return settings["app_id"]

    async def send(self, account, texts):
        return await sending.send(account, texts)

    def catalogue(self, account):
        return asking.catalogue(account)

    def balance(self, account):
        n = asking.left(account)
        if n is None:
            return ""
        return ngettext("%(n)d part left", "%(n)d parts left", n) % {"n": n}

    def pulled(self, account, waiting):
        return asking.pulled(account)

    def read_push(self, item):
        return pushes.read(item)
