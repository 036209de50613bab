"""Whoever has bookings finds the way to them on the first page."""

from django.urls import reverse
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from customers.segments.conditions import days
from events.models import Booking


class BookedToday(Need):
    """Still to come, or to be marked; nothing once every booking of today is."""

    key, permission, icon = "today", "events.view_booking", "today"

    def lines(self, user, now):
        begins = days.begins(days.today(now))
        open_ones = Booking.objects.awaited().filter(
            starts_at__gte=begins, starts_at__lt=days.begins(days.today(now) + days.ONE_DAY)
        )
        if n := open_ones[:MOST].count():
            text = ngettext("%(n)s booking of today is open", "%(n)s bookings of today are open", n)
            yield Line(n, text % {"n": told(n)}, f"{reverse('today')}?state=awaited")
