"""Whether a segment's members follow what had been saved by some moment: its rule, those it hangs
on, lists, and all that had changed by then.

Whoever takes a segment's members once and for all (a campaign's audience, a schedule's slot) waits
for that, with a row of its own that is due again. The wait is kept as {"mark": the last change that
must have been looked at, "rounds": how often that has still to be so}: what hangs on another
segment, by a tag, say, follows one pass later.
"""

from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext as _

from customers.models import ChangedCustomer, Segment, SegmentPart, Workspace
from customers.segments import membership, rules

BEGUN = "SELECT coalesce(max(id), 0) FROM customers_changedcustomer"


def caught_up(segment: Segment, wait: dict | None) -> tuple[bool, dict]:
    """Do the members follow what was saved when the wait began (None: now)? And the wait as it is
    from here on."""
    behind = rules.behind(segment.definition)[0] | {segment.pk}
    wait = wait or {"mark": mark(), "rounds": len(behind)}
    while (
        wait["rounds"]
        and is_right(behind)
        and not ChangedCustomer.objects.filter(pk__lte=wait["mark"]).exists()
    ):
        wait = {"mark": mark(), "rounds": wait["rounds"] - 1}
    return not wait["rounds"], wait


def mark() -> int:
    with connection.cursor() as cursor:
        cursor.execute(BEGUN)
        return cursor.fetchone()[0]


def is_right(segments: set[int]) -> bool:
    """Everybody was looked at for the rules as they are saved now, in the zone as it is now."""
    if (
        Segment.objects.filter(pk__in=segments)
        .exclude(evaluated_version=F("version"), failed_at=None)
        .exists()
    ):
        return False
    other = ~Q(zone=Workspace.get().time_zone)
    return not SegmentPart.objects.filter(other, segment__in=segments).exists()


def trouble(segment: Segment) -> str:
    """Why the members cannot follow until somebody mends it, in words; "" where nothing is in the
    way."""
    behind = rules.behind(segment.definition)[0] | {segment.pk}
    for one in Segment.objects.filter(pk__in=behind).order_by("pk"):
        if one.failed_at:
            return _("“%(segment)s” is set aside: who is in it is not known.") % {"segment": one}
        if not membership.all_readable([one]):
            return _("The rule of “%(segment)s” cannot be evaluated.") % {"segment": one}
    return ""
