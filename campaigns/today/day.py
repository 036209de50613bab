"""The bookings of one day, as far as filters and numbers need them: read once, in one query."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events import answers
from events.models import Booking

MOST = 5_000  # bookings of a day; more are not shown, and the page says so
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
STANDING, AWAITED, NONE = "standing", "awaited", "none"
FILTERS = ("kind", "resource", "place", "store", "state", "answer")
STATES = {
    STANDING: pgettext_lazy("booking", "not cancelled"),
    AWAITED: pgettext_lazy("booking", "still open"),
    **dict(Booking.Status.choices),
}
ANSWERS = {**dict(answers.Answer.choices), NONE: gettext_lazy("no answer")}
# The numbers on top: label, and the filters that leave exactly those.
NUMBERS = (
    ("booked", pgettext_lazy("booking", "booked"), {"state": STANDING}),
    ("come", gettext_lazy("will come"), {"state": STANDING, "answer": answers.Answer.COME}),
    ("cannot", answers.Answer.CANNOT.label, {"answer": answers.Answer.CANNOT}),
    ("another_time", gettext_lazy("another time"), {"answer": answers.Answer.ANOTHER_TIME}),
    ("unanswered", gettext_lazy("no answer"), {"state": AWAITED, "answer": NONE}),
    ("arrived", gettext_lazy("arrived"), {"state": Booking.Status.ATTENDED}),
    ("no_show", Booking.Status.NO_SHOW.label, {"state": Booking.Status.NO_SHOW}),
    ("cancelled", Booking.Status.CANCELLED.label, {"state": Booking.Status.CANCELLED}),
)


class Booked(NamedTuple):
    """What filters ask of a booking."""

    pk: int
    customer_id: int
    status: str
    kind: str
    resource: str
    place: str
    store_id: int | None
    store: str | None
    starts_at: datetime


COLUMNS = (
    *("pk", "customer_id", "status", "kind", "resource", "place", "store_id"),
    *("store__name", "starts_at"),
)


class Day:
    """A day of the workspace's zone and the filters that `asked` says; what cannot be read is left
    out, and named in `unreadable`."""

    def __init__(self, asked, now: datetime):
        self.now, self.zone = now, timezone.get_current_timezone()  # the page's: the workspace's
        self.today = now.astimezone(self.zone).date()
        self.unreadable: list[str] = []
        self.day = self.read(asked.get("day", "").strip())
        self.filters = {
            name: value[:200] for name in FILTERS if (value := asked.get(name, "").strip())
        }
        for name, known in (("state", STATES), ("answer", ANSWERS), ("kind", dict(KINDS))):
            if self.filters.get(name, next(iter(known))) not in known:
                self.unreadable.append(self.filters.pop(name))

    def read(self, text: str) -> date:
        if not text:
            return self.today
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or not FIRST <= day <= LAST:
            self.unreadable.append(text[:40])
            return self.today
        return day

    @cached_property
    def read_lines(self) -> list[Booked]:
        begins, ends = (
            datetime.combine(self.day + timedelta(days=n), time.min, self.zone) for n in (0, 1)
        )
        rows = Booking.objects.filter(starts_at__gte=begins, starts_at__lt=ends)
        listed = rows.order_by("starts_at", "pk").values_list(*COLUMNS)[: MOST + 1]
        return [Booked(*row) for row in listed]

    @property
    def lines(self) -> list[Booked]:
        return self.read_lines[:MOST]

    @property
    def is_cut(self) -> bool:
        return len(self.read_lines) > MOST

    @cached_property
    def answered(self) -> dict[int, answers.Answered]:
        return answers.latest(self.lines)

    # -- filters

    def fits(self, line: Booked, asked: dict[str, str]) -> bool:
        state, answer = asked.get("state", ""), asked.get("answer", "")
        said = self.answered.get(line.pk)
        return (
            asked.get("kind", line.kind) == line.kind
            and asked.get("resource", line.resource) == line.resource
            and asked.get("place", line.place) == line.place
            and asked.get("store", str(line.store_id)) == str(line.store_id)
            and is_in(line.status, state)
            and answer in ("", said.answer if said else NONE)
        )

    def fitting(self, **instead: str) -> list[Booked]:
        """The bookings that are asked for; `instead` says other filters."""
        asked = {name: value for name, value in (self.filters | instead).items() if value}
        return [line for line in self.lines if self.fits(line, asked)]

    def address(self, **instead) -> str:
        """The query that asks for the same, but for `instead`."""
        day = "" if self.day == self.today else self.day.isoformat()
        asked = {"day": day, **self.filters, **instead}
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    def numbers(self) -> list[dict]:
        """Over all states and answers, each leading to exactly those."""
        base = {name: v for name, v in self.filters.items() if name not in ("state", "answer")}
        found = []
        for key, label, asked in NUMBERS:
            wanted = {"state": "", "answer": "", **asked}
            is_chosen = all(self.filters.get(name, "") == value for name, value in wanted.items())
            n = sum(self.fits(line, base | asked) for line in self.lines)
            url = self.address(state="", answer="") if is_chosen else self.address(**wanted)
            found.append({"key": key, "label": label, "n": n, "is_chosen": is_chosen, "url": url})
        return found

    def choices(self) -> list[dict]:
        """What the day's bookings can be narrowed to; nothing where there is one value only."""
        lines = self.lines
        stores = {str(line.store_id): line.store for line in lines if line.store_id}
        offered = {
            "kind": (_("kind"), [one for one in KINDS if one[0] in {b.kind for b in lines}]),
            "resource": (_("teacher, doctor or room"), values(line.resource for line in lines)),
            "place": (_("place"), values(line.place for line in lines)),
            "store": (_("store"), sorted(stores.items(), key=lambda one: str(one[1]))),
            "state": (_("state"), list(STATES.items())),
            "answer": (_("answer"), list(ANSWERS.items())),
        }
        found = []
        for name, (label, options) in offered.items():
            chosen = self.filters.get(name, "")
            if chosen and chosen not in dict(options):
                options = [*options, (chosen, chosen)]
            if chosen or len(options) > 1:
                found.append({"name": name, "label": label, "options": options, "chosen": chosen})
        return found

    def neighbours(self) -> dict[str, str]:
        """The day before and the day after, with the same filters."""
        return {
            name: self.address(day=(self.day + timedelta(days=n)).isoformat())
            for name, n in (("before", -1), ("after", 1))
        }


KINDS = list(Booking.Kind.choices)


def is_in(status: str, state: str) -> bool:
    if state == STANDING:
        return status != Booking.Status.CANCELLED
    if state == AWAITED:
        return status in Booking.AWAITED
    return state in ("", status)


def values(found) -> list[tuple[str, str]]:
    """The most frequent first."""
    counted = Counter(value for value in found if value)
    return [(value, value) for value, _n in sorted(counted.items(), key=lambda one: (-one[1], one))]
