"""Every page of the admin opens, in both languages, with nothing, one and three rows; lists in a
fixed number of queries."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Workspace
from tests.admin.rows import ROWS

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
EACH = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
LANGUAGES = pytest.mark.parametrize("language", ["zh-hans", "en"])
# With one row and with three: session, user, zone, count, rows, and what filters and columns need.
QUERIES = {
    "auth.Group": 5,
    "auth.User": 7,
    "campaigns.Assignment": 6,
    "campaigns.Campaign": 6,
    "campaigns.Coupon": 6,
    "campaigns.CouponBatch": 9,
    "campaigns.Journey": 6,
    "campaigns.MarketingStop": 5,
    "campaigns.Message": 7,
    "campaigns.Price": 6,
    "campaigns.Run": 6,
    "campaigns.Suppression": 7,
    "campaigns.Template": 6,
    "crm_project.Job": 6,
    "customers.Approval": 14,  # leads on to what waits: two requests
    "customers.AttributeChange": 5,
    "customers.AuditEntry": 6,
    "customers.Connection": 6,
    "customers.Consent": 6,
    "customers.SpecialDay": 5,
    "customers.Customer": 15,
    "customers.DisplayName": 5,
    "customers.ErasureRequest": 5,
    "customers.IdentityClaim": 5,
    "customers.IdentityConflict": 5,
    "customers.ListMember": 6,
    "customers.Merge": 5,
    "customers.Namespace": 5,
    "customers.ScheduledExport": 6,
    "customers.Segment": 10,
    "customers.Source": 6,
    "customers.Store": 6,
    "customers.Tag": 9,
    "customers.TagGroup": 5,
    "customers.Workspace": 15,  # with its caps, quiet hours and quiet days
    "django_celery_beat.ClockedSchedule": 5,
    "django_celery_beat.CrontabSchedule": 5,
    "django_celery_beat.IntervalSchedule": 5,
    "django_celery_beat.PeriodicTask": 8,
    "django_celery_beat.SolarSchedule": 5,
    "events.Booking": 6,
    "events.CustomerValue": 5,
    "events.Event": 8,
    "events.EventName": 7,
    "events.LifecycleSettings": 17,
    "events.Measurement": 6,
    "events.Order": 6,
    "events.Product": 6,
    "events.Refund": 6,
    "events.SeenEvent": 6,
    "integrations.FileImport": 6,
    "integrations.Quarantine": 9,
    "integrations.QueueSource": 6,
    "integrations.ReconciledDay": 6,
    "integrations.Reconciliation": 6,
    "integrations.SmsTemplate": 6,
    "integrations.SubscribeTemplate": 8,
    "integrations.TableMapping": 6,
}


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def asked(client, address, language="zh-hans"):
    client.cookies["django_language"] = language
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, follow=True)
    assert response.status_code == 200, response.content[:500]
    return response, len(queries)


@EACH
def test_there_is_a_row_to_show_for_every_model(model):
    assert model in ROWS


@LANGUAGES
@pytest.mark.parametrize("rows", [0, 1, 3])
@EACH
def test_a_list_opens_in_a_fixed_number_of_queries(boss, model, rows, language):
    for _row in range(rows):
        ROWS[model]()

    _response, queries = asked(boss, page(model, "changelist"), language)

    if rows:
        assert queries == QUERIES[model._meta.label]


@LANGUAGES
@EACH
def test_a_row_opens(boss, model, language):
    row = ROWS[model]()

    asked(boss, page(model, "change", row.pk), language)


@LANGUAGES
@EACH
def test_the_form_for_a_new_row_opens_where_there_is_one(boss, rf, model, language):
    request = rf.get("/")
    request.user = User.objects.get(username="boss")

    if admin.site._registry[model].has_add_permission(request):
        asked(boss, page(model, "add"), language)


@LANGUAGES
@pytest.mark.parametrize(
    "name", ["index", "waiting", "campaigns_journey_absence", "password_change"]
)
def test_a_page_of_no_model_opens(boss, name, language):
    asked(boss, reverse(f"admin:{name}"), language)


def test_times_are_shown_in_the_zone_of_the_workspace(boss):
    Workspace.objects.create(time_zone="America/New_York")
    customer = ROWS[next(m for m in MODELS if m._meta.label == "customers.Customer")]()

    response, _queries = asked(boss, page(type(customer), "change", customer.pk), "en")

    assert "2026-11-23 21:00" in response.content.decode()
