"""The form that describes a gateway."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.connections.vendors import AddressField, SecretField
from integrations.sms import texts
from integrations.sms.vendor import SmsForm, beginning_with
from integrations.sms_gateway import describing

JSON, FIELDS, GET = "json", "fields", "get"
HEX, BASE64, MD5, NONE = "hmac_hex", "hmac_base64", "md5_hex", "none"


class LinesField(forms.CharField):
    """`name = value` in each line, with places that are filled in."""

    widget = forms.Textarea

    def __init__(self, *, places, **kwargs):
        super().__init__(max_length=4000, **kwargs)
        self.places = places
        self.widget.attrs |= {"rows": 5, "spellcheck": "false"}

    def clean(self, value):
        value = super().clean(value)
        try:
            describing.lines(value)
        except ValueError as error:
            raise ValidationError(
                _("“%(line)s” is not understood: write name = value."), params={"line": error}
            ) from None
        check_places(value, self.places)
        return value


def check_places(text: str, known) -> None:
    if unknown := describing.unknown(text, known):
        raise ValidationError(
            _("There is no {%(name)s}: these can be filled in: %(known)s."),
            params={"name": unknown[0], "known": ", ".join(f"{{{one}}}" for one in sorted(known))},
        )


class PathField(forms.RegexField):
    """Where something stands in JSON: names and numbers with full stops between them."""

    def __init__(self, **kwargs):
        super().__init__(r"\A[\w-]+(\.[\w-]+)*\Z", max_length=100, **kwargs)


@beginning_with("url", "method", "login", "secret")
class GatewayForm(SmsForm):
    url = AddressField(
        label=_("address"), help_text=_("That takes a text, as the gateway names it.")
    )
    method = forms.ChoiceField(
        label=_("how it is called"),
        choices=[(JSON, _("POST with JSON")), (FIELDS, _("POST with fields")), (GET, "GET")],
    )
    login = forms.CharField(label=_("account there"), max_length=120)
    secret = SecretField(label=_("secret"), required=False)
    fields_sent = LinesField(
        label=_("what it is told"),
        places={*describing.PLACES, "signature"},
        initial="mobile = {number}\ncontent = {text}\ntype = {kind}\nref = {id}",
        help_text=_(
            "One field in each line. Filled in are {number} 13800138000, {e164} +8613800138000,"
            " {text}, {kind}, {id} (our number of the message), {account}, {time} (seconds),"
            " {time_ms}, {nonce} and {signature}."
        ),
    )
    headers = LinesField(
        label=_("headers"),
        required=False,
        places={*describing.PLACES, "signature"},
        initial="X-App-Id = {account}\nX-Timestamp = {time}\nX-Nonce = {nonce}\n"
        "X-Signature = {signature}",
        help_text=_("The same for headers; empty: none."),
    )
    signing = forms.ChoiceField(
        label=_("how it is signed"),
        choices=[
            (HEX, _("HMAC-SHA256, hexadecimal")),
            (BASE64, _("HMAC-SHA256, base64")),
            (MD5, _("MD5, hexadecimal (old gateways)")),
            (NONE, _("not at all")),
        ],
    )
    signed_text = forms.CharField(
        label=_("what is signed"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        initial="{time}\n{nonce}\n{body}",
        strip=False,
        help_text=_(
            "{body} is the body as it is sent; {fields} are all fields but the signature, sorted,"
            " as name=value joined by &. MD5 wants {secret} in its place."
        ),
    )
    kind_marketing = forms.CharField(
        label=_("{kind} of marketing"), max_length=40, initial="promotion", required=False
    )
    kind_service = forms.CharField(
        label=_("{kind} of service"), max_length=40, initial="notice", required=False
    )
    opt_out = forms.CharField(
        label=_("how to refuse more"),
        max_length=20,
        initial=texts.OPT_OUT,
        help_text=_("Put at the end of advertising where it does not stand there, and counted."),
    )
    good_path = forms.CharField(
        label=_("a success has, at"),
        max_length=100,
        initial="code",
        help_text=_(
            "Where in its JSON, such as code or data.0.code; of an answer that is text and no"
            " JSON, the word text, and the value is what it begins with."
        ),
    )
    good_value = forms.CharField(label=_("the value"), max_length=60, initial="0")
    row_path = PathField(
        label=_("and for the number, at"),
        required=False,
        initial="data.0.code",
        help_text=_("Where one answer is of several numbers; empty: the same."),
    )
    id_path = forms.CharField(
        label=_("its number of the text, at"),
        max_length=100,
        required=False,
        initial="data.0.id",
        help_text=_("By which receipts name it. Empty: they name our {id}."),
    )
    parts_path = PathField(
        label=_("its count of parts, at"), required=False, initial="data.0.parts"
    )
    said_path = PathField(label=_("why it refuses, at"), required=False, initial="msg")
    gone_codes = forms.CharField(
        label=_("codes of numbers that are gone"),
        max_length=200,
        required=False,
        help_text=_(
            "With spaces between them, of its answers and receipts: these numbers get nothing any"
            " more."
        ),
        initial="2001 MK:0001",
    )
    refused_codes = forms.CharField(
        label=_("codes of who wants no advertising"),
        max_length=200,
        required=False,
        initial="2002 BLACK",
    )
    later_codes = forms.CharField(
        label=_("codes after which it is tried again"),
        max_length=200,
        required=False,
        initial="2003 2009 3005 9001",
    )
    account_codes = forms.CharField(
        label=_("codes of trouble with the account"),
        max_length=200,
        required=False,
        initial="1001 1002 1003 1004 3001 4001 4002",
        help_text=_("Balance, log-in, signature: nothing leaves before somebody mends it."),
    )
    receipts_path = PathField(label=_("receipts: the list, at"), required=False, initial="receipts")
    receipt_id = PathField(label=_("its number of the text"), initial="id")
    receipt_status = PathField(label=_("what became of it"), initial="status")
    receipt_good = forms.CharField(
        label=_("which is, where it was delivered"), max_length=60, initial="DELIVRD"
    )
    replies_path = PathField(label=_("replies: the list, at"), required=False, initial="replies")
    reply_number = PathField(label=_("who replied"), initial="mobile")
    reply_text = PathField(label=_("what they replied"), initial="content")
    answer = forms.CharField(
        label=_("what we answer"),
        max_length=100,
        initial="success",
        help_text=_("So that it does not tell receipts and replies again."),
    )

    def clean_signed_text(self):
        text = self.cleaned_data["signed_text"].replace("\r\n", "\n")
        check_places(text, describing.SIGNED)
        return text

    def clean(self):
        said = super().clean()
        fields = said.get("fields_sent", "")
        for place, words in (
            ("text", _("The text itself is told nowhere: put {text} into a field.")),
            ("number", _("The number is told nowhere: put {number} or {e164} into a field.")),
        ):
            spelled = ("{number}", "{e164}") if place == "number" else ("{text}",)
            if fields and not any(one in fields for one in spelled):
                self.add_error("fields_sent", words)
        if said.get("signing") != NONE and "signing" in said:
            if not said.get("signed_text"):
                self.add_error("signed_text", _("Say what is signed."))
            if not said.get("secret"):
                self.add_error("secret", _("A signature needs a secret."))
        return said
