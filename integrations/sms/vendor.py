"""The seam for vendors of short messages: a `Vendor` whose accounts send, with receipts and replies
that it pushes or that are pulled."""

import re
import secrets
from collections.abc import Iterable, Mapping

from django import forms
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery.channels import Results
from crm_project.db.clock import database_now
from customers.models import Connection
from customers.models.workspace import OVERLAP
from integrations.connections.vendors import Entered, Health, Vendor
from integrations.outbound.client import WORDS as OF_CLIENT
from integrations.outbound.client import CallFailed
from integrations.outbound.client import in_words as of_client
from integrations.sms import codes, numbers, testing, texts
from integrations.sms.accounts import Account
from integrations.sms.codes import Code
from integrations.sms.values import Catalogue, Fate, Reply, Text


class Reader:
    """Reads what a vendor pushes: for most the same whatever the account."""

    def __init__(self, vendor: "SmsVendor"):
        self.vendor = vendor

    @property
    def codes(self) -> Mapping[str, Code]:
        return self.vendor.codes

    @property
    def accepted(self) -> object:
        return self.vendor.accepted

    def items(self, found: object) -> list:
        return found if isinstance(found, list) else [found]

    def read_push(self, item: object) -> Fate | Reply:
        return self.vendor.read_push(item)


class SmsForm(forms.Form):
    """What the form of every such account begins with."""

    sign = forms.CharField(
        label=gettext_lazy("signature"),
        max_length=16,
        min_length=2,
        help_text=gettext_lazy(
            "As it is approved, without the brackets 【】. Every text begins with it."
        ),
    )
    more_signs = forms.CharField(
        label=gettext_lazy("further signatures"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "Others that are approved, with spaces between them. A text that begins with one of"
            " them in brackets, such as 【新店】, leaves with it."
        ),
    )
    abroad = forms.BooleanField(
        label=gettext_lazy("also abroad"),
        required=False,
        help_text=gettext_lazy(
            "Otherwise only numbers of the mainland (+86) are written to: abroad costs many times"
            " as much."
        ),
    )
    per_second = forms.IntegerField(
        label=gettext_lazy("texts in a second"),
        min_value=1,
        max_value=10_000,
        required=False,
        help_text=gettext_lazy(
            "At most so many, as agreed on with the provider; the others wait for their turn."
            " Empty: as fast as it takes them."
        ),
    )
    own_number = forms.CharField(
        label=gettext_lazy("own number for tests"),
        max_length=20,
        required=False,
        help_text=gettext_lazy(
            "“Test” sends one real text there, which costs what a text costs. Empty: it only asks"
            " whether the account works."
        ),
    )

    def clean_sign(self):
        return bare_sign(self.cleaned_data["sign"])

    def clean_more_signs(self):
        typed = re.split(r"[\s,，、;；]+|(?<=】)(?=【)", self.cleaned_data["more_signs"].strip())
        return " ".join(dict.fromkeys(bare_sign(one) for one in typed if one))

    def clean_own_number(self):
        typed = self.cleaned_data["own_number"].replace(" ", "").replace("-", "")
        if not typed:
            return ""
        if (number := numbers.e164(typed)) is None:
            raise ValidationError(gettext_lazy("Write a mobile number, such as 13800138000."))
        return number


def bare_sign(typed: str) -> str:
    """Without its brackets. Raises ValidationError."""
    sign = typed.strip().strip("【】[]").strip()
    if not 2 <= len(sign) <= 16 or any(c in sign for c in "【】") or not sign.isprintable():
        raise ValidationError(gettext_lazy("A signature has 2 to 16 characters."))
    return sign


def beginning_with(*names: str):
    """The form's fields in this order, those that are not named after them: what is asked for
    first is what somebody has open in the vendor's console."""

    def ordered(form: type[forms.Form]) -> type[forms.Form]:
        rest = [name for name in form.base_fields if name not in names]
        form.base_fields = {name: form.base_fields[name] for name in (*names, *rest)}
        return form

    return ordered


class SmsVendor(Vendor):
    """`request` is of other calls than sending; a vendor of short messages makes none."""

    sends_sms = True
    has_base_url = True
    mints = True  # the secret in the address that it pushes to
    base_url = ""  # of its API
    codes: Mapping[str, Code] = {}
    has_templates = True  # it owns the texts
    longest_value = 0  # characters of a variable, where nothing else is known; 0: any
    can_pull = False

    # -- sending

    async def send(self, account: Account, texts: list[Text]) -> Results:
        """As Channel.send; all of one account."""
        raise NotImplementedError

    def against_value(self, value: str) -> str:
        """A reason (campaigns/delivery/reasons.py) why this cannot stand in a variable, or ""."""
        if texts.has_link(value):
            return "sms_link"
        if self.longest_value and len(value) > self.longest_value:
            return "sms_long"
        return "sms_value" if "【" in value or "】" in value else ""

    def against_text(self, body: str) -> str:
        """The same of what is said as a whole."""
        return ""

    # -- what it says

    def catalogue(self, account: Account) -> Catalogue:
        """Raises CallFailed, codes.Refused."""
        raise NotImplementedError

    def balance(self, account: Account) -> str:
        """What is left, in words for people; "" where it does not say. Raises CallFailed,
        Refused."""
        return ""

    def pulled(self, account: Account, waiting: Iterable) -> list[Fate | Reply]:
        """What it knows and has not told: of `waiting` (messages without a receipt), where it must
        be asked for each. Raises CallFailed, Refused."""
        return []

    def of(self, settings: Mapping) -> "Reader":
        """What reads the pushes to an account with these settings."""
        return Reader(self)

    def read_push(self, item: object) -> Fate | Reply:
        """One item of what it pushes. Raises NotUnderstood."""
        raise NotImplementedError

    accepted: object = ""  # what a push is answered, so that it is not told again

    # -- as any vendor

    def completed(self, settings):
        return {"push_key": secrets.token_urlsafe(24), **settings}

    def rotated(self, settings):
        return {
            **settings,
            "push_key": secrets.token_urlsafe(24),
            "old_push_key": settings.get("push_key", ""),
            "old_push_until": (database_now() + OVERLAP).isoformat(),
        }

    def to_enter_there(self, connection: Connection):
        key = connection.settings.get("push_key", "")
        address = f"{django_settings.PUBLIC_URL}/sms/{self.key}/{connection.pk}/{key}"
        return [Entered(_("address for receipts and replies"), address, is_secret=True)]

    def request(self, connection, call):
        raise CallFailed("unusable", "SMS")

    def in_words(self, error):
        return self.meant(error, self.codes)

    def problem(self, connection):
        return self.told(connection, connection.last_error)

    def told(self, connection: Connection, error: str) -> str:
        """What went wrong with this account (`code: words of the vendor`), in a sentence that says
        what to do."""
        return self.meant(error, self.of(connection.settings).codes)

    def meant(self, error: str, known: Mapping[str, Code]) -> str:
        code = error.partition(": ")[0]
        if code in OF_CLIENT:
            return of_client(error)
        return f"{codes.meaning(known, code).sentence} ({error})"

    def facts(self, connection):
        return testing.facts(self, connection)

    def test(self, connection: Connection) -> Health:
        return testing.tested(self, connection)
