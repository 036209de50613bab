"""Whoever has bookings finds the way to them on the first page."""

from datetime import datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from crm_project.attention import MOST, Line, Need, told
from events.models import Booking

ONE_DAY = timedelta(days=1)


class BookedToday(Need):
    """Still to come, or to be marked; nothing once every booking of today is."""

    key, permission, icon = "today", "events.view_booking", "today"

    def lines(self, user, now):
        begins, ends = (
            timezone.make_aware(datetime.combine(timezone.localdate(now) + n * ONE_DAY, time.min))
            for n in (0, 1)
        )  # in the zone of the page, which is the workspace's
        open_ones = Booking.objects.awaited().filter(starts_at__gte=begins, starts_at__lt=ends)
        if n := open_ones[:MOST].count():
            text = ngettext("%(n)s booking of today is open", "%(n)s bookings of today are open", n)
            yield Line(n, text % {"n": told(n)}, f"{reverse('today')}?state=awaited")
