"""What needs somebody: lines of the first page, each with a number, a sentence and the place where
it is dealt with.

A subject adds one with a class and a line under NEEDS in its `subject.py`:

    class Stock(Need):
        key, permission, icon = "stock", "shop.change_batch", "inventory"

        def lines(self, user, now):
            if n := Batch.objects.filter(stock=0)[:MOST].count():
                yield Line(n, ngettext("%(n)s batch …", "%(n)s batches …", n) % {"n": told(n)}, url)

Each is asked in at most two queries whose cost does not grow with the data (an index, a kept
figure, a count up to MOST), since the page asks them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crm_project.registry import Registry

MOST = 1000  # more are not counted, and nobody works through them one by one


@dataclass(frozen=True, slots=True)
class Line:
    """`sentence` is whole, the number in it; without a `url` it says itself what is to be done."""

    count: int
    sentence: str
    url: str = ""


class Need:
    """One kind of thing that waits for a person; nothing where nothing waits. Shown to whoever has
    the `permission`; what `is_urgent` stands first and in the colour of a warning."""

    key = ""
    permission = ""
    icon = "error"
    is_urgent = False

    def lines(self, user, now: datetime) -> Iterator[Line]:
        raise NotImplementedError


class Fact:
    """What is known and waits for nobody, beside what does; in its lines, like a Need's."""

    key = ""
    permission = ""
    label: object = ""
    icon = "info"

    def lines(self, user, now: datetime) -> Iterator[Line]:
        raise NotImplementedError


needs: Registry[Need] = Registry("CRM_NEEDS", "crm_project.attention.Need")
facts: Registry[Fact] = Registry("CRM_FACTS", "crm_project.attention.Fact")


def told(n: int) -> str:
    return f"{n:,}" if n < MOST else f"{MOST:,}+"


def found(user, now: datetime) -> list[tuple[type[Need], Line]]:
    """What waits for this user, the urgent first."""
    asked = [need for need in needs if not need.permission or user.has_perm(need.permission)]
    lines = [(need, line) for need in asked for line in need().lines(user, now)]
    return sorted(lines, key=lambda pair: not pair[0].is_urgent)


def known(user, now: datetime) -> list[tuple[type[Fact], list[Line]]]:
    """What this user may know, as far as there is something to say."""
    asked = [fact for fact in facts if not fact.permission or user.has_perm(fact.permission)]
    lines = [(fact, list(fact().lines(user, now))) for fact in asked]
    return [pair for pair in lines if pair[1]]
