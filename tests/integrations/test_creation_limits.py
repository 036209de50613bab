"""A public key makes no names, properties or customers without bound; whoever is known goes on, and
nothing is lost in silence."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from customers.models import Customer
from events import names, schema
from events.models import Event, EventCursor, EventName, SeenProperty
from integrations.doors import creation_limits, replaying
from integrations.models import Quarantine
from tests.factories import a_source
from tests.integrations.foreign import a_segment, a_sensors, call, collect, events, refused
from tests.product import eventually

pytestmark = pytest.mark.django_db

AT = "2026-11-20T10:00:00+08:00"


@pytest.fixture(autouse=True)
def few(settings):
    creation_limits._full.clear()
    settings.NEW_NAMES = {"client": 5, "server": 8}
    settings.NEW_NAMES_PER_ADDRESS = 3
    settings.NEW_CUSTOMERS_PER_HOUR = {"client": 10, "server": 20}
    settings.NEW_CUSTOMERS_PER_ADDRESS = 4
    yield
    creation_limits._full.clear()


def track(event, who="a", **more):
    return {"type": "track", "event": event, "anonymousId": who, **more}


def hello(who, number=0):
    return {
        "type": "track",
        "event": "Hello",
        "distinct_id": who,
        "time": 1795600000000 + number,
        "properties": {"n": number},
    }


def looked():
    """All that is recorded was looked at, as soon as whoever has a number in this cluster has
    ended: therefore each test commits."""

    def is_done():
        schema.look()
        return EventCursor.objects.get(pk=EventCursor.Reader.SCHEMA).counted_id >= newest

    newest = Event.objects.latest("pk").pk
    assert eventually(is_done, seconds=120, every=0.05)


def made(source):
    return EventName.objects.filter(made_by=source).count()


def test_names_beyond_what_an_address_may_add_are_kept_under_one_with_the_true_name_beside():
    source, key = a_segment()

    assert call(key, "batch", batch=[track(f"made up {n}") for n in range(30)]).status_code == 200

    stored = events()
    assert len(stored) == 30
    assert made(source) == 3
    assert sorted(e.properties.get("event_name", e.name.name) for e in stored) == sorted(
        f"made up {n}" for n in range(30)
    )
    assert [e.name.name for e in stored].count(names.OTHER) == 27


def test_another_address_may_add_names_up_to_the_bound_of_the_source():
    source, key = a_segment()
    for address in ("1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"):
        http = Client(REMOTE_ADDR=address)
        body = {"batch": [track(f"{address} {n}") for n in range(3)], "writeKey": key}
        assert http.post("/v1/batch", body, content_type="application/json").status_code == 200

    assert made(source) == 5


def test_a_name_that_staff_declare_is_taken_as_it_is():
    _source, key = a_segment()
    call(key, "batch", batch=[track(f"made up {n}") for n in range(10)])
    EventName.objects.create(name="made up 9", is_declared=True)

    call(key, "batch", batch=[track("made up 9")])

    assert events()[-1].name.name == "made up 9"


def test_a_server_source_has_a_bound_too_and_none_per_address(sender):
    source = a_source()
    batch = [
        {"id": f"e{n}", "name": f"n{n}", "occurred_at": AT, "identities": {"member_id": "1"}}
        for n in range(30)
    ]

    assert sender(source).post("events", {"batch": batch}).json()["accepted"] == 30

    assert made(source) == 8


@pytest.mark.django_db(transaction=True)
def test_the_source_and_the_schema_say_so():
    source, key = a_segment()
    call(key, "batch", batch=[track(f"made up {n}") for n in range(10)])
    looked()
    staff = Client(headers={"accept-language": "en"})
    staff.force_login(User.objects.create_superuser("boss"))

    page = staff.get(f"/admin/customers/source/{source.pk}/change/").text
    other = EventName.objects.get(name=names.OTHER)

    assert "data-gathered" in page
    assert "events came under more names" in page
    assert (
        "more names than a source may add"
        in staff.get(f"/admin/events/eventname/{other.pk}/change/").text
    )


@pytest.mark.django_db(transaction=True)
def test_properties_made_up_fill_the_catalogue_of_their_source_no_further_than_its_bound(
    monkeypatch,
):
    monkeypatch.setattr(schema, "MOST_OF_SOURCE", {"client": 12, "server": 50_000})
    _source, key = a_segment()

    for round_ in range(3):
        call(
            key,
            "batch",
            batch=[
                track(f"e{n}", properties={f"p{round_}{i}": 1 for i in range(10)}) for n in range(2)
            ],
        )
        looked()

    assert SeenProperty.objects.count() == 12


def test_new_people_beyond_what_an_address_may_name_wait_in_the_quarantine_and_known_ones_go_on():
    _source, token = a_sensors()
    assert [collect(token, hello(f"visitor {n}", n)).status_code for n in range(12)] == [200] * 12

    assert Customer.objects.count() == 5  # the bound, and the one that passed it
    assert refused() == [creation_limits.CODE] * 7
    before = len(events())

    collect(token, hello("visitor 0", 100), hello("visitor 99", 101))

    assert len(events()) == before + 1
    assert refused() == [creation_limits.CODE] * 8


def test_what_was_refused_is_stored_by_a_replay():
    _source, token = a_sensors()
    for n in range(7):
        collect(token, hello(f"visitor {n}", n))
    row = Quarantine.objects.order_by("pk").first()

    assert replaying.replay(row, row.received_at) is True


def test_a_native_client_is_told_to_come_later(sender):
    shop = sender(a_source(trust="client"))

    answers = [
        shop.post(
            "events",
            {
                "id": f"e{n}",
                "name": "Hello",
                "occurred_at": AT,
                "identities": {"anonymous_id": f"v{n}"},
            },
        )
        for n in range(8)
    ]
    batch = shop.post(
        "events",
        {
            "batch": [
                {
                    "id": "x",
                    "name": "Hello",
                    "occurred_at": AT,
                    "identities": {"anonymous_id": "new"},
                }
            ]
        },
    )

    assert [one.status_code for one in answers] == [202] * 5 + [429] * 3
    assert answers[-1].json()["code"] == creation_limits.CODE
    assert int(answers[-1]["Retry-After"]) > 0
    assert [one["code"] for one in batch.json()["rejected"]] == [creation_limits.CODE]


def test_the_same_visitor_many_times_is_one_and_claims_are_no_new_people(sender):
    shop = sender(a_source(trust="client"))
    for n in range(10):
        said = {
            "id": f"e{n}",
            "name": "Hello",
            "occurred_at": AT,
            "identities": {"anonymous_id": "v", "member_id": "10086"},
        }
        assert shop.post("events", said).status_code == 202
    for n in range(10):
        claim = {
            "id": f"c{n}",
            "name": "Hello",
            "occurred_at": AT,
            "identities": {"member_id": "10086"},
        }
        assert shop.post("events", claim).status_code == 202

    assert Customer.objects.count() == 2


def test_what_a_process_remembers_of_names_is_bounded(monkeypatch):
    monkeypatch.setattr(names, "MOST_REMEMBERED", 10)
    for n in range(50):
        assert names.numbers({f"a{n}", f"b{n}"}).keys() == {f"a{n}", f"b{n}"}
        assert len(names._numbers) <= 12
        assert names.known(f"a{n}") == EventName.objects.get(name=f"a{n}").pk
    assert len(names.texts(EventName.objects.values_list("pk", flat=True))) >= 100
