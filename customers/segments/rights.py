"""What somebody may know of a segment: use its rule, see its people, be told their number."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm_project.web import viewer
from customers.models import Segment
from customers.segments import rules

SEES_PEOPLE = "customers.view_customer"
FEW = 5  # fewer than so many are nobody's figure: they are people


def may_use(user, segment: Segment) -> bool:
    """Read its rule, change it, build on it, be told its size."""
    return user.has_perms(rules.needs(segment.definition))


def sees_people(user, segment: Segment) -> bool:
    """One by one, and their exact number."""
    return user.has_perms(rules.permissions(segment.definition))


def unusable() -> list[int]:
    """The segments that the viewer may not use."""
    return not_for_viewer(rules.needs)


def unseen() -> list[int]:
    """The segments whose people the viewer may not see."""
    return not_for_viewer(rules.permissions)


def not_for_viewer(asks: Callable[[dict], set[str]]) -> list[int]:
    """Of whoever may view all that conditions ask about, no rule is read."""
    if viewer.may(SEES_PEOPLE, *(kind.permission for kind in rules.conditions)):
        return []
    return [
        one.pk
        for one in Segment.objects.only("definition")
        if not viewer.may(*asks(one.definition))
    ]


def usable() -> QuerySet[Segment]:
    """Those that the viewer may choose."""
    return Segment.objects.exclude(pk__in=unusable())


def is_untold(n: int, *permissions: str) -> bool:
    """A few, and the viewer may not see the people (by default customers at all)."""
    return n < FEW and not viewer.may(*(permissions or (SEES_PEOPLE,)))


def numbered(n: int, *permissions: str) -> str:
    """The number, for whoever may see the people; for others a few are not counted."""
    return _("fewer than %(n)d") % {"n": FEW} if is_untold(n, *permissions) else f"{n:,}"


def figure(n: int) -> tuple[int | str, str]:
    """The same as the value that scripts read, and the text."""
    return "" if is_untold(n) else n, numbered(n)


def size(segment: Segment) -> str:
    """How many are in it, as the viewer may know."""
    if not viewer.may(*rules.needs(segment.definition)):
        return "–"
    return (
        numbered(segment.size, *rules.permissions(segment.definition))
        if segment.evaluated_at
        else "…"
    )
