"""What of coupons and runs belongs in the copy that a customer gets."""

from campaigns.models import CouponMove, GoalReached, RunMove, RunStep
from customers.data_rights.exporting import Portion


class OfSending(Portion):
    key = "campaigns"

    def parts(self, customers):
        yield "campaigns.CouponMove", CouponMove.objects.filter(coupon__customer__in=customers)
        yield "campaigns.RunStep", RunStep.objects.filter(run__customer__in=customers)
        yield "campaigns.RunMove", RunMove.objects.filter(run__customer__in=customers)
        yield "campaigns.GoalReached", GoalReached.objects.filter(run__customer__in=customers)
