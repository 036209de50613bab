"""The form of a source: what must be asked when it is made, and texts with one thing in each
line."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from customers.models import Connection, Namespace, Source
from integrations.admin import inner_forms
from integrations.doors import origins
from integrations.doors.formats import Format, formats

SERVERS = "customers.manage_server_source"  # they read everybody
ACCOUNT = "vendor_account"  # the field of the connection, which no form of the model may set
MOST_NAMES = 200
LONGEST_NAME = 200
BETWEEN = ("→", "=>", "=", "\t")  # what people write between two names


class OriginsField(forms.CharField):
    """One origin in each line, as browsers send them."""

    def clean(self, value):
        try:
            return "\n".join(origins.normal_origins(super().clean(value)))
        except ValueError as error:
            raise ValidationError(
                _(
                    "“%(line)s” is no origin, or the list is longer than %(most)s: write https://"
                    " and the site, or *."
                ),
                params={"line": str(error)[:100], "most": origins.MOST},
            ) from None


class NamesField(forms.CharField):
    """A dictionary as lines of `sent = here`."""

    def prepare_value(self, value):
        return (
            "\n".join(f"{sent} = {here}" for sent, here in sorted(value.items()))
            if isinstance(value, dict)
            else value
        )

    def has_changed(self, initial, data):
        try:
            return self.to_python(data or "") != (initial or {})
        except ValidationError:
            return True

    def to_python(self, value):
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        if len(lines) > MOST_NAMES:
            raise ValidationError(_("There may be %(most)s names."), params={"most": MOST_NAMES})
        names: dict[str, str] = {}
        for line in lines:
            sent, here = pair_in(line)
            if sent in names:
                raise ValidationError(_("“%(name)s” is named twice."), params={"name": sent})
            names[sent] = here
        return names


def pair_in(line: str) -> tuple[str, str]:
    mark = next((mark for mark in BETWEEN if mark in line), None)
    sent, here = (part.strip() for part in line.split(mark, 1)) if mark else (line, "")
    if not sent or not here or max(len(sent), len(here)) > LONGEST_NAME or "\x00" in line:
        raise ValidationError(
            _("“%(line)s” is not understood: write the name it sends = the name here."),
            params={"line": line[:100]},
        )
    return sent, here


class SourceForm(forms.ModelForm):
    """`user` is whoever fills it in: server sources are made by those only who may manage them."""

    user = None
    format = forms.ChoiceField(label=_("format"), widget=UnfoldAdminSelectWidget)
    money_unit = forms.ChoiceField(
        label=_("unit of money"),
        required=False,
        choices=[("", "—"), *Source.MoneyUnit.choices],
        widget=UnfoldAdminSelectWidget,
        help_text=_(
            "Is 19.90 yuan sent as 19.9 (yuan) or as 1990 (fen)? Our own format says it in the"
            " names of its fields."
        ),
    )
    allowed_origins = OriginsField(
        label=Source._meta.get_field("allowed_origins").verbose_name,
        help_text=Source._meta.get_field("allowed_origins").help_text,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    event_names = NamesField(
        label=Source._meta.get_field("event_names").verbose_name,
        help_text=Source._meta.get_field("event_names").help_text,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )

    class Meta:
        model = Source
        fields = (
            "name",
            "namespace",
            "format",
            "trust",
            "app_id",
            "believe_identities",
            "money_unit",
            "time_zone",
            "requests_per_second",
            "allowed_origins",
            "event_names",
            "is_strict",
            "is_active",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "trust" in self.fields and self.user is not None and not self.user.has_perm(SERVERS):
            self.fields["trust"].choices = [(Source.Trust.CLIENT.value, Source.Trust.CLIENT.label)]
        if "format" in self.fields:
            self.fields["format"].choices = [
                (f.key, f.label) for f in formats if f.has_address or f.key == self.instance.format
            ]
        if "money_unit" in self.fields and self.instance.pk is None:
            self.initial.pop(
                "money_unit", None
            )  # nothing is taken for granted: a wrong one is wrong a hundredfold
        stored = self.instance.settings if self.instance.pk else {}
        for one in with_settings():
            known = stored if one.key == self.instance.format else {}
            inner_forms.begin(self, one.Settings, prefix_of(one), known)
        if ACCOUNT in self.fields:
            self.initial[ACCOUNT] = self.instance.connection_id
        if "namespace" in self.fields:
            shops = list(Namespace.objects.all()[:2])
            self.fields["namespace"].required = bool(shops)
            if len(shops) == 1:
                self.fields["namespace"].initial = shops[0]

    def clean_namespace(self):
        """The first source needs no shop beforehand."""
        return self.cleaned_data["namespace"] or Namespace.default()

    def clean(self):
        cleaned = super().clean()
        spoken = formats.by_key.get(cleaned.get("format"))
        if spoken and not cleaned.get("money_unit"):
            if spoken.asks_money_unit:
                self.add_error("money_unit", _("Say in which unit this source states money."))
            cleaned["money_unit"] = spoken.money_unit
        trust = cleaned.get("trust") or self.instance.trust
        if cleaned.get("allowed_origins") and trust == Source.Trust.SERVER:
            self.add_error(
                "allowed_origins",
                _(
                    "A server source holds a secret, and no page may hold one: make a client source"
                    " for pages."
                ),
            )
        self.settings = self.settings_of(spoken) if spoken else None
        if spoken:
            self.check_connection(spoken, cleaned)
        return cleaned

    def settings_of(self, spoken: type[Format]) -> dict | None:
        """What the chosen format's own form makes of its fields."""
        if spoken.Settings is None:
            return None
        stored = self.instance.settings if self.instance.format == spoken.key else {}
        return inner_forms.cleaned(self, spoken.Settings, prefix_of(spoken), stored)

    def check_connection(self, spoken: type[Format], cleaned: dict) -> None:
        """A vendor's source has the account that its secrets belong to, of the same shop."""
        chosen, shop = cleaned.get(ACCOUNT), cleaned.get("namespace")
        shop = shop or (self.instance.namespace if self.instance.pk else None)
        if not spoken.vendor:
            cleaned[ACCOUNT] = None
        elif chosen is None or chosen.vendor != spoken.vendor:
            self.add_error(ACCOUNT, _("Choose the vendor's account that sends this."))
        elif chosen.namespace != shop:
            self.add_error(ACCOUNT, _("This account belongs to another shop."))

    def save(self, commit=True):
        self.instance.sealed_settings = None
        if self.settings is not None:
            self.instance.settings = self.settings
        if ACCOUNT in self.fields:
            self.instance.connection = self.cleaned_data[ACCOUNT]
        return super().save(commit)


def prefix_of(spoken: type[Format]) -> str:
    """Of the fields that are a format's own."""
    return f"{spoken.key}-"


def with_settings() -> list[type[Format]]:
    return [one for one in formats if one.Settings is not None]


def form_for() -> type[SourceForm]:
    """The form with what the installed formats ask beside: fields of their own, a vendor's
    account."""
    fields: dict = {}
    for one in with_settings():
        # Of the format that is chosen only, so the browser insists on none.
        fields |= inner_forms.fields_of(one.Settings, prefix_of(one), required=False)
    if vendors := sorted({one.vendor for one in formats if one.vendor}):
        fields[ACCOUNT] = forms.ModelChoiceField(
            Connection.objects.filter(vendor__in=vendors).order_by("name"),
            label=Source._meta.get_field("connection").verbose_name,
            required=False,
            widget=UnfoldAdminSelectWidget,
            help_text=_("The account at the vendor, which holds the secrets of what comes in."),
        )
    return type("InstalledSourceForm", (SourceForm,), fields)
