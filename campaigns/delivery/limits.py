"""The caps and the quiet hours as they are set now, read as far as a batch asks for them; and what
a new installation begins with."""

from datetime import time
from functools import cached_property

from campaigns.models import Cap, QuietDay, QuietHours
from customers.models import Purpose, Workspace

HOUR, DAY, WEEK = 3600, 86_400, 604_800
CAPS = {HOUR: 5, DAY: 10, WEEK: 30}  # marketing messages on all channels together
# A message of service may come later in the evening, but wakes nobody unless it is urgent.
QUIET = {Purpose.MARKETING: (time(21), time(9)), Purpose.SERVICE: (time(22), time(7))}


class Limits:
    """Read for each batch, so that what is saved holds from the next one on."""

    @cached_property
    def caps(self) -> list[Cap]:
        return list(Cap.objects.order_by("seconds", "pk"))

    @cached_property
    def hours(self) -> list[QuietHours]:
        return list(QuietHours.objects.order_by("pk"))

    @cached_property
    def days(self) -> frozenset:
        return frozenset(QuietDay.objects.values_list("date", flat=True))


def begin_with(sender, instance: Workspace, *, created: bool, raw: bool = False, **_signal) -> None:
    """A workspace that was just made has the usual limits; one that is read from a file has its
    own."""
    if not created or raw:
        return
    if not Cap.objects.exists():
        Cap.objects.bulk_create(
            [Cap(seconds=seconds, limit=most) for seconds, most in CAPS.items()]
        )
    if not QuietHours.objects.exists():
        QuietHours.objects.bulk_create(
            [
                QuietHours(purpose=purpose, begins=begins, ends=ends)
                for purpose, (begins, ends) in QUIET.items()
            ]
        )
