"""The interface: for these customers of a shop, which products next, and why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from customers.models import Namespace
from customers.privacy import personalisation
from events.insights.recommend import rules
from events.models import Product

MOST = 6
AT_ONCE = 5_000  # customers of one statement


class Reason(StrEnum):
    TOGETHER = "together"
    INTEREST = "interest"
    BESTSELLER = "bestseller"


@dataclass(frozen=True, slots=True)
class Offer:
    """A product that can be bought now and was not bought yet. `because` is the product bought
    before, or the category that they care for."""

    product: Product
    reason: Reason
    because: str = ""

    def words(self) -> str:
        """The reason, for staff and for whoever shows it to the customer."""
        if self.reason == Reason.TOGETHER:
            return _("Often bought together with %(what)s") % {"what": self.because}
        if self.reason == Reason.INTEREST:
            return _("For the lasting interest in %(what)s") % {"what": self.because}
        return _("A bestseller they do not have yet")


def recommend(
    customers: Collection[int], *, shop: Namespace, now: datetime, most: int = MOST, kind: str = ""
) -> dict[int, list[Offer]]:
    """For each of these customers up to `most` products of this shop, the best first; of one kind
    only (Product.Kind) where that is said.

    Who refused personalisation is offered bestsellers only, whoever they are.
    """
    found: dict[int, list[Offer]] = {pk: [] for pk in customers}
    refused = personalisation.refused(found)
    ids = sorted(found)
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        rows = rules.answer(some, plain=refused, shop=shop.pk, now=now, most=most, kind=kind)
        products = Product.objects.in_bulk({row.product_id for row in rows})
        for row in rows:
            found[row.customer_id].append(
                Offer(products[row.product_id], Reason(row.reason), row.because)
            )
    return found
