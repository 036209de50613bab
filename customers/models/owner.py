"""Who of the staff looks after a customer, and at which store."""

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from customers.models.base import OfCustomer
from customers.models.workspace import Namespace


class Store(models.Model):
    """A shop, branch or campus that people come to; `key` is how the business calls it."""

    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="+", verbose_name=_("namespace")
    )
    key = models.CharField(_("key"), max_length=100)
    name = models.CharField(_("name"), max_length=200)
    is_active = models.BooleanField(_("active"), default=True, db_default=True)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        constraints = [models.UniqueConstraint(fields=["namespace", "key"], name="store_is_unique")]

    def __str__(self):
        return self.name


class OwnerQuerySet(models.QuerySet):
    def in_force(self):
        """One row per customer: of a merged customer's the latest."""
        latest = (
            self.model.objects.filter(customer=OuterRef("customer"), is_current=True)
            .order_by("-since", "-pk")
            .values("pk")[:1]
        )
        return self.filter(is_current=True, pk=Subquery(latest))


class Owner(OfCustomer):
    """Since when somebody, or nobody, looks after a customer, and at which store. A newer row ends
    the one before; all of them stay, as the history."""

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("owner"),
    )
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("store"),
    )
    since = models.DateTimeField(_("since"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    is_current = models.BooleanField(default=True, editable=False)

    objects = OwnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("owner")
        verbose_name_plural = _("owners")
        constraints = [
            models.UniqueConstraint(
                fields=["origin_customer"], condition=Q(is_current=True), name="owner_is_one"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-since"], name="owner_history"),
            models.Index(fields=["staff"], name="owner_staff", condition=Q(is_current=True)),
            models.Index(fields=["store"], name="owner_store", condition=Q(is_current=True)),
        ]

    def __str__(self):
        return " · ".join(str(one) for one in (self.staff, self.store) if one)
