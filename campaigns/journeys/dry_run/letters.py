"""What would have become of the messages: judged by the rules of sending as they stand, over the
facts of that time, with the words filled in."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable
from copy import copy
from datetime import datetime

from pyroaring import BitMap

from campaigns.delivery import content, dispatch, fields, policy, preview, rendering
from campaigns.delivery.channels import channels
from campaigns.journeys.dry_run.facts import FactsOfThen, Known, Sent, Stops
from campaigns.journeys.dry_run.imagined import BATCH, Imagined
from campaigns.journeys.dry_run.tally import CHANNEL, COST, MESSAGE, UNPRICED, Tally
from campaigns.models import Message, Run

State = Message.State
KNOWN_ONCE = frozenset({"customer", "product", "coupon"})
Watch = Callable[[datetime, str, object], None]


class Letters:
    def __init__(
        self, known: Known, effects: Imagined, *, held: BitMap, stops: Stops, tally: Tally
    ):
        self.known, self.effects, self.held = known, effects, held
        self.stops, self.tally = stops, tally
        self.runs: dict[int, Run] = {}
        self.read: dict[Hashable, dict] = {}
        self.watch: Watch | None = None  # is told of each verdict

    def deliver(self, messages: Collection[Message], now: datetime) -> list[Message]:
        """Those that may go have left; returned are those that wait, until their `due_at`."""
        lanes = defaultdict(list)
        for m in messages:
            lanes[m.channel].append(m)
        for channel, those in lanes.items():
            self.of_channel(channel, those, now)
        for m in messages:
            if m.state in (State.SKIPPED, State.FAILED):
                self.ended(m)
            if self.watch:
                self.watch(now, "message", copy(m))
        return [m for m in messages if m.state == State.QUEUED]

    def of_channel(self, key: str, messages: list[Message], now: datetime) -> None:
        channel = channels[key]()
        facts = FactsOfThen(channel, now, self.known, self.stops, self.held)
        context = policy.PolicyContext(channel, self.known.workspace, now, facts)
        judged = policy.foreseen(messages, context, self.filled)
        verdicts = {m.pk: one for m, one in zip(messages, judged, strict=True) if one}
        stopped = [m for m in messages if m.pk in verdicts]
        dispatch.settle(stopped, {m.customer_id for m in stopped}, verdicts, context)
        for m in messages:
            if m.pk not in verdicts and m.state == State.QUEUED:
                self.leave(m, context)

    def filled(self, messages: list[Message], context: policy.PolicyContext) -> list[Message]:
        """As rendering.rendered, with coupons that nobody has been given."""
        wanted = content.wanted(text for m in messages for text in m.content.values())
        others = content.WantedFields(wanted.roots - KNOWN_ONCE, wanted.attributes)
        contexts = fields.contexts(
            messages, wanted=others, workspace=context.workspace, now=context.now
        )
        for m in messages:
            contexts[m.pk] |= {
                name: self.said(name, m, wanted) for name in wanted.roots & KNOWN_ONCE
            }
        return [
            m
            for m in messages
            if rendering.has_fields(m, contexts[m.pk], context.channel)
            and rendering.fill(m, contexts[m.pk], is_markup=context.channel.is_markup)
        ]

    def said(self, name: str, message: Message, wanted: content.WantedFields) -> dict:
        """What a text says of the customer, the product, the coupon: as it is today, so it is read
        once."""
        if name == "customer":
            everybody = self.once(
                ("customer", wanted.attributes),
                lambda: fields.of_customers(self.known.customers, wanted.attributes),
            )
            return everybody.get(message.customer_id, {})
        if name == "product":
            facts = message.facts
            key = fields.product_id(facts), facts.get("namespace"), repr(facts.get("product"))
            return self.once(key, lambda: fields.of_products([message])[message.pk])
        return self.coupon(message)

    def coupon(self, message: Message) -> dict:
        """As it would look, with a code of its own."""
        run = self.runs.get(message.run_id or 0)
        batch = run and self.effects.batches.rows.get(run.facts.get(BATCH, 0))
        if not batch:
            return {}
        shown = self.once(batch.pk, lambda: preview.coupon(batch, self.known.workspace))
        return shown | {"code": f"{shown['code'][:6]}{message.pk}"}

    def once(self, key: Hashable, read: Callable[[], dict]) -> dict:
        if key not in self.read:
            self.read[key] = read()
        return self.read[key]

    def leave(self, message: Message, context: policy.PolicyContext) -> None:
        dispatch.fence_and_charge(message, context)
        self.effects.has_left(message)
        sent = Sent(context.now, message.channel, message.purpose, message.content_digest)
        self.known.sent[message.customer_id].append(sent)
        self.count(message, "sent", "")
        if message.cost is not None:
            self.tally.add(COST, message.channel, n=message.cost)
        elif not context.channel.is_pull:
            self.tally.add(UNPRICED, message.channel)

    def ended(self, message: Message) -> None:
        self.effects.was_stopped(message)
        self.count(message, message.state, message.reason)

    def count(self, message: Message, state: str, reason: str) -> None:
        self.tally.add(MESSAGE, message.step, state, reason)
        self.tally.add(CHANNEL, message.channel, state, reason)
