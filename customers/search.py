"""Finding a customer by what staff have at hand: a name or part of it, or exactly a phone, an e-mail, a member id, an openid."""

import re

from django.db.models import Q, QuerySet

from customers.identity import SCOPED_BY_NAMESPACE
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
