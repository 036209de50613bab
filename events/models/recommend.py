"""What is bought how often, and together with what: kept by a tick
(events/insights/recommend/kept.py)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models.commerce import Product


class ProductSales(models.Model):
    """How many customers bought a product lately; its row is as old as `counted_at`."""

    product = models.OneToOneField(
        Product, models.CASCADE, primary_key=True, related_name="sales", verbose_name=_("product")
    )
    buyers = models.PositiveIntegerField(_("buyers"))
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sales of a product")
        verbose_name_plural = _("sales of products")


class ProductPair(models.Model):
    """So many customers who bought `product` lately bought `other` too; the most frequent others of
    each product only."""

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    other = models.ForeignKey(Product, models.CASCADE, related_name="+")
    buyers = models.PositiveIntegerField(_("buyers"))

    class Meta:
        verbose_name = _("products bought together")
        verbose_name_plural = _("products bought together")
        constraints = [
            models.UniqueConstraint(fields=["product", "other"], name="productpair_is_unique")
        ]


class RecommendClock(models.Model):
    """The one row that says up to which product this round has counted, and when it began."""

    at_product = models.BigIntegerField(default=0)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="recommendclock_is_one")
        ]
