"""Texts that a sender gives without saying what they are, though it has named them as log-ins
before."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from customers.identity.resolution import scope_of
from customers.models import Identity, IdentityClaim, Kind, Source


@dataclass(frozen=True, slots=True)
class Logins:
    """Of some texts: which are member ids, and which a server has called anonymous ids before it
    named them as log-ins."""

    members: frozenset[str] = frozenset()
    strays: frozenset[str] = frozenset()


NONE = Logins()


def known(source: Source, texts: Collection[str]) -> Logins:
    """As far as this source may say: to a server and those that are believed only a trusted door's
    word makes a member id of a text, to a public key its own claims do too, which attach nothing to
    anybody.

    Strays count for believed sources only, and only those that a server has named: what a stranger
    may have called so joins nobody.
    """
    if not texts:
        return NONE
    kinds = Q(kind=Kind.MEMBER_ID, scope=scope_of(source, Kind.MEMBER_ID))
    if source.is_believed:
        kinds |= Q(
            kind=Kind.ANONYMOUS_ID,
            scope=scope_of(source, Kind.ANONYMOUS_ID),
            source__trust=Source.Trust.SERVER,
        )
    found = set(Identity.objects.filter(kinds, value__in=texts).values_list("kind", "value"))
    if not source.is_believed:
        claims = IdentityClaim.objects.filter(
            source=source, kind=Kind.MEMBER_ID, scope=scope_of(source, Kind.MEMBER_ID)
        )
        found |= set(claims.filter(value__in=texts).values_list("kind", "value"))
    return Logins(
        *(
            frozenset(value for of, value in found if of == kind)
            for kind in (Kind.MEMBER_ID, Kind.ANONYMOUS_ID)
        )
    )
