"""The form of a connection: what every account has, and the fields of its vendor's form among
them."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customers.models import Connection, Namespace
from integrations.admin import inner_forms
from integrations.connections.vendors import Vendor

PREFIX = "vendor-"  # of the fields that are the vendor's


class ConnectionForm(forms.ModelForm):
    vendor: type[Vendor]
    settings: dict | None = None

    class Meta:
        model = Connection
        fields = ("name", "namespace", "base_url", "open_platform", "is_active")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stored = self.instance.settings if self.instance.pk else {}
        inner_forms.begin(self, self.vendor.Form, PREFIX, self.stored)
        if "namespace" in self.fields and not self.instance.pk:
            shops = list(Namespace.objects.all()[:2])
            self.fields["namespace"].required = bool(shops)
            if len(shops) == 1:
                self.fields["namespace"].initial = shops[0]

    def clean_namespace(self):
        """The first connection needs no shop beforehand."""
        return self.cleaned_data["namespace"] or Namespace.default()

    def clean(self):
        """The vendor's own form judges its fields together; what it makes of them is stored."""
        cleaned = super().clean()
        found = inner_forms.cleaned(self, self.vendor.Form, PREFIX, self.stored)
        if found is not None:
            vendor = self.vendor()
            self.settings = vendor.completed(found)
            self.account = vendor.account(self.settings)
            self.check_account()
            if self.instance.pk and self.goes_elsewhere(cleaned, vendor):
                self.ask_for_secrets()
        return cleaned

    def goes_elsewhere(self, cleaned: dict, vendor: Vendor) -> bool:
        """Whether what is stored would be said to another server, or as somebody else."""
        before = self.instance.base_url
        is_moved = cleaned.get("base_url", before) != before
        return is_moved or vendor.recipient(self.settings) != vendor.recipient(self.stored)

    def ask_for_secrets(self) -> None:
        """Whoever may change an address must not learn by it what is kept and not shown."""
        for name in self.vendor.secrets():
            if self.stored.get(name) and not self.data.get(self.add_prefix(PREFIX + name)):
                self.add_error(
                    PREFIX + name,
                    ValidationError(_("It would be sent elsewhere than before: enter it anew.")),
                )

    def check_account(self) -> None:
        if self.vendor.is_same_account and self.instance.account not in ("", self.account):
            self.add_error(
                None,
                ValidationError(
                    _("What we know of people rests on this account: connect another one anew.")
                ),
            )
        taken = Connection.objects.filter(vendor=self.vendor.key, account=self.account)
        if other := taken.exclude(pk=self.instance.pk).first():
            self.add_error(
                None,
                ValidationError(
                    _("This account is connected already: %(name)s."), params={"name": other}
                ),
            )

    def save(self, commit=True):
        self.instance.vendor, self.instance.account = self.vendor.key, self.account
        if self.settings != self.stored:
            self.instance.settings_revision += 1
        self.instance.settings = self.settings
        return super().save(commit)


def form_for(vendor: type[Vendor]) -> type[ConnectionForm]:
    """The form for connections of this vendor."""
    fields = inner_forms.fields_of(vendor.Form, PREFIX)
    return type("VendorConnectionForm", (ConnectionForm,), {"vendor": vendor, **fields})
