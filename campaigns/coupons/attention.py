"""What needs marketers about coupons: batches that end or are given away."""

from datetime import timedelta

from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import CouponBatch
from crm_project.attention import Line, Need
from crm_project.templatetags.hutong import page_of

SOON = timedelta(days=7)
NEARLY = 0.95  # of the stock
MOST_NAMED = 5


class Ending(Need):
    """Active batches whose last day comes within a week."""

    key, permission, icon = "coupons_end", "campaigns.change_couponbatch", "event_busy"

    def lines(self, user, now):
        ending = CouponBatch.objects.filter(
            is_active=True, valid_until__gt=now, valid_until__lte=now + SOON
        ).order_by("valid_until")
        for batch in ending[:MOST_NAMED]:
            day = date_format(localtime(batch.valid_until), "MONTH_DAY_FORMAT")
            text = _("Coupons of “%(name)s” end on %(day)s") % {"name": batch, "day": day}
            yield Line(1, text, page_of(batch))


class OutOfStock(Need):
    """Active batches of which nothing, or next to nothing, is left."""

    key, permission, icon = "coupons_gone", "campaigns.change_couponbatch", "inventory_2"

    def lines(self, user, now):
        gone = CouponBatch.objects.filter(
            Q(valid_until=None) | Q(valid_until__gt=now),
            is_active=True,
            stock__gt=0,
            issued__gte=F("stock") * NEARLY,
        ).order_by("-pk")
        for batch in gone[:MOST_NAMED]:
            left = batch.stock - batch.issued
            text = (
                _("“%(name)s” has %(left)s of %(stock)s coupons left")
                if left
                else _("“%(name)s” has no coupon left of %(stock)s: nobody gets one any more")
            )
            words = {"name": batch, "left": f"{left:,}", "stock": f"{batch.stock:,}"}
            yield Line(1, text % words, page_of(batch))
