"""Times without a zone are the workspace's, whichever process reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from customers.models import Workspace

LONGEST_GAP = 25 * 60  # minutes that a change of clocks leaves out: on one island a whole day


class LocalMomentField(forms.DateTimeField):
    """A moment as it was typed: with a zone or without one. `moment` says when that is."""

    def to_python(self, value):
        if value in self.empty_values:
            return None
        try:
            found = value if isinstance(value, datetime) else parse_datetime(str(value).strip())
        except ValueError:
            found = None
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


def moment(typed: datetime) -> datetime:
    """When it is: in the workspace's zone as it is now, where none was typed."""
    return (
        typed if typed.tzinfo is not None else moment_in(ZoneInfo(Workspace.get().time_zone), typed)
    )


def moment_in(zone: ZoneInfo, local: datetime) -> datetime:
    """A time that a change of clocks leaves out is the next one there is; one that comes twice is
    the first."""
    later = (local + timedelta(minutes=n) for n in range(LONGEST_GAP))
    return next(
        (at for one in later if exists(at := one.replace(tzinfo=zone))), local.replace(tzinfo=zone)
    ).astimezone(UTC)


def exists(at: datetime) -> bool:
    return at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) == at.replace(tzinfo=None)


def local_in(zone: ZoneInfo, at: datetime) -> datetime:
    """What clocks and calendars there show at this moment."""
    return at.astimezone(zone).replace(tzinfo=None)
