"""Who is held out, so that the effect of marketing can be measured; stable, and decided once."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection
from pyroaring import BitMap

from campaigns.models import Assignment
from crm_project.db.sets import among, literal
from customers.buckets import BUCKET, BUCKETS, bucket
from customers.identity import following
from customers.models import Workspace
from customers.segments.conditions.base import asked

Arm = Assignment.Arm

# The same arms as `decided()`, for an audience that never passes through Python.
ASSIGN_PEOPLE = f"""
INSERT INTO campaigns_assignment (subject, customer_id, origin_customer_id, arm, at)
SELECT %(subject)s, customer_id, customer_id,
       CASE WHEN {{all}} THEN '{Arm.HELD_OUT_ALL}' WHEN {{here}} THEN '{Arm.HELD_OUT}' {{variants}} END,
       %(now)s
  FROM unnest(%(people)s::int[]) AS m (customer_id)
 ORDER BY m.customer_id
    ON CONFLICT DO NOTHING
"""  # noqa: E501, S608
HELD_OF_ALL = "SELECT customer_id FROM unnest(%(people)s::int[]) AS m (customer_id) WHERE {all}"
# By the customer's own bucket, or that of anybody they took in: held out stays held out through a
# merge.
FALLS = """({percent} > 0 AND ({own} < {percent} * 100 OR EXISTS (
    SELECT FROM (SELECT id AS customer_id FROM customers_customer
      WHERE merged_into_id = m.customer_id) merged WHERE {own} < {percent} * 100)))"""

PROPOSED_HOLDOUT = 10  # percent of a campaign
# Of fewer, a tenth could tell nothing whatever happens: a hundred of it would have to buy anyway.
FEWEST_FOR_HOLDOUT = 1_000


def proposed_holdout(people: int) -> int:
    """How many percent of a campaign's people to hold out, where nobody says; nobody of a few."""
    return 0 if 0 < people < FEWEST_FOR_HOLDOUT else PROPOSED_HOLDOUT


def falls(salt: str, percent: str) -> str:
    return FALLS.format(own=BUCKET.replace("%(salt)s", salt), percent=percent)


def is_held_out(customer_id: int, *, salt: str, percent: Decimal) -> bool:
    return bucket(salt, customer_id) < percent * 100


def held_out_of_all(customers: Iterable[int], workspace: Workspace) -> set[int]:
    """Whom the workspace holds out of all marketing: as themselves, or as somebody whom they took
    in."""
    if not workspace.holdout_percent:
        return set()
    return {
        customer
        for customer, origins in following.origins_of(customers).items()
        if any(
            is_held_out(origin, salt=workspace.holdout_salt, percent=workspace.holdout_percent)
            for origin in origins
        )
    }


def assign(
    subject: str,
    customers: Iterable[tuple[int, int]],
    *,
    now: datetime,
    holdout_percent: Decimal = Decimal(0),
    is_marketing: bool = True,
) -> dict[int, Assignment]:
    """Each (customer, origin) has its assignment to `subject` ("journey:7"); the first decision
    stands.

    Held out are the workspace's holdout and, apart from it, `holdout_percent` of the others; nobody
    where nothing is marketing. Where a merged customer has several assignments, held out wins.
    """
    customers = sorted(set(customers), key=lambda pair: pair[1])
    arms = (
        decided(subject, {c for c, _origin in customers}, holdout_percent) if is_marketing else {}
    )
    Assignment.objects.bulk_create(
        [
            Assignment(
                subject=subject,
                customer_id=c,
                origin_customer_id=origin,
                arm=arms.get(c, Arm.TREATED),
                at=now,
            )
            for c, origin in customers
        ],
        ignore_conflicts=True,
    )
    return standing(subject, [c for c, _origin in customers])


def decided(subject: str, customers: set[int], holdout_percent: Decimal) -> dict[int, str]:
    """The arm of each customer who is held out."""
    workspace = Workspace.get()
    of_all = held_out_of_all(customers, workspace)
    own = f"{workspace.holdout_salt}:{subject}"
    here = {
        customer
        for customer, origins in (
            following.origins_of(customers - of_all) if holdout_percent else {}
        ).items()
        if any(is_held_out(origin, salt=own, percent=holdout_percent) for origin in origins)
    }
    return dict.fromkeys(here, Arm.HELD_OUT) | dict.fromkeys(of_all, Arm.HELD_OUT_ALL)


def standing(subject: str, customer_ids: Iterable[int]) -> dict[int, Assignment]:
    """What was decided for them; read with treated first, so that held out is what stays."""
    rows = Assignment.objects.filter(subject=subject, customer__in=list(customer_ids))
    return {a.customer_id: a for a in sorted(rows, key=lambda a: (a.is_held_out, a.pk))}


def drawn(
    subject: str, customers: Iterable[tuple[int, int]], shares: dict[str, int], *, now: datetime
) -> dict[int, str]:
    """By customer: the arm of `subject` ("split:7:s3") that each (customer, origin) is in; `shares`
    are percent by arm, 100 together.

    The first decision stands, through merges and other shares too. Whose arm is gone is drawn anew,
    and their assignment says what was.
    """
    stands = first(subject, {c for c, _origin in customers})
    salt = f"{Workspace.get().holdout_salt}:{subject}"
    new = {c: origin for c, origin in customers if c not in stands}
    if new:
        Assignment.objects.bulk_create(
            [
                Assignment(
                    subject=subject,
                    customer_id=c,
                    origin_customer_id=origin,
                    arm=arm_of(bucket(salt, c), shares),
                    at=now,
                )
                for c, origin in sorted(new.items(), key=lambda pair: pair[1])
            ],
            ignore_conflicts=True,
        )
        stands = first(subject, {c for c, _origin in customers})
    found = {c: stands.get(c) for c, _origin in customers}
    return {
        c: arm if arm in shares else arm_of(bucket(salt, c), shares) for c, arm in found.items()
    }


def foreseen_draw(subject: str, customers: set[int], shares: dict[str, int]) -> dict[int, str]:
    """What `drawn` would say of them; nothing is written."""
    stands, salt = first(subject, customers), f"{Workspace.get().holdout_salt}:{subject}"
    return {
        c: arm if (arm := stands.get(c)) in shares else arm_of(bucket(salt, c), shares)
        for c in customers
    }


def first(subject: str, customers: set[int]) -> dict[int, str]:
    """The arm that was decided first for each of them."""
    rows = Assignment.objects.filter(among("customer", customers), subject=subject).order_by(
        "-at", "-pk"
    )
    return dict(rows.values_list("customer", "arm"))


def arm_of(place: int, shares: dict[str, int]) -> str:
    """The arm whose share of all buckets this one lies in."""
    end = 0
    for arm, percent in shares.items():
        end += percent * BUCKETS // 100
        if place < end:
            return arm
    raise ValueError("the shares are less than 100 percent together")


def held_out_here(places: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those (subject, customer) who are held out of the subject."""
    places = set(places)
    rows = Assignment.objects.filter(
        among("customer", {customer for _subject, customer in places}),
        subject__in={subject for subject, _customer in places},
        arm__in=Assignment.HELD_OUT,
    )
    return places & set(rows.values_list("subject", "customer")) if places else set()


def assign_people(
    subject: str,
    people: BitMap,
    *,
    now: datetime,
    is_marketing: bool,
    holdout_percent: Decimal | int = 0,
    shares: dict[str, int] | dict[str, float] | None = None,
) -> int:
    """Each of these people has an assignment to `subject`; whoever is not held out is in one of the
    arms of `shares` (percent by arm), where there are several. The size of the audience."""
    workspace = Workspace.get()
    values = {
        "subject": subject,
        "all_salt": workspace.holdout_salt,
        "all_percent": workspace.holdout_percent if is_marketing else 0,
        "own_salt": f"{workspace.holdout_salt}:{subject}",
        "own_percent": holdout_percent if is_marketing else 0,
        "arms_salt": f"{workspace.holdout_salt}:{subject}:arms",
        "now": now,
        "people": literal(people),
    }
    arms = {
        "all": falls("%(all_salt)s", "%(all_percent)s"),
        "here": falls("%(own_salt)s", "%(own_percent)s"),
        "variants": variants_sql(shares or {}, values),
    }
    with connection.cursor() as cursor:
        cursor.execute(ASSIGN_PEOPLE.format(**arms), values)
    return Assignment.objects.filter(subject=subject).count()


def variants_sql(shares: dict[str, int] | dict[str, float], values: dict) -> str:
    """The rest of the CASE: the same arms as `arm_of`."""
    if len(shares) < 2:
        return f"ELSE '{Arm.TREATED}'"
    own, percents, sql = BUCKET.replace("%(salt)s", "%(arms_salt)s"), 0.0, ""
    for n, (arm, percent) in enumerate(shares.items()):
        percents += percent
        values |= {f"arm_{n}": arm, f"end_{n}": round(percents * BUCKETS / 100)}
        sql += f" WHEN {own} < %(end_{n})s THEN %(arm_{n})s"
    values["last"] = list(shares)[-1]
    return f"{sql} ELSE %(last)s"


def held_out_of_all_in(people: BitMap, workspace: Workspace) -> BitMap:
    """Whom of these people the workspace holds out of all marketing; nothing is written."""
    if not workspace.holdout_percent or not people:
        return BitMap()
    sql = HELD_OF_ALL.format(all=falls("%(all_salt)s", "%(all_percent)s"))
    values = {"all_salt": workspace.holdout_salt, "all_percent": workspace.holdout_percent}
    return asked(sql, {**values, "people": literal(people)})
