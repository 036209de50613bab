"""What every row about a customer has in common."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OfCustomer(models.Model):
    """A row that follows its customer through merges.

    `origin_customer` is the customer it arrived by and never changes; merge and undo are updates of
    `customer` by origin (customers/identity/merging.py walks every subclass). A table that is
    unique per customer is unique per *origin*, so that a merge cannot collide.
    """

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", verbose_name=_("customer")
    )
    origin_customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False, editable=False
    )

    class Meta:
        abstract = True


class OfCustomerUnchecked(models.Model):
    """The same for tables where volume flows: no foreign key in the database (decision 5)."""

    customer = models.ForeignKey(
        "customers.Customer",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("customer"),
    )
    origin_customer = models.ForeignKey(
        "customers.Customer",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        editable=False,
    )

    class Meta:
        abstract = True
