"""By what this room's customers are found: the name, any identity as a whole, the end of a
phone."""

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.utils.translation import gettext as _

from customers.identity import normalising
from customers.identity.resolution import SCOPED_BY_NAMESPACE
from customers.identity.rows import PERSONAL, Key, holders
from customers.models import Customer, Identity, IdentityClaim, Kind, Namespace, Source
from customers.privacy.sealing import digest
from customers.profile.search import MOST, Finder

LAST_DIGITS = 4


class ByName(Finder):
    """By any part of the name."""

    key = "name"

    def find(self, term):
        return [(pk, _("name")) for pk in self.fitting(term).values_list("pk", flat=True)[:MOST]]

    def fitting(self, term: str) -> QuerySet:
        named = Customer.objects.filter(erased_at=None).exclude(name="")
        return named.alias(grams=grams(F("name"))).filter(
            grams__contains=grams(Value(term)), name__icontains=term
        )


def grams(of) -> Func:
    return Func(of, function="customers_name_grams", output_field=ArrayField(TextField()))


class ByIdentity(Finder):
    """By exactly a phone, an e-mail, a member id, an openid; also where only a client said it."""

    key = "identity"

    def find(self, term):
        wanted = meant(term)
        proven = [(row.customer_id, said(row)) for row in Identity.objects.filter(wanted)[:MOST]]
        claimed = [
            (row.customer_id, _("%(identity)s (unproven)") % {"identity": said(row)})
            for row in IdentityClaim.objects.filter(wanted)[:MOST]
        ]
        return proven + claimed


def said(row: Identity | IdentityClaim) -> str:
    return f"{row.get_kind_display()} {row.masked_value}"


def meant(term: str) -> Q:
    """The identities of exactly this value, of whatever kind."""
    wanted = (
        Q(kind=Kind.PHONE, scope="", value=digest(Kind.PHONE, phone))
        if (phone := normalising.phone(term))
        else Q()
    )
    if email := normalising.email(term):
        wanted |= Q(kind=Kind.EMAIL, scope="", value=digest(Kind.EMAIL, email))
    # With its scopes named, the unique index finds the value; by the value alone it could not.
    shops, programs = scopes()
    clear = [kind for kind in Kind.values if kind not in PERSONAL]
    term = normalising.clean(term)
    wanted |= Q(
        kind__in=[k for k in clear if k in SCOPED_BY_NAMESPACE], scope__in=shops, value=term
    )
    wanted |= Q(
        kind__in=[k for k in clear if k not in SCOPED_BY_NAMESPACE], scope__in=programs, value=term
    )
    return wanted


def scopes() -> tuple[list[str], list[str]]:
    """In which an identity may be the only one of its value: by namespace, and by mini-program (or
    namespace, where no program was named)."""
    shops = Namespace.objects.values_list("key", Value(True))
    found = list(shops.union(Source.objects.exclude(app_id="").values_list("app_id", Value(False))))
    return sorted(key for key, is_shop in found if is_shop), sorted(
        {key for key, _is_shop in found}
    )


def holders_of(terms: Iterable[str]) -> dict[str, set[int]]:
    """By term, the customers who hold an identity of exactly this value; one statement for all of
    them."""
    shops, programs = scopes()
    places = [
        (kind, scope)
        for kind in Kind.values
        if kind not in PERSONAL
        for scope in (shops if kind in SCOPED_BY_NAMESPACE else programs)
    ]
    meant: dict[str, list[Key]] = {}
    for term in terms:
        keys = [Key(kind, scope, normalising.clean(term)) for kind, scope in places]
        keys += (
            [Key(Kind.PHONE, "", digest(Kind.PHONE, phone))]
            if (phone := normalising.phone(term))
            else []
        )
        keys += (
            [Key(Kind.EMAIL, "", digest(Kind.EMAIL, email))]
            if (email := normalising.email(term))
            else []
        )
        meant[term] = keys
    held = holders({key for keys in meant.values() for key in keys})
    return {
        term: {held[key].customer_id for key in keys if key in held} for term, keys in meant.items()
    }


class ByLastDigits(Finder):
    """By the last four digits of a proven phone, as people say them on the phone."""

    key = "last_digits"
    permission = "customers.find_by_last_digits"

    def find(self, term):
        term = normalising.clean(term)
        if not (term.isascii() and term.isdigit() and len(term) == LAST_DIGITS):
            return []
        ending = Identity.objects.exclude(tail="").filter(tail=digest("tail", term))[:MOST]
        return [
            (row.customer_id, _("phone %(masked)s") % {"masked": row.masked_value})
            for row in ending
        ]
