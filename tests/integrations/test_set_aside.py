"""What identifies nobody is set aside with a warning: kept, sealed, as an attribute; strangers are
not joined; every way in says the same."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from crm_project.queue.due import database_now
from customers.lists import files
from customers.models import Customer, CustomerAttribute, Identity, Segment
from customers.profile import search
from tests.factories import a_source, uploaded
from tests.integrations.conftest import Sender
from tests.integrations.foreign import a_segment, a_sensors, call, collect

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    return Sender(a_source())


def an_event(number, **identities):
    return {
        "id": f"e{number}",
        "name": "Viewed",
        "occurred_at": database_now().isoformat(),
        "identities": identities,
    }


def sealed(kind):
    return [(row.value, row.sealed) for row in CustomerAttribute.objects.filter(key=kind)]


def test_a_phone_that_is_none_is_kept_sealed_as_an_attribute_and_the_sender_is_warned(server):
    first = server.post("events", an_event(1, member_id="1", phone="20240131", email="a@b"))
    second = server.post("events", an_event(2, member_id="2", phone="20240131"))

    assert (first.status_code, second.status_code) == (202, 202)
    assert [(one["code"], one["path"]) for one in first.json()["warnings"]] == [
        ("invalid_phone", "$.identities.phone"),
        ("invalid_email", "$.identities.email"),
    ]
    assert Customer.objects.count() == 2
    assert set(Identity.objects.values_list("kind", flat=True)) == {"member_id"}
    assert sealed("phone") == [(None, "20240131")] * 2
    assert sealed("email") == [(None, "a@b")]


def test_a_batch_says_which_items_are_meant(server):
    answer = server.post(
        "events",
        {"batch": [an_event(1, member_id="1"), an_event(2, member_id="2", anonymous_id="(null)")]},
    )

    assert answer.status_code == 202
    assert [
        (one["index"], one["id"], one["code"], one["path"]) for one in answer.json()["warnings"]
    ] == [(1, "e2", "invalid_identity", "$.identities.anonymous_id")]
    assert "warnings" not in server.post("events", an_event(3, member_id="1")).json()


def test_an_item_that_names_nobody_but_a_placeholder_is_refused(server):
    assert (
        server.post("events", an_event(1, member_id="{{userId}}")).json()["code"]
        == "invalid_identity"
    )
    assert (
        server.post("events", an_event(1, phone="13800138000 ext 1")).json()["code"]
        == "invalid_phone"
    )
    assert not Customer.objects.exists()


def test_two_guests_of_a_segment_client_are_two(server):
    _source, key = a_segment(trust="server")
    for visitor in ("anon-1", "anon-2"):
        answer = call(key, "track", userId="guest", anonymousId=visitor, event="Seen")
        assert [(one["code"], one["path"]) for one in answer.json()["warnings"]] == [
            ("invalid_identity", "$.userId")
        ]

    assert set(Identity.objects.values_list("kind", "value")) == {
        ("anonymous_id", "anon-1"),
        ("anonymous_id", "anon-2"),
    }
    assert Customer.objects.count() == 2


def test_a_trait_that_is_no_phone_stays_a_trait():
    _source, key = a_segment(trust="server")

    answer = call(key, "identify", userId="7", traits={"mobile": 20240131, "email": "a@b"})

    assert [one["path"] for one in answer.json()["warnings"]] == [
        "$.traits.mobile",
        "$.traits.email",
    ]
    assert sealed("mobile") == [(None, "20240131")]
    assert sealed("phone") == []


def test_a_sensors_mobile_that_is_none_is_kept():
    _source, token = a_sensors(trust="server")

    answer = collect(
        token,
        {
            "type": "track",
            "event": "Seen",
            "time": 1,
            "distinct_id": "9",
            "identities": {"$identity_login_id": "9", "$identity_mobile": "1234567"},
            "properties": {},
        },
    )

    assert [(one["code"], one["path"]) for one in answer.json()["warnings"]] == [
        ("invalid_phone", "$.identities.$identity_mobile")
    ]
    assert sealed("phone") == [(None, "1234567")]


def test_the_sources_page_tells_of_warnings(server):
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(User.objects.create_superuser("boss"))
    server.post("events", an_event(1, member_id="1", phone="20240131"))

    page = browser.get(
        reverse("admin:customers_source_arrivals", args=[server.source.pk])
    ).content.decode()

    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert (
        "stored, with a warning invalid_phone $.identities.phone No phone number of a person"
        in text
    )
    assert "refused" not in text


PHONES = [
    "13800138001",
    "+86 138-0013-8001",
    "１３８００１３８００１",
    "13800138001.0",
    "\u200b138 0013 8001",
]
EMAILS = ["wang@例子.中国", " WANG@xn--fsqu00a.xn--fiqs8s", "ｗａｎｇ＠例子。中国"]
MEMBERS = ["M-7", "Ｍ－７", "\ufeffM-7 "]


@pytest.mark.parametrize(
    ("kind", "spellings"), [("phone", PHONES), ("email", EMAILS), ("member_id", MEMBERS)]
)
def test_what_came_in_by_one_way_is_found_by_every_other(server, kind, spellings):
    boss, by_hand = (
        User.objects.create_superuser("boss"),
        Segment.objects.create(name="by hand", kind="list"),
    )
    token = server.source.issue_secrets()["read_token"]
    for n, spelled in enumerate(spellings):
        assert server.post("events", an_event(n, **{kind: spelled})).status_code == 202
    customer = Customer.objects.get()

    for spelled in spellings:
        assert [one.customer.pk for one in search.find(spelled, boss)] == [customer.pk]
        answer = server.http.get(
            "/api/v1/customers", {kind: spelled}, headers={"authorization": f"Bearer {token}"}
        )
        assert [one["public_id"] for one in answer.json()["results"]] == [str(customer.public_id)]
    job = files.begin(
        by_hand,
        uploaded("\n".join(f'"{spelled}"' for spelled in spellings), boss),
        kind=kind,
        source=server.source,
        by=boss,
        now=database_now(),
    )
    assert (job.state, job.done_rows, job.skipped) == (
        "done",
        1,
        {"as_before": len(spellings) - 1} if len(spellings) > 1 else {},
    )
