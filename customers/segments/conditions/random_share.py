"""A random share of all customers: the same ones for ever, and of everybody new the same share."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.buckets import BUCKET, bucket
from customers.segments.conditions.base import Condition, Evidence, asked


class RandomShare(Condition):
    """A larger share of the same draw holds everybody of a smaller one. Who is merged into another
    customer follows that one's draw."""

    key, label = "random_share", gettext_lazy("Random share")
    permission = "customers.view_customer"
    help = gettext_lazy("A fixed part of all customers drawn by chance, for a trial.")

    percent = forms.DecimalField(
        label=gettext_lazy("percent"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        initial=10,
    )
    draw = forms.CharField(
        label=gettext_lazy("draw"),
        max_length=60,
        initial="1",
        required=False,
        help_text=gettext_lazy(
            "Conditions with the same word here draw the same customers; another word draws anew."
        ),
    )

    def clean_draw(self):
        return self.cleaned_data["draw"] or "1"

    def customers(self, *, now, among):
        return asked(
            "SELECT customer_id FROM (SELECT id AS customer_id FROM customers_customer) AS"  # noqa: S608
            f" everybody WHERE {BUCKET} < %(below)s {{among}}",
            {"salt": self.salt(), "below": self.cleaned_data["percent"] * 100},
            among=among,
        )

    def evidence(self, customer, *, now):
        """The number that was drawn; it never changes."""
        drawn = bucket(self.salt(), customer.pk) / 100
        return [
            Evidence(
                _("drew %(number)s; below %(percent)s is in")
                % {
                    "number": drawn,
                    "percent": self.cleaned_data["percent"],
                }
            )
        ]

    def salt(self) -> str:
        return f"share:{self.cleaned_data['draw']}"

    def sentence(self):
        words = {
            "percent": f"{self.cleaned_data['percent'].normalize():f}",
            "draw": self.cleaned_data["draw"],
        }
        return _("is in a random %(percent)s %% (draw “%(draw)s”)") % words
