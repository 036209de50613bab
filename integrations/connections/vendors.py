"""The seam for vendors: what must be known to use an account there, what of ours must be entered in
the vendor's console, whether it works, and how a call is made through it.

A vendor is a folder with `vendor.py`, and one line in its `subject.py` (VENDORS).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm_project.registry import Registry
from customers.models import Connection, OutboundCall
from integrations.outbound import addresses
from integrations.outbound.addresses import Forbidden
from integrations.outbound.client import WORDS, Request, in_words

vendors = Registry("CRM_VENDORS", "integrations.connections.vendors.Vendor")


class SecretField(forms.CharField):
    """What is never shown again. Left empty in the form of a connection that has it: unchanged."""

    widget = forms.PasswordInput

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 4096)
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("autocomplete", "new-password")


class AddressField(forms.CharField):
    """An address that we may call (outbound/addresses.py)."""

    def __init__(self, **kwargs):
        super().__init__(max_length=2000, **kwargs)

    def clean(self, value):
        value = super().clean(value)
        if value:
            try:
                addresses.checked(value)
            except Forbidden as forbidden:
                raise ValidationError(_(WORDS[forbidden.code]), code=forbidden.code) from None
        return value


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an account works, in a sentence for whoever set it up."""

    is_well: bool
    words: str
    error: str = ""  # what is written down of it (Vendor.in_words reads it)


@dataclass(frozen=True, slots=True)
class Entered:
    """A value of ours that somebody copies into the vendor's console."""

    label: str
    value: str
    is_secret: bool = False  # shown once, in the answer that made it
    is_hint: bool = False  # no value yet: how it is found out


class Vendor:
    """One vendor whose accounts can be connected. It keeps nothing between two calls."""

    key = ""  # stored in Connection.vendor: never renamed
    label = ""
    help = ""  # in a sentence or two: what it is used for, where its values are found
    Form: type[forms.Form] = forms.Form  # its settings; fields of secrets are SecretFields
    has_base_url = False  # may its API stand elsewhere: a private cloud, a test?
    has_open_platform = False
    mints = False  # is its secret of our making, so that a button makes another (`rotated`)?
    is_same_account = False  # may a connection never become another account: rows rest on it?

    def account(self, settings: Mapping) -> str:
        """By which the vendor knows us; one connection for each."""
        raise NotImplementedError

    def recipient(self, settings: Mapping) -> tuple:
        """To whom its secrets are said, beside the base URL: where that changes, whoever changes
        it must know them."""
        return ()

    def completed(self, settings: dict) -> dict:
        """The settings with what is ours to make up (a token, a signing secret), where a form
        without it was saved."""
        return settings

    def rotated(self, settings: dict) -> dict:
        """The settings with another secret of our making, the old one valid for a while."""
        raise NotImplementedError

    def to_enter_there(self, connection: Connection) -> Iterable[Entered]:
        """What the vendor must be told of us."""
        return ()

    def facts(self, connection: Connection) -> Iterable[tuple[str, str]]:
        """What else is known of this account, as (label, words)."""
        return ()

    def test(self, connection: Connection) -> Health:
        """Asks the vendor whether these settings are right; changes nothing there. It never
        raises."""
        raise NotImplementedError

    def request(self, connection: Connection, call: OutboundCall) -> Request:
        """The call as the vendor expects it. Raises CallFailed where none can be made of it."""
        raise NotImplementedError

    def in_words(self, error: str) -> str:
        """What a failure that was written down of an account means, in the reader's language."""
        return in_words(error)

    def problem(self, connection: Connection) -> str:
        """The last failure of this account, in the reader's language."""
        return self.in_words(connection.last_error)

    @classmethod
    def secrets(cls) -> frozenset[str]:
        """The names of the settings that are never shown."""
        fields = cls.Form.base_fields.items()
        return frozenset(name for name, field in fields if isinstance(field, SecretField))


def unwell(error: Exception) -> Health:
    """The health of an account whose vendor could not be asked."""
    return Health(False, in_words(str(error)), str(error))
