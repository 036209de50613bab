"""What staff read is words: no stored keys, one way of writing days, singular and plural, names
instead of numbers."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import formats, translation

from campaigns.models import Suppression
from crm_project.queue.due import database_now
from customers.models import AuditEntry
from events.models import Product
from tests.admin.rows import a_campaign, a_journey, a_message, a_run, an_event_row, owned
from tests.factories import a_customer, a_segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def text_of(response) -> str:
    """What is read: without tags, and without what only scripts and forms use."""
    assert response.status_code == 200
    page = re.sub(
        r"<(script|style|template)\b.*?</\1>", "", response.content.decode(), flags=re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def the_list(client, name, **query) -> str:
    return text_of(client.get(reverse(f"admin:{name}_changelist"), query))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_days_are_written_one_way(language):
    moment = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    kinds = (
        "DATE_FORMAT",
        "SHORT_DATE_FORMAT",
        "DATETIME_FORMAT",
        "SHORT_DATETIME_FORMAT",
        "TIME_FORMAT",
    )
    with translation.override(language):
        assert {formats.date_format(moment, kind) for kind in kinds} == {
            "2026-11-30",
            "2026-11-30 08:00",
            "08:00",
        }


def test_channels_and_reasons_are_called_by_their_words(boss):
    message = a_message()
    Suppression.objects.create(
        **owned(message.customer), channel="in_app", reason="suppressed", at=database_now()
    )
    pages = [
        the_list(boss, "campaigns_message"),
        the_list(boss, "campaigns_suppression"),
        the_list(boss, "campaigns_template"),
    ]
    pages.append(text_of(boss.get(reverse("admin:campaigns_message_change", args=[message.pk]))))

    for page in pages:
        assert "in_app" not in page
    assert "in the mini-program" in pages[0].lower()
    assert "wants nothing on this channel" in pages[1]


def test_what_the_audit_log_is_about_is_named_and_nobody_by_name(boss):
    customer, journey = a_customer(name="Li Lei"), a_journey()
    pageless = ContentType.objects.first()  # a row that no page shows
    for subject in (
        f"customer:{customer.pk}",
        f"journey:{journey.pk}",
        "journey:999999",
        "backup:x",
        f"contenttype:{pageless.pk}",
    ):
        AuditEntry.objects.create(act="test", subject=subject, details={})

    page = the_list(boss, "customers_auditentry")

    assert f"Customer #{customer.pk}" in page
    assert f"Journey {journey.name}" in page
    assert f"customer:{customer.pk}" not in page
    assert "Li Lei" not in page
    assert "journey:999999" in page
    assert str(pageless) in page
    assert "backup:x" in page


def test_a_run_tells_where_somebody_stands_and_keeps_its_keys_for_developers(boss):
    run = a_run()
    run.facts = {"keys": ["p102"], "event": {}}
    run.save()
    page = text_of(boss.get(reverse("admin:campaigns_run_change", args=[run.pk])))

    first, _heading, rest = page.partition("For developers")
    assert "Entry key" not in first
    assert "{" not in first
    assert "Entry key" in rest
    assert "p102" in first


def test_products_are_called_by_their_names(boss):
    event = an_event_row()
    Product.objects.create(
        namespace=event.source.namespace,
        product_id="p102",
        name="Green tea",
        updated_at=database_now(),
    )
    event.keys = ["p102", "p999"]
    event.save()

    page = the_list(boss, "events_event")

    assert "Green tea, p999" in page
    assert "p102" not in page


def test_one_is_not_several(boss):
    segment = a_segment(a_customer(), size=1, evaluated_at=database_now(), evaluated_version=1)
    campaign = a_campaign()
    type(campaign).objects.update(segment=segment)

    pages = [text_of(boss.get(reverse(f"admin:{name}_change", args=[pk]))) for name, pk in (
        ("customers_segment", segment.pk), ("campaigns_campaign", campaign.pk))]  # fmt: skip

    assert "1 customer " in pages[0]
    for page in pages:
        assert "1 customers" not in page
        assert "Draft draft" not in page


def test_lists_say_nothing_twice(boss):
    a_segment(size=3, evaluated_at=database_now())
    page = the_list(boss, "customers_segment")
    assert "By " not in page
    assert not re.search(r"right as of\W+right as of", page, re.IGNORECASE)

    empty = the_list(boss, "customers_segment", q="no such name")
    assert "yielded" not in empty
    assert "Nothing fits what you look for." in empty
    assert "There is nothing here yet." in the_list(boss, "customers_customer")


def test_two_ways_to_begin_a_journey_have_two_names(boss):
    page = the_list(boss, "campaigns_journey")
    assert "New journey" not in page
    assert "New: did A, then no B" in page
    assert "New: by a segment" in page
