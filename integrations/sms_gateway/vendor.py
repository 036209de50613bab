"""A gateway for short messages that is spoken to over HTTP."""

from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.privacy.sealing import digest
from integrations.sms import numbers
from integrations.sms.codes import GONE, OFF, Code
from integrations.sms.values import Catalogue, Fate, NotUnderstood, Reply
from integrations.sms.vendor import SmsVendor
from integrations.sms_gateway import sending
from integrations.sms_gateway.describing import looked_up, plain
from integrations.sms_gateway.forming import GatewayForm


class SmsGateway(SmsVendor):
    key, label = "sms_gateway", pgettext_lazy("vendor", "SMS gateway (HTTP)")
    help = gettext_lazy(
        "Any of the hundreds of others: what its documentation says of a call goes into this form."
        " The text is free; signature and how to refuse more are put to it."
    )
    Form = GatewayForm
    has_base_url = False
    has_templates = False
    codes = {
        "UNDELIV": Code(OFF, "off"),
        "EXPIRED": Code(OFF, "off"),
        "MK:0001": Code(GONE, "nobody"),
    }

    def account(self, settings):
        return f"{settings['login']} {urlsplit(settings['url']).netloc}"[:128]

    async def send(self, account, texts):
        return await sending.send(account, texts)

    def catalogue(self, account):
        return Catalogue([], "unknown")

    def of(self, settings) -> "Reader":
        return Reader(settings)


class Reader:
    """What this gateway pushes, as its form says where everything stands."""

    def __init__(self, settings):
        self.settings = settings

    @property
    def codes(self):
        return {**SmsGateway.codes, **sending.meanings(self.settings)}

    @property
    def accepted(self) -> str:
        return self.settings.get("answer", "success")

    def items(self, found: object) -> list:
        """The lists of a push, or the push itself where it is one item."""
        items: list = []
        for name in ("receipts_path", "replies_path"):
            path = self.settings.get(name, "")
            listed = looked_up(found, path) if path else None
            items += listed if isinstance(listed, list) else []
        if items:
            return items
        return found if isinstance(found, list) else [found]

    def read_push(self, item: object) -> Fate | Reply:
        if not isinstance(item, dict):
            raise NotUnderstood("wrong_type", "$", "An item is an object.")
        said = self.settings
        status = plain(looked_up(item, said["receipt_status"]))
        ident = plain(looked_up(item, said["receipt_id"]))
        if status and ident:
            code = "" if status == said["receipt_good"] else status[:100]
            return Fate(ident[:128], code, None)
        text = looked_up(item, said["reply_text"])
        number = numbers.e164(looked_up(item, said["reply_number"]))
        if not isinstance(text, str):
            raise NotUnderstood("unknown_kind", "$", "Neither a receipt nor a reply.")
        if number is None:
            path = f"$.{said['reply_number']}"
            raise NotUnderstood("wrong_format", path, "This is no number.")
        spelled = repr(sorted((k, plain(v)) for k, v in item.items()))
        return Reply(digest("sms_reply", spelled), number, text)
