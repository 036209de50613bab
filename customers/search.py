"""Finding a customer by what staff have at hand: a name or part of it, or exactly a phone, an e-mail, a member id, an openid."""

import re
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from customers.identity import PERSONAL, SCOPED_BY_NAMESPACE, Key
from customers.identity import holders as key_holders
from customers.models import Customer, Identity, Kind, Namespace, Source
from customers.privacy import digest, normal_email, normal_phone

MOST = 1000


def search(customers: QuerySet[Customer], term: str) -> QuerySet[Customer]:
    """Those of the customers whom the term may mean."""
    term = term.replace("\0", "").strip()  # PostgreSQL has no text with a NUL in it
    if not term:
        return customers
    # A regular expression, because the trigram index answers it without regard to case; LIKE upper(...) it does not.
    named = Q(name__iregex=re.escape(term))
    return customers.filter(named | Q(pk__in=list(holders(term))))


def named(terms: Iterable[str]) -> dict[str, set[int]]:
    """By term, the customers who hold an identity of exactly this value; one statement for all of them."""
    shops = list(Namespace.objects.values_list("key", flat=True))
    programs = sorted({*Source.objects.exclude(app_id="").values_list("app_id", flat=True), *shops})
    places = [
        (kind, scope) for kind in Kind.values if kind not in PERSONAL for scope in (shops if kind in SCOPED_BY_NAMESPACE else programs)
    ]
    meant: dict[str, list[Key]] = {}
    for term in terms:
        keys = [Key(kind, scope, term) for kind, scope in places]
        keys += [Key(Kind.PHONE, "", digest(Kind.PHONE, phone))] if (phone := normal_phone(term)) else []
        keys += [Key(Kind.EMAIL, "", digest(Kind.EMAIL, email))] if (email := normal_email(term)) else []
        meant[term] = keys
    held = key_holders({key for keys in meant.values() for key in keys})
    return {term: {held[key].customer_id for key in keys if key in held} for term, keys in meant.items()}


def holders(term: str) -> set[int]:
    """The customers who hold an identity of exactly this value."""
    wanted = Q(kind=Kind.PHONE, scope="", value=digest(Kind.PHONE, phone)) if (phone := normal_phone(term)) else Q()
    if email := normal_email(term):
        wanted |= Q(kind=Kind.EMAIL, scope="", value=digest(Kind.EMAIL, email))
    # With its scopes named, the unique index finds the value; by the value alone it could not.
    shops = list(Namespace.objects.values_list("key", flat=True))
    programs = set(Source.objects.exclude(app_id="").values_list("app_id", flat=True)) | set(shops)
    clear = [kind for kind in Kind.values if kind not in (Kind.PHONE, Kind.EMAIL)]
    wanted |= Q(kind__in=[k for k in clear if k in SCOPED_BY_NAMESPACE], scope__in=shops, value=term)
    wanted |= Q(kind__in=[k for k in clear if k not in SCOPED_BY_NAMESPACE], scope__in=programs, value=term)
    return set(Identity.objects.filter(wanted).values_list("customer_id", flat=True)[:MOST])
