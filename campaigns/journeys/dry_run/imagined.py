"""What steps would do to the world: in place of the engine's effects, everything is counted and
nothing is written."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime

from campaigns import experiments
from campaigns.coupons import issuing, terms
from campaigns.delivery import outbox
from campaigns.journeys import about, effects
from campaigns.journeys.dry_run.tally import COUPON, DONE, GOAL, PROMISED, Tally
from campaigns.journeys.happened import Happened
from campaigns.models import Coupon, CouponBatch, Message, Run
from crm_project.db.sets import among
from customers.identity import vouching

BATCH = "imagined_batch"  # in the facts of runs and messages: of which batch the coupon would be


class Batches:
    """How many coupons each customer would have had by then; what is left of each batch as it is
    today, plus what this journey has really taken of it in that time."""

    def __init__(self, journey: int, customers: list[int], since: datetime, given: Counter):
        self.journey, self.customers, self.since = journey, customers, since
        self.given = given  # by batch: imagined so far, in this part of the dry run and before
        self.rows: dict[int, CouponBatch] = {}
        self.held: dict[int, dict[int, list[datetime]]] = {}
        self.vouched = vouching.vouched(customers)

    def row(self, batch: CouponBatch) -> CouponBatch:
        if batch.pk not in self.rows:
            self.rows[batch.pk] = row = CouponBatch.objects.get(pk=batch.pk)
            own = Coupon.objects.filter(
                batch=row, issued_by=f"journey:{self.journey}", issued_at__gt=self.since
            )
            taken = own.exclude(state__in=issuing.TAKEN_BACK).count()
            row.issued -= taken
            row.promised_fen -= taken * (terms.promise(row) or 0)
            before = Coupon.objects.filter(among("customer", self.customers), batch=row)
            before = before.exclude(state__in=issuing.TAKEN_BACK).exclude(pk__in=own.values("pk"))
            held = self.held[batch.pk] = defaultdict(list)
            for customer, at in before.values_list("customer", "issued_at"):
                held[customer].append(at)
        return self.rows[batch.pk]

    def why_not(self, batch: CouponBatch, customer: int, now: datetime) -> str:
        """As issuing.choose; "" where one would be given."""
        row = self.row(batch)
        if why := issuing.closed(row, now) or issuing.not_to_give(row):
            return why
        if not row.is_for_anyone and customer not in self.vouched:
            return "not_vouched"
        if sum(at <= now for at in self.held[row.pk][customer]) >= row.per_customer:
            return "per_customer"
        limit, why = issuing.room(row)
        return why if limit is not None and self.given[str(row.pk)] >= limit else ""

    def give(self, batch: CouponBatch, customer: int, now: datetime) -> None:
        self.held[batch.pk][customer].append(now)
        self.given[str(batch.pk)] += 1

    def take_back(self, batch: int, customer: int) -> None:
        """Its message does not leave."""
        self.held[batch][customer].pop()
        self.given[str(batch)] -= 1


class Imagined(effects.InDatabase):
    """A sink. `say(messages)` takes what would be queued."""

    travels: CouponBatch | None = None
    number = 0  # of messages

    def __init__(
        self,
        now: datetime,
        *,
        batches: Batches,
        held_of_all: set[int],
        tally: Tally,
        say: Callable[[list[Message]], None],
        shops: dict[int, int],
    ):
        super().__init__(now)
        self.batches, self.held_of_all = batches, held_of_all
        self.tally, self.say, self.shops = tally, say, shops
        self.carries: dict[int, int] = {}  # by message: the batch of the coupon that travels in it
        self.reached: dict[int, Happened] = {}
        self.given_to: Counter[int] = Counter()  # by run: coupons

    def issue_coupons(
        self, batch: CouponBatch, runs: list[Run], *, travels: bool = False
    ) -> dict[int, str]:
        refused = {}
        treated = [
            run for run in runs if not run.is_held_out and run.customer_id not in self.held_of_all
        ]
        promised = terms.promise(self.batches.row(batch)) or 0
        for run in sorted(treated, key=effects.key):
            if why := self.batches.why_not(batch, run.customer_id, self.now):
                refused[run.pk] = why
                self.tally.add(COUPON, str(batch.pk), why)
                continue
            self.batches.give(batch, run.customer_id, self.now)
            run.facts[BATCH] = batch.pk
            if not travels:
                self.count(run.pk, batch.pk, promised)
        return refused

    def count(self, run: int | None, batch: int, promised: int) -> None:
        self.given_to[run or 0] += 1
        self.tally.add(COUPON, str(batch), "")
        self.tally.add(PROMISED, str(batch), n=promised)

    def send_messages(self, runs, *, batch=None, **more) -> None:
        self.travels = batch
        super().send_messages(runs, batch=batch, **more)

    def shops_of(self, runs):
        """As about.shops_of; `shops` are those of all sources."""
        found = {}
        for run in runs:
            shop = run.facts.get(about.SHOP) or self.shops.get(run.facts.get("source", 0))
            if shop:
                found[run.pk] = {"namespace": shop}
        return found

    def queue(self, intents: list[outbox.Intent]) -> None:
        messages = []
        for one in sorted(intents, key=lambda intent: intent.effect_key):
            message = outbox.message(one, self.now)
            self.number += 1
            message.pk = self.number
            if self.travels and message.due_at:
                self.carries[message.pk] = self.travels.pk
            messages.append(message)
        self.say(messages)

    def has_left(self, message: Message) -> None:
        """The coupon that travels in it is given."""
        if batch := self.carries.pop(message.pk, None):
            promised = terms.promise(self.batches.rows[batch]) or 0
            self.count(message.run_id, batch, promised)

    def was_stopped(self, message: Message) -> None:
        if batch := self.carries.pop(message.pk, None):
            self.batches.take_back(batch, message.customer_id)

    def done(self, runs: list[Run]) -> None:
        for run in runs:
            self.tally.add(DONE, run.step)

    def put_tag(self, tag, runs, *, days):
        self.done(runs)
        return {}

    def take_tag(self, tag, runs):
        self.done(runs)
        return {}

    def set_attribute(self, key, value, runs):
        self.done(runs)

    def put_on_list(self, segment, runs):
        self.done(runs)

    def take_off_list(self, segment, runs):
        self.done(runs)

    def draw(self, runs, shares):
        subject = f"split:{runs[0].journey_id}:{runs[0].step}"
        arms = experiments.foreseen_draw(subject, {run.customer_id for run in runs}, shares)
        return {run.pk: arms[run.customer_id] for run in runs}

    def plan_tasks(self, runs, *, title, staff, role, due_on):
        self.done(runs)

    def reopen_tasks(self, runs, *, to_role, due_on):
        self.done(runs)

    def call(self, runs, *, connection, data, lasts):
        self.done(runs)

    def reach_goals(self, found: dict) -> None:
        for run, one in found.items():
            if run not in self.reached:
                self.reached[run] = one
                self.tally.add(GOAL)
