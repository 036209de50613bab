"""What tells people of one name apart, masked as everywhere: it stands beside the name wherever
somebody is to be chosen."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from customers.models import Customer, Identity, Kind

# The nearest to how staff know people first; who has none of these is known by their number.
ORDER = [Kind.PHONE, Kind.MEMBER_ID, Kind.EMAIL]


def with_features(customers: Collection[Customer], *, origin: bool = False) -> None:
    """Sets `feature` of each: a masked phone, member id or e-mail, else their number. `origin`: by
    what came in as theirs, before a merge."""
    whose = "origin_customer" if origin else "customer"
    found: dict[int, Identity] = {}
    for identity in Identity.objects.filter(**{f"{whose}__in": customers}, kind__in=ORDER).order_by(
        "pk"
    ):
        pk = getattr(identity, f"{whose}_id")
        if pk not in found or ORDER.index(identity.kind) < ORDER.index(found[pk].kind):
            found[pk] = identity
    for customer in customers:
        known = found.get(customer.pk)
        number = (
            _("no. %(id)d") % {"id": customer.pk} if customer.name else ""
        )  # who has no name is called by the number already
        customer.feature = str(known) if known else number
