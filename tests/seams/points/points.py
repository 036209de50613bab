"""What each seam asks for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.data_rights.erasing import Eraser
from customers.data_rights.exporting import Portion
from customers.data_rights.retention.base import ById, Whence, WhyKept
from customers.models import Segment
from customers.profile import panel, timeline
from customers.segments.conditions.base import Condition, asked
from customers.uses import Use
from tests.seams.points.models import Offer, Points, Reason


class HasPoints(Condition):
    key, label, reads = "toy_points", _("Customers"), frozenset({"points"})
    permission = "customers.view_customer"

    number = forms.IntegerField(min_value=1)

    def customers(self, *, now, among):
        return asked(
            "SELECT customer_id FROM points_points WHERE true {among} GROUP BY 1"
            " HAVING sum(number) >= %(number)s",
            {"number": self.cleaned_data["number"]},
            among=among,
        )

    def sentence(self):
        return f"has {self.cleaned_data['number']} points"


class Panel(panel.Panel):
    key, label, template = "toy_points", _("Customers"), "points/panel.html"
    permission = "customers.view_customer"

    def context(self, customer):
        return {"numbers": list(Points.objects.filter(customer=customer).values("number"))}


class Story(timeline.TimelineSource):
    key, label, icon = "toy_points", _("Customers"), "star"
    permission = "customers.view_customer"
    facts = {"number": "number"}

    def rows(self, customer):
        return Points.objects.filter(customer=customer)

    def entry(self, facts):
        return timeline.Entry(f"{facts['number']} points were given")


def by_points(model, numbers):
    """Offers of double points that one of these segments decides."""
    for offer in Offer.objects.filter(segment__in=list(numbers)) if model is Segment else ():
        yield offer.segment_id, Use("an offer of double points")


class Reasons(Portion):
    key = "toy_points"

    def parts(self, customers):
        yield "points.Reason", Reason.objects.filter(points__customer__in=customers)


class Forget(Eraser):
    """The reasons go before the points on which they hang."""

    key = "toy_points"

    def erase(self, customers, now):
        Reason.objects.filter(points__customer__in=customers).delete()


class Kept(ById):
    key, label = "toy_points", _("Customers")
    what, why, whence = "points", WhyKept.BOOKS, Whence.SHOP
    tables, default, asks = ("points.Points", "points.Reason"), 12, False
    hanging = (("points_reason", "points_id"),)
