"""By what this room's rows are called by: a coupon's code, however it was typed."""

from django.utils.translation import gettext as _

from campaigns.models import Coupon
from customers.privacy.sealing import code_digest, normal_code
from customers.profile.search import Finder

SHORTEST = 10


class ByCoupon(Finder):
    key = "coupon"
    permission = "campaigns.view_coupon"

    def find(self, term):
        if len(normal_code(term)) < SHORTEST:
            return []
        found = Coupon.objects.filter(code_digest=code_digest(term)).values_list(
            "customer", "batch__name"
        )
        return [(customer, _("coupon of “%(name)s”") % {"name": name}) for customer, name in found]
