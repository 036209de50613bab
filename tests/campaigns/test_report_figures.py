"""Kept figures of reports are what the rows say, whatever happened after them."""

from datetime import timedelta

import pytest

from campaigns.models import (
    ArmFigure,
    Assignment,
    Message,
    ReportMark,
    ReportState,
    SendingFigure,
)
from campaigns.reports.kept import deriving
from customers.identity import merging
from customers.models import Workspace
from events.insights import figures
from events.models import Order, Product
from tests.campaigns.queued import a_message
from tests.factories import (
    NOW,
    a_campaign,
    a_customer,
    a_source,
    a_workspace,
    an_order,
)

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + 10 * DAY


def assigned(subject, arm, *customers, at=NOW):
    Assignment.objects.bulk_create(
        Assignment(subject=subject, customer=c, origin_customer=c, arm=arm, at=at)
        for c in customers
    )


def sent(customer, campaign, at=NOW, **more):
    message = a_message(customer, campaign_id=campaign.pk)
    values = {"state": "sent", "sent_at": at, "due_at": None, "created_at": at, **more}
    Message.objects.filter(pk=message.pk).update(**values)
    return message


def keep(now=LATER):
    figures.keep(now)
    deriving.keep(now)


def arms(subject, goal=""):
    rows = ArmFigure.objects.filter(subject=subject, goal=goal).order_by("arm")
    return {
        row.arm: (row.people, row.converted, row.orders, row.net_fen, int(row.net_squares))
        for row in rows
    }


@pytest.fixture
def world():
    a_workspace()
    source = a_source()
    treated, held, other, of_all = (a_customer() for _n in range(4))
    campaign = a_campaign(treated)
    subject = f"campaign:{campaign.pk}"
    assigned(subject, "treated", treated, other)
    assigned(subject, "held_out", held)
    assigned(subject, "held_out_all", of_all)
    return campaign, subject, source, treated, held, other


def test_everybody_assigned_counts_with_what_they_bought_in_the_window(world):
    _campaign, subject, source, treated, held, _other = world
    an_order(treated, source=source, paid_at=NOW + HOUR)
    an_order(treated, source=source, paid_at=NOW + 2 * HOUR, paid_fen=500)
    an_order(treated, source=source, paid_at=NOW - HOUR)  # before
    an_order(treated, source=source, paid_at=NOW + 5 * DAY)  # the window is over
    an_order(held, source=source, paid_at=NOW + 5 * DAY - HOUR, paid_fen=300)
    keep()
    assert arms(subject) == {
        "treated": (2, 1, 2, 10_500, 10_500**2),
        "held_out": (1, 1, 1, 300, 300**2),
        "held_out_all": (1, 0, 0, 0, 0),
    }
    state = ReportState.objects.get(subject=subject)
    assert (state.stale_at, state.derived_at) == (None, LATER)
    assert not ReportMark.objects.exists()


def test_an_order_and_a_refund_after_the_report_change_it(world):
    campaign, subject, source, treated, *_others = world
    sent(treated, campaign)
    keep()
    an_order(treated, source=source, paid_at=NOW + HOUR, number="late")
    keep(LATER + HOUR)
    assert arms(subject)["treated"][:4] == (2, 1, 1, 10_000)
    assert SendingFigure.objects.get(state="sent").net_fen == 10_000
    Order.objects.filter(number="late").update(refunded_fen=4_000)
    keep(LATER + 400 * DAY)
    assert arms(subject)["treated"][:4] == (2, 1, 1, 6_000)
    one = SendingFigure.objects.get(state="sent")
    assert (one.net_fen, one.orders, one.day) == (6_000, 1, NOW.date())
    Order.objects.filter(number="late").update(refunded_fen=10_000)
    keep(LATER + 401 * DAY)
    assert arms(subject)["treated"][:4] == (2, 0, 0, 0)  # nothing is left of it


def test_two_places_of_one_person_are_one_and_held_out_wins(world):
    _campaign, subject, source, treated, held, _other = world
    an_order(treated, source=source, paid_at=NOW + HOUR)
    keep()
    merging.merge(treated.pk, held.pk, by="test", identity="", now=LATER)
    keep(LATER + HOUR)
    found = arms(subject)
    assert found["held_out"] == (1, 1, 1, 10_000, 10_000**2)
    assert found["treated"][0] == 1
    places = ArmFigure.objects.filter(subject=subject).values_list("places", flat=True)
    assert sum(places) == 4


def test_an_order_is_credited_to_the_last_message_before_it(world):
    campaign, _subject, source, treated, _held, other = world
    later = a_campaign(other)
    sent(treated, campaign)
    sent(treated, later, at=NOW + HOUR, opened_at=NOW + HOUR, cost=450)
    an_order(treated, source=source, paid_at=NOW + 2 * HOUR)
    keep()
    found = {row.of: row for row in SendingFigure.objects.all()}
    assert found[f"campaign:{campaign.pk}"].net_fen == 0
    one = found[f"campaign:{later.pk}"]
    assert (one.net_fen, one.opened, one.cost, one.n) == (10_000, 1, 450, 1)


def test_a_touch_may_have_to_be_a_click(world):
    campaign, _subject, source, treated, *_others = world
    message = sent(treated, campaign)
    an_order(treated, source=source, paid_at=NOW + HOUR)
    keep()
    assert SendingFigure.objects.get(state="sent").net_fen == 10_000
    Workspace.objects.update(attribution_touch="clicked")
    keep(LATER + HOUR)
    assert SendingFigure.objects.get(state="sent").net_fen == 0
    Message.objects.filter(pk=message.pk).update(clicked_at=NOW + HOUR)
    keep(LATER + DAY)
    assert SendingFigure.objects.get(state="sent").net_fen == 10_000


def test_gain_is_what_margins_leave(world):
    _campaign, subject, source, treated, held, _other = world
    Workspace.objects.update(margin_percent=40)
    order = an_order(treated, source=source, paid_at=NOW + HOUR)
    order.lines.create(product_id="tea", quantity=3, price_fen=2_000)
    order.lines.create(product_id="pot", quantity=1, price_fen=4_000)
    an_order(held, source=source, paid_at=NOW + HOUR, paid_fen=5)
    keep()
    gain = dict(ArmFigure.objects.filter(subject=subject).values_list("arm", "gain_fen"))
    assert gain == {"treated": 4_000, "held_out": 2, "held_out_all": 0}
    Product.objects.create(
        namespace=source.namespace, product_id="tea", name="tea", margin_percent=10, updated_at=NOW
    )
    ReportState.objects.update(stale_at=NOW, due_at=NOW)
    keep(LATER + HOUR)
    gain = dict(ArmFigure.objects.filter(subject=subject).values_list("arm", "gain_fen"))
    assert gain["treated"] == 10_000 * (6_000 * 10 + 4_000 * 40) // 10_000 // 100


def test_all_marketing_together_is_measured_by_the_workspaces_holdout():
    a_workspace(holdout_percent=50)
    source = a_source()
    keep()
    people = [a_customer(first_seen_at=NOW - 400 * DAY) for _n in range(12)]
    for customer in people:
        an_order(customer, source=source, paid_at=NOW)
    keep(LATER + HOUR)
    rows = ArmFigure.objects.filter(subject="workspace")
    assert sum(row.people for row in rows) == len(people)
    assert {row.arm for row in rows} <= {"treated", "held_out_all"}
    assert sum(row.net_fen for row in rows) == 10_000 * len(people)
