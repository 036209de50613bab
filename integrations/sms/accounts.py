"""The accounts at vendors of short messages, as a batch is sent through them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaigns.delivery.channels import SendFailed
from customers import connection_health
from customers.models import Connection, Purpose
from customers.privacy.sealing import NotDecipherable
from integrations.connections.vendors import vendors
from integrations.models import SmsAccount, SmsTemplate
from integrations.sms import matching, texts

if TYPE_CHECKING:
    from integrations.sms.vendor import SmsVendor

KINDS = {
    Purpose.MARKETING: frozenset({SmsTemplate.Kind.PROMOTION}),
    Purpose.SERVICE: frozenset({SmsTemplate.Kind.NOTICE, SmsTemplate.Kind.CODE}),
}


def sms_vendors() -> "dict[str, type[SmsVendor]]":
    """Those that are installed, by key."""
    return {one.key: one for one in vendors if getattr(one, "sends_sms", False)}


@dataclass(frozen=True, slots=True)
class Account:
    """One connection with what its vendor has approved."""

    pk: int
    name: str
    vendor: "SmsVendor"
    settings: Mapping = field(repr=False)
    base_url: str
    sign_states: Mapping[str, str]  # by signature
    templates: tuple[SmsTemplate, ...]
    is_failing: bool = False

    @property
    def sign(self) -> str:
        return self.settings.get("sign", "")

    @property
    def opt_out(self) -> str:
        return self.settings.get("opt_out", "")

    @property
    def address(self) -> str:
        """Of its API."""
        return (self.base_url or self.vendor.base_url).rstrip("/")

    @property
    def signs(self) -> tuple[str, ...]:
        """The one that texts leave with, and those that they may begin with."""
        return (self.sign, *self.settings.get("more_signs", "").split())

    def signed(self, text: str) -> tuple[str, str]:
        """The signature that this text leaves with, and the text without it."""
        sign, rest = texts.apart(text)
        return (sign, rest) if sign in self.signs else (self.sign, text)

    def may_send(self, text: str = "") -> bool:
        """Whether nothing is known against the signature of this text."""
        state = self.sign_states.get(self.signed(text)[0], SmsAccount.Sign.UNKNOWN)
        return state in (SmsAccount.Sign.PASSED, SmsAccount.Sign.UNKNOWN)

    def template(self, text: str, purpose: str = "") -> SmsTemplate | None:
        """The approved template that says this; with a purpose, one that is for it. Of several the
        one of which most is the vendor's."""
        _sign, text = self.signed(text)
        fitting = [
            one
            for one in self.templates
            if one.review == SmsTemplate.Review.PASSED
            and (not purpose or one.kind in KINDS[purpose])
            and matching.pattern(one.text).values(text) is not None
        ]
        return max(fitting, key=lambda one: matching.pattern(one.text).weight, default=None)

    def can_say(self, text: str, purpose: str = "") -> bool:
        return not self.vendor.has_templates or self.template(text, purpose) is not None


def active(ids: Collection[int] | None = None) -> list[Account]:
    """Those through which short messages may leave, those that fail last."""
    rows = Connection.objects.filter(vendor__in=sms_vendors(), is_active=True)
    return loaded(rows if ids is None else rows.filter(pk__in=ids))


def well_first(rows) -> list[int]:
    """The connections' ids, those that fail last."""
    return [
        pk for _failing, pk in sorted((connection_health.is_failing(row), row.pk) for row in rows)
    ]


def loaded(rows) -> list[Account]:
    """In three queries, however many; whoever's settings cannot be read is left out."""
    known = list(rows.select_related("sms").order_by("pk"))
    if not known:
        return []
    by_connection: dict[int, list[SmsTemplate]] = {}
    for template in SmsTemplate.objects.filter(connection__in=known).order_by("pk"):
        by_connection.setdefault(template.connection_id, []).append(template)
    found = [one for row in known if (one := of_row(row, tuple(by_connection.get(row.pk, ()))))]
    return sorted(found, key=lambda one: (one.is_failing, one.pk))


def of_row(row: Connection, templates: tuple[SmsTemplate, ...] = ()) -> Account | None:
    try:
        settings = row.settings
    except (NotDecipherable, ValueError):
        return None
    states = row.sms.states(settings.get("sign", "")) if hasattr(row, "sms") else {}
    return Account(
        row.pk,
        row.name,
        sms_vendors()[row.vendor](),
        settings,
        row.base_url,
        states,
        templates,
        connection_health.is_failing(row),
    )


def unusable() -> SendFailed:
    return SendFailed("unusable: gone", retry_after=60, is_of_account=True)
