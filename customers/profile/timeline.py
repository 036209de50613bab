"""Everything that is known to have happened with one customer, newest first: the seam to which each
room adds its source.

A source is one queryset over an index that begins with the customer. All sources are read in one
statement, page by page by keyset: (moment, source, id), so a page costs the same however long the
story is and however many rooms tell it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce

from django.core.signing import BadSignature, Signer
from django.db.models import BigIntegerField, F, Q, QuerySet, SmallIntegerField, Value
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone

from crm_project.registry import Registry
from crm_project.web import viewer
from customers.models import Customer

PAGE = 30
SEARCHED = 2000  # rows of a long source that one search looks at; it goes on from there
LONGEST_TERM = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story. `tone`: "", good, warning or bad."""

    title: str
    text: str = ""  # what was said or sent, in its own words
    details: tuple[str, ...] = ()
    state: str = ""
    tone: str = ""
    amount_fen: int | None = None
    url: str = ""
    by: str = ""


class TimelineSource:
    """One kind of thing that happens. `key` stands in addresses; `facts` names what a line shows,
    each a field or an expression."""

    key = ""
    label = ""
    icon = ""
    permission = ""
    moment = "at"
    facts: dict = {}
    searched: tuple[str, ...] = ()  # lookups in which a search looks for its term
    is_long = (
        False  # True where one customer may have more rows than a search can look at in one go
    )
    is_quiet = False  # True where it is shown only when asked for

    def rows(self, customer: Customer) -> QuerySet:
        raise NotImplementedError

    def all_rows(self, customer: Customer) -> QuerySet:
        """The rows where this source alone is asked for; `rows` may leave out what another source
        tells better."""
        return self.rows(customer)

    def search(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(reduce(Q.__or__, (Q(**{lookup: term}) for lookup in self.searched)))

    def entry(self, facts: dict) -> Entry:
        raise NotImplementedError


sources: Registry["TimelineSource"] = Registry(
    "CRM_TIMELINE", "customers.profile.timeline.TimelineSource"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the next one begins right below."""

    at: datetime
    rank: int
    pk: int

    def __str__(self):
        return Signer(salt="timeline").sign(f"{self.at.isoformat()}~{self.rank}~{self.pk}")

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """None where the text is none of ours."""
        try:
            at, rank, pk = Signer(salt="timeline").unsign(text).split("~")
        except BadSignature:
            return None
        return cls(datetime.fromisoformat(at), int(rank), int(pk))


@dataclass(slots=True)
class StoryLine:
    at: datetime
    source: type[TimelineSource]
    entry: Entry
    begins_day: bool = False  # of the reader's zone


def with_days(lines: list[StoryLine], before: Place | None) -> list[StoryLine]:
    last = before and timezone.localdate(before.at)
    for line in lines:
        day = timezone.localdate(line.at)
        line.begins_day, last = day != last, day
    return lines


@dataclass(slots=True)
class Story:
    """A page of it. `older` is where the next begins; `searched_to` is set where a search has not
    looked at everything older."""

    lines: list[StoryLine] = field(default_factory=list)
    older: Place | None = None
    searched_to: datetime | None = None


def seen_by(user) -> list[tuple[int, type[TimelineSource]]]:
    """The sources that this person may see, each with its rank in the settings."""
    return [
        (rank, one)
        for rank, one in enumerate(sources)
        if not one.permission or user.has_perm(one.permission)
    ]


@viewer.keeping()
def story(
    customer: Customer,
    user,
    *,
    kind: str = "",
    term: str = "",
    before: Place | None = None,
    size: int = PAGE,
) -> Story:
    """One page: of one kind or of all that are not quiet, with the term in it, older than
    `before`."""
    term = term.replace("\0", "").strip()[:LONGEST_TERM]
    chosen = [
        (rank, one)
        for rank, one in seen_by(user)
        if (one.key == kind if kind else not one.is_quiet)
    ]
    if term:
        chosen = [(rank, one) for rank, one in chosen if one.searched]
    if not chosen:
        return Story()
    since = (
        max(
            (at for rank, one in chosen if (at := floor(one(), rank, customer, before, kind))),
            default=None,
        )
        if term
        else None
    )
    parts = [
        part(one(), rank, customer, before, term, size + 1, kind, since) for rank, one in chosen
    ]
    together = (
        parts[0]
        .union(*parts[1:], all=True)
        .order_by("-line_at", "-line_rank", "-line_pk")[: size + 1]
        if parts[1:]
        else parts[0]
    )
    by_rank = dict(chosen)
    rows = list(together)
    page = Story(
        with_days(
            [
                StoryLine(at, by_rank[rank], by_rank[rank]().entry(facts))
                for at, rank, _pk, facts in rows[:size]
            ],
            before,
        )
    )
    if len(rows) > size:
        page.older = Place(*rows[size - 1][:3])
    elif since:
        page.older, page.searched_to = Place(since, -1, 0), since
    return page


def part(
    source: TimelineSource,
    rank: int,
    customer: Customer,
    before,
    term: str,
    size: int,
    kind: str,
    since: datetime | None,
) -> QuerySet:
    rows = below(source, own_rows(source, customer, kind), rank, before)
    if since:
        rows = rows.filter(**{f"{source.moment}__gte": since})
    if term:
        rows = source.search(rows, term)
    rows = rows.annotate(
        line_at=F(source.moment),
        line_rank=Value(rank, SmallIntegerField()),
        line_pk=Cast("pk", BigIntegerField()),
        line_facts=JSONObject(**source.facts),
    )
    return rows.order_by(f"-{source.moment}", "-pk").values_list(
        "line_at", "line_rank", "line_pk", "line_facts"
    )[:size]


def own_rows(source: TimelineSource, customer: Customer, kind: str) -> QuerySet:
    return source.all_rows(customer) if kind else source.rows(customer)


def below(source: TimelineSource, rows: QuerySet, rank: int, before: Place | None) -> QuerySet:
    """Those that come after this place in the one order of all sources."""
    if before is None:
        return rows
    earlier = Q(**{f"{source.moment}__lt": before.at})
    if rank < before.rank:
        earlier = Q(**{f"{source.moment}__lte": before.at})
    elif rank == before.rank:
        earlier |= Q(**{source.moment: before.at, "pk__lt": before.pk})
    return rows.filter(Q(**{f"{source.moment}__lte": before.at}), earlier)


def floor(
    source: TimelineSource, rank: int, customer: Customer, before: Place | None, kind: str
) -> datetime | None:
    """Down to which moment one search looks; None where everything is looked at."""
    if not source.is_long:
        return None
    rows = below(source, own_rows(source, customer, kind), rank, before).order_by(
        f"-{source.moment}"
    )
    return rows.values_list(source.moment, flat=True)[SEARCHED : SEARCHED + 1].first()


def kinds(user) -> Iterable[type[TimelineSource]]:
    """What may be chosen, what people do first."""
    return [one for _rank, one in reversed(seen_by(user))]
