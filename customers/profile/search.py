"""Finding a customer by what staff have at hand; each room adds what its rows are called by
(CRM_FINDERS).

Every finder asks an index and gives back a bounded number of customers with the reason they fit, so
the answer costs the same at a million customers.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from crm_project.registry import Registry
from customers.models import Customer

MOST = 1000
SHOWN = 50
LONGEST_TERM = 200


class Finder:
    """One way to find customers."""

    key = ""
    permission = ""  # whoever lacks it does not find this way

    def find(self, term: str) -> Iterable[tuple[int, str]]:
        """(customer, why) of at most MOST who are meant by the term."""
        raise NotImplementedError


finders: Registry["Finder"] = Registry("CRM_FINDERS", "customers.profile.search.Finder")


@dataclass(slots=True)
class Found:
    customer: Customer
    reasons: list[str]


def clean(term: str) -> str:
    return term.replace("\0", "").strip()[:LONGEST_TERM]  # PostgreSQL has no text with a NUL in it


def reasons(term: str, user=None) -> dict[int, list[str]]:
    """Whom the term may mean, and why. Without a user only the ways that are open to everybody are
    tried."""
    found = defaultdict(list)
    for finder in finders:
        if not finder.permission or (user is not None and user.has_perm(finder.permission)):
            for customer, why in finder().find(term):
                if str(why) not in found[customer]:
                    found[customer].append(str(why))
    return found


def search(customers: QuerySet[Customer], term: str, user=None) -> QuerySet[Customer]:
    """Those of the customers whom the term may mean; all of them where it says nothing."""
    term = clean(term)
    return (
        customers.filter(pk__in=now_one(reasons(term, user)).values("survivor"))
        if term
        else customers
    )


def find(term: str, user) -> list[Found]:
    """The living whom the term may mean, the most reasons first, then the latest."""
    term = clean(term)
    if not term:
        return []
    meant = survivors(reasons(term, user))
    living = Customer.objects.alive().filter(pk__in=list(meant)).order_by("-pk")[:SHOWN]
    return sorted(
        (Found(customer, meant[customer.pk]) for customer in living),
        key=lambda one: -len(one.reasons),
    )


def survivors(found: dict[int, list[str]]) -> dict[int, list[str]]:
    """Whoever was merged away is found as the one they are now."""
    meant = defaultdict(list)
    for customer, survivor in now_one(found).values_list("pk", "survivor"):
        meant[survivor] += [why for why in found[customer] if why not in meant[survivor]]
    return meant


def now_one(found: Iterable[int]) -> QuerySet[Customer]:
    """These customers, each with its `survivor`: itself or whom it was merged into."""
    return Customer.objects.filter(pk__in=list(found)).annotate(
        survivor=Coalesce("merged_into", "pk")
    )
