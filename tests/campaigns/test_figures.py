"""Kept figures equal a recount: after histories with late events, repeated states, refunds, merges
and their undoing, messages, coupons."""

from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from campaigns.coupons import moves
from campaigns.models import Coupon, CouponMove, Message
from campaigns.reports.results import attributed_net_fen
from crm_project.queue.due import database_now
from customers.identity import merging
from customers.models import Customer, Merge, Workspace
from customers.segments import membership
from events.incoming_items import OrderState, RefundMade
from events.insights import activity, figures
from events.models import DayCustomers, Event, Figure, FigureChange, Order, Reach
from tests.factories import (
    a_batch,
    a_member,
    a_source,
    a_workspace,
    an_event,
    an_order,
    happened,
    member,
)
from tests.product import eventually

pytestmark = pytest.mark.django_db(transaction=True)
COUNTED = [family for family in figures.families if family.rows]
ZONE = ZoneInfo("Asia/Shanghai")


def ask(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def kept(names) -> dict:
    sums = (
        "SELECT name, at, sum(n)::bigint, sum(fen)::bigint FROM (SELECT name, at, n, fen FROM"
        " events_figure UNION ALL SELECT name, at, n, fen FROM events_figurechange) f"
    )
    rows = ask(f"{sums} WHERE name = ANY(%s) GROUP BY 1, 2", list(names))
    return {(name, at): (n, fen) for name, at, n, fen in rows if n or fen}


def recounted(family) -> dict:
    rows = ask(
        f"SELECT name, at, sum(n)::bigint, sum(fen)::bigint FROM ({family.rows}) r GROUP BY 1, 2"
    )
    return {(name, at): (n, fen) for name, at, n, fen in rows if n or fen}


def counted(now) -> None:
    """Everything so far has settled and is counted."""
    newest = ask("SELECT last_value FROM events_event_id_seq")[0][0]
    marks = "SELECT count(*) FROM events_schemamark WHERE id = 2 AND counted_id >= %s"
    eventually(lambda: [activity.look(now)] and ask(marks, newest)[0][0], seconds=300, every=0.1)
    activity.measure(ZONE, now)


def active_by_day(now) -> dict[date, int]:
    since = activity.first_day(ZONE, now)
    sql = (
        "SELECT (occurred_at AT TIME ZONE 'Asia/Shanghai')::date, count(DISTINCT customer_id) FROM"
        " events_event WHERE NOT odd AND occurred_at >= %s GROUP BY 1"
    )
    return dict(ask(sql, since))


def did(name, now) -> set[int]:
    return set(
        Event.objects.filter(
            name__name=name, out_of_range=False, occurred_at__gte=activity.first_day(ZONE, now)
        ).values_list("customer_id", flat=True)
    )


class History:
    """Things happen at random, to few enough customers that they meet."""

    def __init__(self, seed: int):
        a_workspace(attribution_days=20)
        self.dice, self.now, self.source, self.batch = (
            Random(seed),
            database_now(),
            a_source(),
            a_batch(),
        )
        self.people = [a_member(n) for n in range(1, 9)]
        self.orders: list[str] = []

    def some_time(self, days=20):
        return self.now - timedelta(seconds=self.dice.randrange(days * 86400))

    def who(self):
        return member(self.dice.randrange(1, 9))

    def step(self) -> None:
        self.dice.choice(
            [
                self.event,
                self.event,
                self.event,
                self.out_of_range,
                self.order,
                self.order,
                self.refund,
                self.merge,
                self.undo,
                self.message,
                self.message,
                self.message,
                self.coupon,
            ]
        )()

    def event(self):
        names = ["Product Viewed", "Product Added", "Order Completed", "Page Viewed"]
        events = [
            an_event(self.who(), name=self.dice.choice(names), at=self.some_time(40))
            for _n in range(self.dice.randrange(1, 4))
        ]
        happened(self.source, *events, now=self.now)

    def out_of_range(self):
        happened(
            self.source,
            an_event(self.who(), at=self.now + timedelta(days=3)),
            an_event(self.who(), at=self.now - timedelta(days=900)),
            now=self.now,
        )

    def order(self):
        if self.orders and self.dice.random() < 0.4:
            number, status = (
                self.dice.choice(self.orders),
                self.dice.choice(["shipped", "completed", "cancelled"]),
            )
        else:
            number, status = f"o{len(self.orders)}", self.dice.choice(["placed", "paid"])
            self.orders.append(number)
        at = self.some_time()
        state = OrderState(
            number,
            status,
            at,
            10000 + self.dice.randrange(9) * 100,
            discount_fen=self.dice.randrange(3) * 100,
        )
        happened(
            self.source, an_event(self.who(), name="Order Told", at=at, order=state), now=self.now
        )

    def refund(self):
        if self.orders:
            made = RefundMade(
                f"r{self.dice.random()}",
                self.dice.choice(self.orders),
                self.dice.randrange(1, 12000),
                self.some_time(),
            )
            happened(
                self.source,
                an_event(name="Order Refunded", at=self.some_time(), refund=made),
                now=self.now,
            )

    def merge(self):
        alive = list(Customer.objects.alive().order_by("pk"))
        if len(alive) > 2:
            first, second = self.dice.sample(alive, 2)
            with transaction.atomic():
                merging.merge(first.pk, second.pk, by="test", identity="", now=self.now)

    def undo(self):
        # The last one, so that nothing was joined on top of it.
        last = Merge.objects.filter(undone_at=None).order_by("-pk").first()
        if last:
            with transaction.atomic():
                merging.undo(last, by="test", now=self.now)

    def message(self):
        customer, state = (
            self.dice.choice(list(Customer.objects.alive().order_by("pk"))),
            self.dice.choice(["sent", "sent", "queued", "failed"]),
        )
        at = self.some_time()
        key = f"test:{self.dice.random()}"
        row = Message(
            customer=customer,
            origin_customer=customer,
            channel="in_app",
            purpose="marketing",
            state="queued",
            effect_key=key,
            created_at=at,
        )
        row.save()
        Message.objects.filter(pk=row.pk).update(
            state=state, sent_at=at if state == "sent" else None
        )

    def coupon(self):
        customer = self.dice.choice(list(Customer.objects.alive().order_by("pk")))
        end = self.now + timedelta(days=9)
        key = f"test:{self.dice.random()}"
        coupon = Coupon.objects.create(
            batch=self.batch,
            customer=customer,
            origin_customer=customer,
            code="X",
            code_digest=key[-20:],
            effect_key=key,
            issued_at=self.now,
            valid_from=self.now,
            expires_at=end,
        )
        moves.record([coupon], by="test", now=self.some_time())
        coupon.state, coupon.discount_fen = "redeemed", 700
        moves.record([coupon], by="test", now=self.some_time())


@pytest.mark.parametrize("seed", [1, 2])
def test_kept_figures_equal_a_recount(seed):
    history = History(seed)
    for family in COUNTED[:2]:
        figures.recount(family)
    for n in range(120):
        history.step()
        if n % 13 == 0:
            figures.keep(history.now)
        if n % 20 == 0:
            activity.look(history.now)
    assert Order.objects.exists()
    assert Merge.objects.exists()
    assert CouponMove.objects.exists()
    membership.refresh_all()  # who stands where in life is kept by the evaluator

    for family in COUNTED:
        assert kept(family.names) == recounted(family) != {}, (
            family.key
        )  # with what is not folded yet

    figures.keep(history.now)
    assert not FigureChange.objects.exclude(name="attributed").exists()
    for family in COUNTED:
        assert kept(family.names) == recounted(family), family.key

    counted(history.now)
    events = (
        "SELECT 'event', date_bin('15 minutes', occurred_at, 'epoch'), count(*), 0 FROM"
        " events_event WHERE NOT odd GROUP BY 2"
    )
    assert kept(["event"]) == {(name, at): (n, fen) for name, at, n, fen in ask(events)} != {}
    sizes = {row.day: row.size for row in DayCustomers.objects.filter(step="active")}
    assert sizes == active_by_day(history.now) != {}
    viewed, carted, ordered = (
        did(name, history.now) for name in ("Product Viewed", "Product Added", "Order Completed")
    )
    funnel = dict(Reach.objects.exclude(step="active").values_list("step", "size"))
    assert funnel == {
        "viewed": len(viewed),
        "carted": len(viewed & carted),
        "ordered": len(viewed & carted & ordered),
    }

    while figures.fold(history.now):
        pass
    since = history.now - timedelta(days=31)
    credited = Figure.objects.filter(name="attributed", at__gte=since)
    assert sum(row.fen for row in credited) == attributed_net_fen(since, history.now) > 0


def test_a_message_recorded_after_the_order_it_went_before_is_credited():
    a_workspace()
    source, now = a_source(), database_now()
    customer = a_member(1)
    an_order(customer, source=source, paid_at=now - timedelta(seconds=20))
    figures.keep(now)
    Message.objects.create(
        customer=customer,
        origin_customer=customer,
        channel="in_app",
        purpose="marketing",
        state="sent",
        effect_key="k",
        created_at=now,
        sent_at=now - timedelta(seconds=30),
    )

    figures.keep(now)

    assert [(row.n, row.fen) for row in Figure.objects.filter(name="attributed", n__gt=0)] == [
        (1, 10000)
    ]


def test_another_window_credits_anew():
    a_workspace(attribution_days=1)
    source, now = a_source(), database_now()
    customer = a_member(1)
    sent = now - timedelta(days=5)
    Message.objects.create(
        customer=customer,
        origin_customer=customer,
        channel="in_app",
        purpose="marketing",
        state="sent",
        effect_key="k",
        created_at=sent,
        sent_at=sent,
    )
    an_order(customer, source=source, paid_at=now - timedelta(days=2))

    def credited():
        figures.keep(now)
        while figures.fold(now):
            pass
        return sum(row.fen for row in Figure.objects.filter(name="attributed"))

    before = credited()
    Workspace.objects.update(attribution_days=4)

    assert (before, credited()) == (0, 10000)


def test_a_change_while_everything_is_recounted_is_counted_once():
    """The recount sees one snapshot: what commits meanwhile stays a change on top of it."""
    a_workspace()
    a_member(1)
    figures.recount(figures.Customers)
    a_member(2)
    figures.recount(figures.Customers)
    a_member(3)

    assert figures.total("customer") == Customer.objects.alive().count() == 3


def test_another_zone_has_other_days():
    a_workspace()
    source, now = a_source(), database_now()
    happened(
        source,
        an_event(member(1), at=now - timedelta(hours=1)),
        an_event(member(2), at=now - timedelta(days=3)),
        now=now,
    )
    counted(now)
    before = Figure.objects.filter(name="event").count()

    Workspace.objects.update(time_zone="America/New_York")
    eventually(lambda: activity.look(now), seconds=300, every=0.1)
    activity.measure(ZoneInfo("America/New_York"), now)

    sql = (
        "SELECT (occurred_at AT TIME ZONE 'America/New_York')::date, count(DISTINCT customer_id)"
        " FROM events_event GROUP BY 1"
    )
    assert {row.day: row.size for row in DayCustomers.objects.filter(step="active")} == dict(
        ask(sql)
    )
    assert Figure.objects.filter(name="event").count() == before
