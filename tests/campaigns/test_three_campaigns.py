"""Which of three campaigns lost money? Read off the first sentences of their reports."""

import pytest
from django.utils import translation

from campaigns.models import ArmFigure, Coupon, CouponMove, Message, ReportState
from campaigns.reports import finding, reading, sentences
from campaigns.reports.kept import deriving
from crm_project.queue.due import database_now
from demo.past import campaigns as past
from events.models import Order
from tests.factories import a_source, a_workspace

pytestmark = pytest.mark.django_db


def read(people: int) -> dict[str, tuple[str, str]]:
    """By campaign: how good it is, and the sentence."""
    now = database_now()
    made = past.tell(a_source(), now, people=people)
    while deriving.keep(now):
        pass
    assert not ReportState.objects.filter(stale_at__isnull=False, subject__contains="campaign")
    reports = [finding.of_campaign(one, now=now) for one in made]
    reading.load(reports)
    with translation.override("en"):
        return {
            str(one): sentences.first(report) for one, report in zip(made, reports, strict=True)
        }


def told_apart(found: dict[str, tuple[str, str]]) -> None:
    helps, nothing, loses = found.values()
    assert helps[0] == "good"
    assert "we are sure it earned" in helps[1]
    assert nothing[0] == "open"
    assert "We cannot tell" in nothing[1]
    assert loses[0] == "bad"
    assert "It lost money: about ¥" in loses[1]


@pytest.mark.parametrize("percent", [0, 5])
def test_the_demos_three_are_told_apart_by_their_first_sentences(percent):
    a_workspace(holdout_percent=percent)
    told_apart(read(past.PEOPLE))


def test_their_rows_are_those_of_campaigns_that_ran():
    a_workspace()
    found = read(200)
    assert len(found) == 3
    assert Message.objects.count() == 600
    treated = ArmFigure.objects.filter(arm="treated", goal="")
    assert (
        sum(treated.values_list("people", flat=True))
        == Message.objects.filter(state="sent").count()
    )
    redeemed = Coupon.objects.filter(state="redeemed")
    assert redeemed.count() == Order.objects.exclude(coupon_code_digest="").count() > 10
    assert set(Coupon.objects.values_list("state", flat=True)) == {"redeemed", "expired"}
    assert CouponMove.objects.count() == 2 * Coupon.objects.count()


@pytest.mark.proof
@pytest.mark.parametrize("round_", range(3))
def test_with_twenty_thousand_people_they_are_told_apart(round_):
    a_workspace(holdout_percent=5 * round_)
    told_apart(read(20_000))
