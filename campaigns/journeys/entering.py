"""Who begins a journey: as often as its re-entry rule says, held under a lock on its entrance."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from pyroaring import BitMap

from campaigns import experiments
from campaigns.journeys import definition
from campaigns.journeys.triggers import OnSegment
from campaigns.models import Journey, JourneyVersion, Run
from crm_project.db.sets import among
from crm_project.queue import wakeups
from customers.models import AuditEntry, Customer, Source, Transition
from customers.segments import rules
from events import names


def live() -> list[Journey]:
    return list(
        Journey.objects.filter(status=Journey.Status.LIVE)
        .select_related("published")
        .order_by("pk")
    )


def by_events(reactions: list, now: datetime) -> None:
    """Each fresh event that a live journey begins with has begun its run."""
    for journey in live():
        runs = started_runs(journey.published, reactions, now)
        if runs:
            begin(journey.published, runs, now)


def started_runs(version: JourneyVersion, reactions: list, now: datetime) -> list[Run]:
    trigger = definition.of_version(version.pk).trigger
    if not trigger.starts():
        return []
    name_id = names.known(trigger.starts())
    fitting = trigger.fitting([r for r in reactions if r.name_id == name_id])
    shops = (
        dict(
            Source.objects.filter(pk__in={r.source_id for r in fitting}).values_list(
                "pk", "namespace"
            )
        )
        if fitting
        else {}
    )
    return [
        new_run(
            version,
            r.customer_id,
            r.origin_customer_id,
            now,
            reaction=r,
            shop=shops.get(r.source_id, 0),
        )
        for r in fitting
    ]


def by_segments(transitions: list[Transition], now: datetime) -> None:
    """Whoever entered or left a segment that a live journey waits for has begun its run. Who was
    merged away or erased since begins nothing."""
    there = rules.everyone(BitMap(t.customer_id for t in transitions))
    for journey in live():
        trigger = definition.of_version(journey.published_id).trigger
        if isinstance(trigger, OnSegment):
            fitting = [t for t in transitions if t.customer_id in there and trigger.fits(t)]
            if fitting:
                begin(
                    journey.published,
                    [
                        new_run(journey.published, t.customer_id, t.customer_id, now, transition=t)
                        for t in fitting
                    ],
                    now,
                )


def new_run(
    version: JourneyVersion,
    customer_id: int,
    origin_id: int,
    now: datetime,
    *,
    reaction=None,
    shop: int = 0,
    transition: Transition | None = None,
    slot: datetime | None = None,
) -> Run:
    """Not stored yet. `shop` is the namespace of the reaction's source."""
    run = Run(
        customer_id=customer_id,
        origin_customer_id=origin_id,
        journey_id=version.journey_id,
        version=version,
        entered_at=now,
        entry_key=entry_key(version.definition["reentry"], reaction, slot, transition, shop=shop),
    )
    if reaction:
        run.event_id, run.event_occurred_at, run.keys = (
            reaction.event_id,
            reaction.occurred_at,
            reaction.keys,
        )
        run.facts = {
            "event": reaction.properties,
            "keys": reaction.keys or [],
            "source": reaction.source_id,
        }
    definition.of_version(version.pk).trigger.prepare(run, reaction, now)
    return run


def entry_key(
    reentry: dict,
    reaction,
    slot: datetime | None,
    transition: Transition | None = None,
    *,
    shop: int = 0,
) -> str:
    """What began this run, told once per journey and origin; by rule "key" the shop's products, by
    rule "once" the same for everybody."""
    kind = reentry["kind"]
    if kind == "once":
        return "once"
    if kind == "key" and reaction and reaction.keys:
        return f"key:{shop}/{','.join(sorted(reaction.keys))}"[:200]
    if transition:
        return f"transition:{transition.pk}"
    if reaction:
        return f"event:{reaction.event_id}"
    return f"slot:{slot.isoformat()}" if slot else ""


def admitted(reentry: dict, runs: list[Run], now: datetime) -> list[Run]:
    """Those whom the re-entry rule lets in, whoever they were when they entered before. Nobody else
    enters this journey until we commit.

    Not a constraint: two who both entered once may turn out to be one, and a merge is never
    refused. Nor a lock on the customers: a merge holds theirs and moves the reactions that we hold.
    """
    if reentry["kind"] == "always" or not runs:
        return runs
    customers = {run.customer_id for run in runs}
    lock_entrance(runs[0].journey_id)
    before = Run.objects.filter(among("customer", customers), journey=runs[0].journey_id)
    if reentry["kind"] == "days":
        before = before.filter(entered_at__gt=now - timedelta(days=reentry["days"]))
    taken = {place(reentry, *entered) for entered in before.values_list("customer", "entry_key")}
    let_in = []
    for run in runs:
        before_shops = place(reentry, run.customer_id, without_shop(run.entry_key))
        if (
            at := place(reentry, run.customer_id, run.entry_key)
        ) not in taken and before_shops not in taken:
            taken.add(at)
            let_in.append(run)
    return let_in


def lock_entrance(journey_id: int) -> None:
    """Taken in the order of the journeys by whoever enters several in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('campaigns.journeys.entering'), %s)",
            [journey_id],
        )


def place(reentry: dict, customer_id: int, entry_key: str) -> tuple[int, str]:
    """Of which there is one: the customer, or the customer with these products."""
    return customer_id, entry_key if reentry["kind"] == "key" else ""


def without_shop(entry_key: str) -> str:
    """As it was written by releases that did not tell shops apart."""
    return re.sub(r"^key:\d+/", "key:", entry_key)


def by_hand(journey: Journey, customer: Customer, *, by, now: datetime) -> Run | None:
    """The customer has begun the journey at its first step, whatever its trigger waits for; None
    where its re-entry rule says no.

    A rule "once per product" has no product to go by here, so each entry by hand is one of its own.
    """
    version = journey.published
    run = Run(
        customer=customer,
        origin_customer=customer,
        journey=journey,
        version=version,
        entered_at=now,
        due_at=now,
        entry_key=entry_key(version.definition["reentry"], None, now),
        step=version.definition["start"],
        visit=1,
        facts={"event": {}, "keys": []},
    )
    begin(version, [run], now)
    begun = Run.objects.filter(
        journey=journey, customer=customer, entry_key=run.entry_key, entered_at=now
    ).first()
    if begun:
        details = {"journey": journey.pk, "run": begun.pk}
        AuditEntry.objects.create(
            by=by, act="journey.start", subject=f"customer:{customer.pk}", details=details
        )
        wakeups.wake("react")
    return begun


def begin(version: JourneyVersion, runs: list[Run], now: datetime) -> None:
    """The runs exist, as far as the re-entry rule lets them in and unless the same entry was made
    before; each with its arm decided."""
    with transaction.atomic():
        runs = admitted(version.definition["reentry"], runs, now)
        if not runs:
            return
        percent = Decimal(str(version.definition.get("holdout_percent", 0)))
        pairs = [(run.customer_id, run.origin_customer_id) for run in runs]
        is_marketing = definition.of_version(version.pk).is_marketing
        arms = experiments.assign(
            f"journey:{version.journey_id}",
            pairs,
            now=now,
            holdout_percent=percent,
            is_marketing=is_marketing,
        )
        for run in runs:
            run.is_held_out = arms[run.customer_id].is_held_out
            run.facts["assignment"] = arms[run.customer_id].pk
        Run.objects.bulk_create(
            sorted(runs, key=lambda r: (r.customer_id, r.entry_key)), ignore_conflicts=True
        )


def at_slot(
    version: JourneyVersion, customers: Iterable[int], slot: datetime, now: datetime
) -> None:
    """The schedule's customers have begun their runs."""
    begin(version, [new_run(version, c, c, now, slot=slot) for c in customers], now)
