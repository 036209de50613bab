"""Ready-made beginnings of a rule about coupons and messages."""

from django.utils.translation import gettext_lazy as _

from customers.segments.starts import Start


class CouponRunsOut(Start):
    key, label = "coupon_runs_out", _("Holds a coupon that ends within 3 days")

    def definition(self):
        return {
            "op": "all",
            "of": [
                {
                    "condition": "holds_coupon",
                    "state": "unused",
                    "expires_n": 3,
                    "expires_unit": "days",
                }
            ],
        }


class OpensNothing(Start):
    key, label = "opens_nothing", _("Got messages for 30 days and opened none")

    def definition(self):
        month = {"window": "last", "window_n": 30, "window_unit": "days"}
        sent = {"condition": "message", "became": "sent", "comparison": ">=", "times": 3, **month}
        opened = {
            "condition": "message",
            "became": "opened",
            "comparison": "=",
            "times": 0,
            **month,
        }
        return {"op": "all", "of": [sent, opened]}
