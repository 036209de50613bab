"""How runs of a journey begin: by events, segments, dates, a schedule, by hand, by a call. Who may
begin is said by its entry rules and its re-entry rule (entry_rules.py, reentry.py)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction
from pyroaring import BitMap

from campaigns import experiments
from campaigns.journeys import about, definition, entry_rules
from campaigns.journeys.occasions import Occasion
from campaigns.journeys.reentry import FOR, admitted, lock_entrance
from campaigns.journeys.triggers import OnCall, OnSegment, Trigger
from campaigns.models import Journey, JourneyVersion, Run
from crm_project.queue import wakeups
from customers.models import AuditEntry, Customer, Source, Transition
from customers.segments import rules
from events import names

AT_ONCE = 1000
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC), 0


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
    told = Source.objects.filter(pk__in={r.source_id for r in fitting}) if fitting else ()
    sources = {source.pk: source for source in told}
    return [
        new_run(
            version,
            r.customer_id,
            r.origin_customer_id,
            now,
            reaction=r,
            shop=shop_of(r, sources),
            is_own=r.source_id in sources and sources[r.source_id].key == Source.OWN,
        )
        for r in fitting
    ]


def shop_of(reaction, sources: dict[int, Source]) -> int:
    """The namespace whose event it is; an event of our own names the one that it is about."""
    source = sources.get(reaction.source_id)
    if source is None:
        return 0
    said = reaction.properties.get(about.SHOP) if source.key == Source.OWN else None
    return said if isinstance(said, int) else source.namespace_id


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
    is_own: bool = False,
    transition: Transition | None = None,
    slot: datetime | None = None,
    trigger: Trigger | None = None,
) -> Run:
    """Not stored yet. `shop` is the namespace that the reaction is about; `is_own`: we told of it
    ourselves; `trigger`: that of a draft, which is no version."""
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
        if about.SHOP in reaction.properties and is_own:
            run.facts[about.SHOP] = shop
    trigger = trigger or definition.of_version(version.pk).trigger
    trigger.prepare(run, reaction, now)
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
    whom = for_whom(reaction)
    if reentry["kind"] == "once":
        return f"once{whom}"
    if reentry["kind"] == "key" and reaction and reaction.keys:
        return f"key:{shop}/{','.join(sorted(reaction.keys))}"[: 200 - len(whom)] + whom
    if transition:
        return f"transition:{transition.pk}"
    if reaction:
        return f"event:{reaction.event_id}{whom}"
    return f"slot:{slot.isoformat()}" if slot else ""


def for_whom(reaction) -> str:
    """The end of an entry key: whom a booking is for, so that each of two children has a run."""
    key = reaction.properties.get("for_key") if reaction else None
    return f"{FOR}{key[:100]}" if isinstance(key, str) and key else ""


def by_occasions(now: datetime) -> int:
    """Each booking's start and coupon's end that a live journey begins with, and that is due, has
    begun its run. The number of those looked at."""
    looked_at = 0
    for journey in live():
        version = journey.published
        trigger = definition.of_version(version.pk).trigger
        if not isinstance(trigger, Occasion):
            continue
        after, rows = BEFORE_ALL, trigger.due(journey.pk, now, BEFORE_ALL, AT_ONCE)
        while rows:
            begin(version, [of_occasion(version, trigger, row, now) for row in rows], now)
            looked_at += len(rows)
            after = rows[-1]["at"], rows[-1]["id"]
            rows = trigger.due(journey.pk, now, after, AT_ONCE) if len(rows) == AT_ONCE else []
    return looked_at


def of_occasion(version: JourneyVersion, trigger: Occasion, row: dict, now: datetime) -> Run:
    """Not stored yet."""
    facts = {
        "event": {name: value for name, value in row["event"].items() if value not in (None, "")},
        "keys": row["keys"],
        "source": row["source_id"],
        "coupon_id": row["coupon_id"],
        about.ABOUT: trigger.remembers(row),
    }
    return Run(
        customer_id=row["customer_id"],
        origin_customer_id=row["origin_customer_id"],
        journey_id=version.journey_id,
        version=version,
        entered_at=now,
        due_at=now,
        entry_key=row["entry_key"],
        keys=row["keys"],
        facts={name: value for name, value in facts.items() if value is not None},
    )


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


def is_called(journey: Journey) -> bool:
    """Whether its published version begins by hand or by a server."""
    return journey.published is not None and isinstance(
        definition.of_version(journey.published_id).trigger, OnCall
    )


def by_call(
    version: JourneyVersion,
    customer: Customer,
    *,
    key: str,
    data: dict,
    source: Source,
    now: datetime,
) -> tuple[Run | None, bool]:
    """The run that this call began, and whether it did so now; none where the rules of entry say
    no. `key` names the call: told again, it begins nothing."""
    entered_by = f"call:{key}"
    before = Run.objects.filter(journey=version.journey_id, customer=customer, entry_key=entered_by)
    if run := before.first():
        return run, False
    facts = {"event": data, "keys": [], "source": source.pk}
    new = Run(
        customer=customer,
        origin_customer=customer,
        journey_id=version.journey_id,
        version=version,
        entered_at=now,
        due_at=now,
        entry_key=entered_by,
        facts=facts,
    )
    begin(version, [new], now)
    run = before.first()
    if run:
        wakeups.wake("react")
    return run, bool(run and run.entered_at == now)


def begin(
    version: JourneyVersion, runs: list[Run], now: datetime, *, per_hour: int | None = None
) -> None:
    """The runs exist, as far as their customers belong to the journey's segment, the re-entry rule
    lets them in, and unless the same entry was made before; each with its arm decided. Where only
    so many enter in an hour, they wait for their turn."""
    rule = definition.of_version(version.pk).entry.cleaned_data
    slowest = min(filter(None, (rule["per_hour"], per_hour)), default=None)
    if rule["segment"]:
        runs = entry_rules.belonging(rule["segment"], runs, now)
    with transaction.atomic():
        runs = admitted(version.definition["reentry"], runs, now)
        if not runs:
            return
        waiting = [run for run in runs if run.step == ""]
        if slowest and waiting:
            lock_entrance(version.journey_id)
            entry_rules.take_turns(version.journey_id, waiting, now, slowest)
        percent = Decimal(str(version.definition.get("holdout_percent", 0)))
        pairs = [(run.customer_id, run.origin_customer_id) for run in runs]
        journey = definition.of_version(version.pk)
        arms = experiments.assign(
            f"journey:{version.journey_id}",
            pairs,
            now=now,
            holdout_percent=percent,
            is_marketing=journey.is_marketing,
        )
        for run in runs:
            run.is_held_out = arms[run.customer_id].is_held_out
            run.facts["assignment"] = arms[run.customer_id].pk
            # From the first moment on: what is recorded before it commits, its first step sees.
            run.awaits = journey.awaits(frozenset(run.awaits))
        Run.objects.bulk_create(
            sorted(runs, key=lambda r: (r.customer_id, r.entry_key)), ignore_conflicts=True
        )


def at_slot(
    version: JourneyVersion,
    customers: Iterable[int],
    slot: datetime,
    now: datetime,
    *,
    per_hour: int | None = None,
) -> None:
    """The schedule's customers have begun their runs, or wait for their turn."""
    runs = [new_run(version, c, c, now, slot=slot) for c in customers]
    begin(version, runs, now, per_hour=per_hour)
