"""Reports of variants, of journeys that never end, of what a campaign is to sell."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from campaigns.models import (
    ArmFigure,
    Assignment,
    Campaign,
    CampaignSlot,
    CampaignVersion,
    Coupon,
    CouponMove,
)
from campaigns.reports import finding, reading, sentences
from campaigns.reports import variants as block
from campaigns.reports.kept import deriving
from campaigns.reports.reading import People
from customers.identity import merging
from events.models import OrderLine, Product
from tests.campaigns.test_report_figures import assigned, keep
from tests.factories import (
    NOW,
    a_batch,
    a_campaign,
    a_customer,
    a_namespace,
    a_source,
    a_template,
    a_workspace,
    an_order,
)

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHARES = {"a": 25.0, "b": 25.0, "rest": 50.0}


@pytest.fixture
def boss():
    a_workspace()
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.create_superuser("boss"))
    return client


def tried(counted=None, *, winner="", holdout_percent=20, metric="bought", **more) -> Campaign:
    """A campaign of two variants that was decided two days ago, as its rows say."""
    other = a_template(content={"title": "B", "body": "b"})
    campaign = a_campaign(
        variants=2, b_template=other, test_percent=50, holdout_percent=holdout_percent, **more
    )
    values = {"status": "done", "purpose": "marketing", "channel": "in_app", "launched_at": NOW}
    Campaign.objects.filter(pk=campaign.pk).update(**values)
    one = {"channel": "in_app", "content": {}, "alternatives": [], "coupon": None, "hours": 0}
    definition = {
        "variants": [{"key": key, "share": 50, **one} for key in "ab"],
        "test": {"percent": 50, "metric": metric, "decide_hours": 24, "to_rest": "winner"},
    }
    version = CampaignVersion.objects.create(
        campaign=campaign, number=1, definition=definition, made_at=NOW
    )
    CampaignSlot.objects.create(
        campaign=campaign,
        version=version,
        at=NOW,
        subject=f"campaign:{campaign.pk}:1",
        state="done",
        began_at=NOW,
        decide_at=NOW + DAY,
        counted=counted,
        winner=winner,
        winner_at=NOW + DAY if winner else None,
    )
    campaign.refresh_from_db()
    return campaign


def figure(campaign, arm, people, bought, each=9_000, *, month="2026-11-01", **more):
    of = f"campaign:{campaign.pk}"
    money = {"net_fen": bought * each, "net_squares": bought * each * each}
    money |= {"gain_fen": bought * each, "gain_squares": bought * each * each}
    counted = {"places": people, "people": people, "converted": bought, "orders": bought}
    defaults = {"of": of, "subject": f"{of}:1", "month": month, "last_at": NOW, "discount_fen": 0}
    ArmFigure.objects.create(arm=arm, **{**defaults, **money, **counted, **more})


def page(client, campaign) -> str:
    return client.get(f"/reports/campaign/{campaign.pk}/").content.decode()


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        (None, "The variants are compared on"),
        (
            {"a": [2000, 200], "b": [2000, 300]},
            "B is the best: 15.0% of its people bought, against 10.0% with A.",
        ),
        ({"a": [2000, 200], "b": [2000, 205]}, "that could not be chance"),
        ({"a": [2000, 200], "b": [2000, 200]}, "take the one you like"),
        ({"a": [200, 20], "b": [200, 40]}, "that would take about"),
        ({"a": [200, 20], "b": [200, 20]}, "fewer than 100 people did what counts"),
    ],
)
def test_first_a_sentence_without_statistics(boss, counted, words):
    text = page(boss, tried(counted))
    assert words in text
    if counted is None:
        assert "is the best" not in text


def test_a_line_for_each_variant_with_its_interval_and_its_own_profit(boss):
    campaign = tried({"a": [2000, 400], "b": [2000, 600]}, winner="b")
    figure(campaign, "a", 2000, 400)
    figure(campaign, "b", 2000, 600, given_fen=100_000)
    figure(campaign, "held_out", 2000, 400)
    figure(campaign, "rest", 4000, 1200)
    report = finding.of_campaign(
        finding.with_versions(Campaign.objects.all()).get(pk=campaign.pk), now=NOW + 30 * DAY
    )
    reading.load([report])
    with translation.override("en"):
        first, other = block.block(report)["rows"]
    assert (first["did"], first["share"], first["between"]) == ("400", "20.0%", "18.3% – 21.8%")
    assert first["profit"][0] == "¥0"
    assert other["profit"][0] == "¥17,000"  # 200 more of ¥90, less what was given
    text = page(boss, campaign)
    assert "The rest got B from" in text
    assert "got the winner afterwards" in text
    assert report.split.p is not None
    assert not report.split.is_red
    file = boss.get(f"/reports/campaign/{campaign.pk}/?as=csv").content.decode()
    assert "18.3% – 21.8%" in file


def test_the_rest_is_in_no_comparison_and_its_costs_neither():
    a_workspace()
    campaign = tried({"a": [10, 1], "b": [10, 1]})
    figure(campaign, "a", 500, 200)
    figure(campaign, "b", 500, 200)
    figure(campaign, "held_out", 500, 150)
    figure(campaign, "rest", 1000, 900, given_fen=10**9)
    report = finding.of_campaign(campaign, now=NOW + 30 * DAY)
    reading.load([report])
    assert report.treated.people == 1000
    assert report.profit.value == report.gain.value == pytest.approx(100 * 9_000)
    assert report.targeted == 2500


def test_variants_of_other_sizes_than_planned_are_not_compared(boss):
    campaign = tried({"a": [2000, 400], "b": [2500, 900]})
    figure(campaign, "a", 2000, 400)
    figure(campaign, "b", 2500, 900)
    figure(campaign, "held_out", 2250, 400)
    text = page(boss, campaign)
    assert "not as large as was planned: they cannot be compared" in text
    assert "is the best" not in text


def test_the_days_of_a_later_variant_count_longer():
    a_workspace()
    campaign = tried(b_hours=48)
    assert finding.of_campaign(campaign, now=NOW).window == timedelta(days=7)
    assert deriving.window_of(f"campaign:{campaign.pk}:1") == timedelta(days=7)


# -- what never ends


def of_months(*rows, now):
    """A journey's report of (arm, month, people, bought, last one assigned)."""
    report = reading.Report(
        "journey:1",
        percent=50,
        now=now,
        window=5 * DAY,
        is_open=False,
        is_continuous=True,
    )
    for arm, month, people, bought, last in rows:
        sums = bought * 9_000, bought * 9_000**2
        one = People(people, people, bought, bought, *sums, *sums, 0, 0, last)
        report.arms["journey:1", "", arm, month.date()] = one
    return report


SEPTEMBER, OCTOBER, NOVEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (9, 10, 11))
EVER = [
    ("treated", OCTOBER, 2000, 900, OCTOBER + 30 * DAY),
    ("held_out", OCTOBER, 2000, 600, OCTOBER + 30 * DAY),
    ("treated", NOVEMBER, 1000, 0, NOVEMBER + 20 * DAY),
    ("held_out", NOVEMBER, 1000, 0, NOVEMBER + 20 * DAY),
]


def test_a_journey_that_always_takes_people_is_judged_by_closed_months():
    report = of_months(*EVER, now=NOVEMBER + 21 * DAY)
    assert report.until == OCTOBER.date()
    assert (report.treated.people, report.later) == (2000, 2000)
    assert report.said.verdict == "earned"
    with translation.override("en"):
        mood, words = sentences.first(report)
    assert mood == "good"
    assert words.startswith("Of those who came until 2026-10-31: It cost nothing")


def test_a_month_is_closed_once_the_days_of_its_last_people_are_over():
    assert of_months(*EVER, now=NOVEMBER + 5 * DAY - HOUR).until is None
    assert of_months(*EVER, now=NOVEMBER + 5 * DAY - HOUR).said.verdict == "too_early"
    assert of_months(*EVER, now=NOVEMBER + 5 * DAY).until == OCTOBER.date()


def test_where_nobody_comes_any_more_all_are_compared():
    report = of_months(*EVER, now=NOVEMBER + 60 * DAY)
    assert report.until is None
    assert report.treated.people == 3000


def test_what_was_sent_to_those_who_came_later_costs_the_others_nothing():
    report = of_months(*EVER, now=NOVEMBER + 21 * DAY)
    for month, cost in ((OCTOBER, 700), (NOVEMBER, 90_000)):
        sums = reading.Counter(n=1, cost=cost)
        report.sent.append(
            reading.Sending(arm="treated", state="sent", month=month.date(), sums=sums)
        )
    assert report.sending_fen == 7


# -- what a campaign is to sell


def lines(order, *bought):
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product_id=key, category=category, quantity=1, price_fen=fen)
        for key, category, fen in bought
    )


def item(subject):
    rows = ArmFigure.objects.filter(subject=subject, goal="item")
    return {row.arm: (row.people, row.converted, row.orders, row.net_fen) for row in rows}


@pytest.mark.parametrize("by", ["product", "category"])
def test_of_an_order_the_part_that_was_paid_for_it_counts(by):
    a_workspace()
    source = a_source()
    tea = Product.objects.create(
        namespace=source.namespace, product_id="tea", name="Tea", category="Teas", updated_at=NOW
    )
    sells = {"goal_product": tea} if by == "product" else {"goal_category": "Teas"}
    campaign = a_campaign(holdout_percent=50, **sells)
    subject = f"campaign:{campaign.pk}:1"
    treated, other, held = (a_customer() for _n in range(3))
    assigned(subject, "treated", treated, other)
    assigned(subject, "held_out", held)
    # ¥100 and ¥200 less ¥10 for all: of ¥290 a third, by largest remainder
    mixed = an_order(treated, source=source, paid_at=NOW + HOUR, paid_fen=29_000, number="1")
    lines(mixed, ("tea", "", 10_000), ("pot", "Pots", 20_000))
    only_pot = an_order(other, source=source, paid_at=NOW + HOUR, paid_fen=5_000, number="2")
    lines(only_pot, ("pot", "Pots", 5_000))
    late = an_order(held, source=source, paid_at=NOW + 9 * DAY, paid_fen=5_000, number="3")
    lines(late, ("tea", "", 5_000))
    keep()
    assert item(subject) == {"treated": (2, 1, 1, 9_667), "held_out": (1, 0, 0, 0)}


def test_two_shops_number_their_products_alike():
    a_workspace()
    source, elsewhere = a_source(), a_source(namespace=a_namespace("other"))
    tea = Product.objects.create(
        namespace=source.namespace, product_id="1", name="Tea", updated_at=NOW
    )
    campaign = a_campaign(goal_product=tea)
    subject = f"campaign:{campaign.pk}:1"
    one = a_customer()
    assigned(subject, "treated", one)
    lines(an_order(one, source=elsewhere, paid_at=NOW + HOUR, paid_fen=500), ("1", "", 500))
    keep()
    assert item(subject) == {"treated": (1, 0, 0, 0)}


def test_its_page_tells_of_it_apart(boss):
    campaign = a_campaign(goal_category="Teas", holdout_percent=50)
    figure(campaign, "treated", 1000, 200, goal="item")
    figure(campaign, "held_out", 1000, 100, goal="item")
    text = page(boss, campaign)
    assert "Of “Teas” itself" in text
    assert "¥9,000" in text  # 100 more of ¥90
    assert "Of “" not in page(boss, a_campaign())


# -- what was given for nothing stands where it was given


def test_an_exchange_costs_the_arm_whose_coupon_it_was():
    a_workspace()
    source, batch = a_source(), a_batch(kind="exchange", amount_off_fen=None, given_cost_fen=700)
    campaign = a_campaign(coupon_batch=batch)
    subject = f"campaign:{campaign.pk}:1"
    first, other = a_customer(), a_customer()
    assigned(subject, "a", first)
    assigned(subject, "b", other)
    coupon = Coupon.objects.create(
        batch=batch,
        customer=first,
        origin_customer=first,
        code="x",
        code_digest="x",
        effect_key="x",
        issued_by=f"campaign:{campaign.pk}",
        issued_at=NOW,
        valid_from=NOW,
        expires_at=NOW + 30 * DAY,
    )
    keep()
    an_order(first, source=source, paid_at=NOW + HOUR, number="1")
    Coupon.objects.update(state="redeemed", order_number="1", redeemed_at=NOW + HOUR)
    CouponMove.objects.create(coupon=coupon, state="redeemed", order_number="1", at=NOW + HOUR)
    keep(NOW + 20 * DAY)
    rows = dict(ArmFigure.objects.filter(subject=subject).values_list("arm", "given_fen"))
    assert rows == {"a": 700, "b": 0}


def test_a_merge_of_two_variants_counts_once():
    a_workspace()
    campaign = a_campaign()
    subject = f"campaign:{campaign.pk}:1"
    first, other = a_customer(), a_customer()
    assigned(subject, "a", first)
    assigned(subject, "b", other, at=NOW + HOUR)
    merging.merge(first.pk, other.pk, by="test", identity="", now=NOW + DAY)
    keep()
    rows = dict(ArmFigure.objects.filter(subject=subject).values_list("arm", "people"))
    assert rows == {"a": 1}
    assert Assignment.objects.count() == 2
