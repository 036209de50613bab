"""What steps do to the world, exactly once per (run, step visit); a held-out run walks with all
marketing switched off."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from campaigns import coupons, experiments
from campaigns.delivery import fields, outbox
from campaigns.delivery.content import wanted
from campaigns.journeys import about, calls, goals, tasks
from campaigns.journeys.happened import Happened
from campaigns.models import CouponBatch, Run
from customers.attributes import values
from customers.identity.rows import Resolved
from customers.lists import members
from customers.lists import rows as list_rows
from customers.models import Connection, Purpose, Segment, Source, Tag, Workspace
from customers.tags import tagging

PASSED_ON = (
    about.ABOUT,
    calls.ANSWER,
    fields.RECOMMENDED,
)  # from the facts of a run to those of its messages


def shops_of(runs: list[Run]) -> dict[int, dict]:
    """By run that an event began: the fact of which shop it was. The number of a product means
    something within its shop only."""
    return {run: {"namespace": shop} for run, shop in about.shops_of(runs).items()}


def said(run: Run, shop: dict) -> dict:
    """The facts that texts of the run may use."""
    facts = {"event": run.facts.get("event", {}), "keys": run.facts.get("keys", []), **shop}
    return facts | {name: run.facts[name] for name in PASSED_ON if name in run.facts}


def copied(run: Run, step: str) -> Run:
    """The same run, standing at a step that it has not come to yet; not to be stored."""
    values = {one.attname: getattr(run, one.attname) for one in Run._meta.concrete_fields}
    values |= {"step": step, "visit": run.visit + 1, "facts": dict(run.facts)}
    return Run(**values)


def key(run: Run) -> str:
    return f"run:{run.pk}:{run.visit}"


class InDatabase:
    """Coupons and messages, in the engine's own transaction."""

    def __init__(self, now: datetime):
        self.now = now

    def issue_coupons(
        self, batch: CouponBatch, runs: list[Run], *, travels: bool = False
    ) -> dict[int, str]:
        """Each treated run has its coupon in `facts`; returns the reasons of those that were
        refused one."""
        everywhere = experiments.held_out_of_all({run.customer_id for run in runs}, Workspace.get())
        treated = [run for run in runs if not run.is_held_out and run.customer_id not in everywhere]
        wanted = [
            coupons.Wanted(run.customer_id, run.origin_customer_id, key(run), run.pk, run.step)
            for run in treated
        ]
        issued = coupons.issue(
            batch, wanted, by=f"journey:{runs[0].journey_id}", now=self.now, travels=travels
        )
        for run in treated:
            if key(run) in issued:
                run.facts["coupon_id"] = issued[key(run)].pk
        return {run.pk: issued.refusals[key(run)] for run in treated if key(run) in issued.refusals}

    def send_messages(
        self,
        runs: list[Run],
        *,
        channel: str,
        purpose: str,
        content: dict,
        batch: CouponBatch | None = None,
        alternatives: Sequence[dict] = (),
        is_urgent: bool = False,
    ) -> None:
        """With a coupon of the batch that travels in the message; whoever is refused one is not
        written to, and the message says why."""
        refused = self.issue_coupons(batch, runs, travels=True) if batch else {}
        texts = [
            text
            for one in (content, *(a["content"] for a in alternatives))
            for text in one.values()
        ]
        of_a_shop = wanted(texts).roots & {"product", "booking", "order"}
        shops = self.shops_of(runs) if of_a_shop else {}
        said = {run.pk: f"coupon_{refused[run.pk]}" if run.pk in refused else "" for run in runs}
        self.queue(
            [
                replace(
                    self.intent(
                        run, channel, purpose, content, shops.get(run.pk, {}), said[run.pk]
                    ),
                    alternatives=list(alternatives),
                    is_urgent=is_urgent,
                )
                for run in runs
            ]
        )

    def shops_of(self, runs: list[Run]) -> dict[int, dict]:
        return shops_of(runs)

    def queue(self, intents: list[outbox.Intent]) -> None:
        outbox.queue(intents, now=self.now)

    def put_tag(self, tag: Tag, runs: list[Run], *, days: int | None) -> dict[int, str]:
        """Returns the reason by run where the tag cannot be put on."""

        def put(tag, ids, by):
            until = self.now + timedelta(days=days) if days else tagging.term(tag, self.now)
            tagging.put_on(tag, ids, by=by, until=until, now=self.now)

        return self.tagged(tag, runs, put)

    def take_tag(self, tag: Tag, runs: list[Run]) -> dict[int, str]:
        return self.tagged(
            tag, runs, lambda tag, ids, by: tagging.take_off(tag, ids, by=by, now=self.now)
        )

    def set_attribute(self, key: str, value, runs: list[Run]) -> None:
        stated = [
            ({key: value}, self.now, Resolved(run.origin_customer_id, run.customer_id))
            for run in runs
        ]
        values.save(Source.own(), stated)

    def put_on_list(self, segment: Segment, runs: list[Run]) -> None:
        list_rows.insert(
            segment, {run.customer_id: run.origin_customer_id for run in runs}, self.now
        )

    def take_off_list(self, segment: Segment, runs: list[Run]) -> None:
        members.take_off(segment, {run.customer_id for run in runs})

    def draw(self, runs: list[Run], shares: dict[str, int]) -> dict[int, str]:
        """By run: which of the ways its customer was drawn for at this step, now or before.
        `shares` are percent by way."""
        people = {(run.customer_id, run.origin_customer_id) for run in runs}
        arms = experiments.drawn(
            f"split:{runs[0].journey_id}:{runs[0].step}", people, shares, now=self.now
        )
        return {run.pk: arms[run.customer_id] for run in runs}

    def plan_tasks(self, runs: list[Run], *, title: str, staff, role, due_on: datetime) -> None:
        shops = shops_of(runs)
        facts = {run.pk: said(run, shops.get(run.pk, {})) for run in runs}
        tasks.plan(runs, facts, title=title, staff=staff, role=role, due_on=due_on, now=self.now)

    def reopen_tasks(self, runs: list[Run], *, to_role: list[Run], due_on: datetime) -> None:
        tasks.reopen(runs, to_role=to_role, due_on=due_on)

    def call(self, runs: list[Run], *, connection: Connection, data: str, lasts) -> None:
        shops = shops_of(runs)
        facts = {run.pk: said(run, shops.get(run.pk, {})) for run in runs}
        calls.want(runs, facts, to=connection, data=data, lasts=lasts, now=self.now)

    def reach_goals(self, found: dict[int, Happened]) -> None:
        goals.reach(found, self.now)

    def tagged(self, tag: Tag, runs: list[Run], change: Callable) -> dict[int, str]:
        """The tag as it is now: a published version remembers it as it was."""
        try:
            tag = Tag.objects.select_related("group", "segment").get(pk=tag.pk)
            change(tag, [run.customer_id for run in runs], f"journey:{runs[0].journey_id}")
        except (tagging.CannotTag, Tag.DoesNotExist) as refused:
            return {run.pk: str(refused) for run in runs}
        return {}

    def intent(
        self, run: Run, channel: str, purpose: str, content: dict, shop: dict, skip: str
    ) -> outbox.Intent:
        return outbox.Intent(
            customer_id=run.customer_id,
            origin_customer_id=run.origin_customer_id,
            effect_key=key(run),
            channel=channel,
            purpose=purpose,
            content=content,
            facts=said(run, shop),
            journey_id=run.journey_id,
            run_id=run.pk,
            step=run.step,
            assignment_id=run.facts.get("assignment"),
            coupon_id=run.facts.get("coupon_id"),
            held_out=run.is_held_out and purpose == Purpose.MARKETING,
            skip=skip,
        )
