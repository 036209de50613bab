from django.db import models

from customers.models import OfCustomer, Segment


class Points(OfCustomer):
    """So many points were given at a time."""

    number = models.IntegerField()
    at = models.DateTimeField()


class Reason(models.Model):
    """Why; it hangs on a row of points and names nobody's customer."""

    points = models.ForeignKey(Points, models.CASCADE, related_name="reasons")
    text = models.CharField(max_length=100)


class Offer(models.Model):
    """Whoever is in the segment gets double points."""

    segment = models.ForeignKey(Segment, models.PROTECT)
