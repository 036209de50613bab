"""Pages of reports: a sentence first, figures that are the kept ones, none of a few people."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import ArmFigure, Campaign, ReportState, SendingFigure
from campaigns.reports import finding, reading
from crm_project.queue.due import database_now
from tests.factories import a_campaign, a_workspace

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MONTH = "2026-11-01"


@pytest.fixture
def shown(admin_client):
    a_workspace()
    admin_client.cookies["django_language"] = "en"
    return admin_client


def measured(*, treated, held_out, days_ago=30, cost=0, name="Autumn tea", **more):
    """A campaign whose arms are (people, who bought, fen each of them left); half was held out."""
    at = database_now() - days_ago * DAY
    campaign = a_campaign(name=name, holdout_percent=50)
    values = {"status": "done", "launched_at": at, "purpose": "marketing", "channel": "in_app"}
    Campaign.objects.filter(pk=campaign.pk).update(**values | more)
    of = f"campaign:{campaign.pk}"
    for arm, (people, bought, each) in {"treated": treated, "held_out": held_out}.items():
        money = {"net_fen": bought * each, "net_squares": bought * each * each}
        gain = {"gain_fen": bought * each, "gain_squares": bought * each * each}
        counted = {"places": people, "people": people, "converted": bought, "orders": bought}
        ArmFigure.objects.create(
            of=of,
            subject=of,
            month=MONTH,
            arm=arm,
            discount_fen=0,
            **{"last_at": at, **money, **gain, **counted},
        )
    for state, n in (("sent", treated[0]), ("skipped", held_out[0])):
        SendingFigure.objects.create(
            of=of,
            month=MONTH,
            day=MONTH,
            channel="in_app",
            arm="treated",
            **dict.fromkeys(("delivered", "opened", "clicked", "unsubscribed"), 0),
            **dict.fromkeys(("machine_opened", "machine_clicked", "orders"), 0),
            state=state,
            reason="holdout" if state == "skipped" else "",
            n=n,
            net_fen=0,
            gain_fen=0,
            cost=cost if state == "sent" else 0,
        )
    ReportState.objects.create(subject=of, month=MONTH, derived_at=at)
    return campaign


def page(client, campaign, query=""):
    return client.get(f"/reports/campaign/{campaign.pk}/{query}")


@pytest.mark.parametrize(
    ("figures", "verdict", "words"),
    [
        (
            {"treated": (5000, 900, 9000), "held_out": (5000, 600, 9000), "cost": 40_000_000},
            "earned",
            "For every 100 yuan it cost it brought 675; we are sure it earned.",
        ),
        (
            {"treated": (5000, 900, 9000), "held_out": (5000, 600, 9000)},
            "earned",
            "It cost nothing to send and brought about ¥27,000 more",
        ),
        (
            {"treated": (5000, 600, 9000), "held_out": (5000, 600, 9000), "cost": 900_000_000},
            "lost",
            "It lost money: about ¥90,000.",
        ),
        (
            {"treated": (5000, 620, 9000), "held_out": (5000, 600, 9000)},
            "unsure",
            "We cannot tell yet: it would take about",
        ),
        (
            {"treated": (500, 90, 9000), "held_out": (500, 40, 9000)},
            "too_few",
            "We cannot tell yet: it would take about 2,500 people.",
        ),
        (
            {"treated": (500, 90, 9000), "held_out": (500, 40, 9000), "days_ago": 1},
            "too_early",
            "It is too early to say: orders count until",
        ),
        (
            {"treated": (5000, 900, 9000), "held_out": (4000, 600, 9000)},
            "broken",
            "The two groups are not as large as was planned",
        ),
        (
            {"treated": (500, 90, 9000), "held_out": (0, 0, 0)},
            "no_holdout",
            "cannot be known, since nobody was held out",
        ),
    ],
)
def test_first_a_sentence_that_needs_no_statistics(shown, figures, verdict, words):
    campaign = measured(**figures)
    text = page(shown, campaign).content.decode()
    assert f'data-verdict="{verdict}"' in text
    assert words in text


def test_accounts_add_up_and_the_rest_is_queued(shown):
    campaign = measured(treated=(500, 90, 9000), held_out=(500, 40, 9000))
    of = f"campaign:{campaign.pk}"
    SendingFigure.objects.filter(of=of, state="sent").update(n=480)
    rows = list(
        csv.reader(io.StringIO(page(shown, campaign, "?as=csv").content.decode("utf-8-sig")))
    )
    found = {row[0]: row[1] for row in rows if len(row) == 2}
    assert (found["targeted"], found["queued"], found["sent"], found["skipped"]) == (
        "1,000",
        "20",
        "480",
        "500",
    )


def test_files_open_in_a_spreadsheet_and_calculate_nothing(shown):
    measured(treated=(500, 90, 9000), held_out=(500, 40, 9000), name="=1+1")
    text = shown.get("/reports/?as=csv").content.decode("utf-8-sig")
    assert '"\'=1+1"' in text
    book = openpyxl.load_workbook(io.BytesIO(shown.get("/reports/?as=xlsx").content))
    assert any(row[0] == "=1+1" for row in book.active.iter_rows(values_only=True))


def test_pages_ask_few_questions_however_many_there_are(shown):
    def asked(path):
        with CaptureQueriesContext(connection) as found:
            assert shown.get(path).status_code == 200
        return len(found)

    campaign = measured(treated=(500, 90, 9000), held_out=(500, 40, 9000))
    for n in range(25):
        measured(treated=(500, 90, 9000), held_out=(500, 40, 9000), name=f"another {n}")
    assert asked(f"/reports/campaign/{campaign.pk}/") <= 20
    assert asked("/reports/") <= 20


def test_few_people_are_nobodys_figure(client):
    a_workspace()
    user = User.objects.create_user("analyst", is_staff=True)
    codes = ("view_order", "view_campaign")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    campaign = measured(treated=(50, 3, 9000), held_out=(50, 2, 123_456))
    text = page(client, campaign).content.decode()
    assert "fewer than 5" in text
    assert "2,469" not in text
    assert "1,234" not in text
    many = measured(treated=(500, 90, 9000), held_out=(500, 40, 9000), name="many")
    assert "¥8,100" in page(client, many).content.decode()


def test_whoever_may_not_see_orders_or_campaigns_gets_no_report(client):
    a_workspace()
    campaign = measured(treated=(500, 90, 9000), held_out=(500, 40, 9000))
    user = User.objects.create_user("someone", is_staff=True)
    client.force_login(user)
    assert page(client, campaign).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client.force_login(User.objects.get(pk=user.pk))
    assert page(client, campaign).status_code == 404
    assert client.get("/reports/nonsense/1/").status_code == 404
    assert "Autumn tea" not in client.get("/reports/").content.decode()


def test_a_report_without_figures_says_so(shown):
    campaign = a_campaign()
    text = page(shown, campaign).content.decode()
    assert "Nobody has been in it yet." in text
    one = finding.of_campaign(campaign, now=database_now())
    reading.load([one])
    assert (one.profit, one.conversion, one.is_over) == (None, None, False)
