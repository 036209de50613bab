"""The made-up school and clinic: pasts that the doors understand and that hang together, and visits
as they happen."""

import asyncio
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from customers.models import Namespace, Source
from demo.simulator.client import Doors, Keys
from demo.simulator.clinic.living import Clinic
from demo.simulator.clinic.people import Patient
from demo.simulator.guests import Guest
from demo.simulator.memory import Memory
from demo.simulator.opening import open_up
from demo.simulator.past import Past
from demo.simulator.people import chance, crowd
from demo.simulator.school.living import School
from demo.simulator.school.people import Family
from demo.simulator.shop import Shop
from events import ingest
from events.incoming_items import Incoming, Named
from events.insights import cycle, lifecycle
from events.models import LifecycleSettings
from integrations.doors.formats import Rejected
from integrations.native.format import NativeFormat
from tests.stories import look

OPENED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = Keys("src_back_end", "whsec_" + "c2VjcmV0" * 5, "hrt_token", "src_mini_program")
BUSINESSES = [School, Clinic]
EACH = pytest.mark.parametrize("kind", BUSINESSES, ids=lambda kind: kind.premises.key)


def a_business(kind, doors=None, memory=None):
    return kind("test", doors, memory, chance("test"), 1.0, print)


@pytest.fixture(scope="module")
def pasts():
    return {kind: a_business(kind).past(OPENED_AT) for kind in BUSINESSES}


def bookings_of(past: Past) -> dict[str, list]:
    """Every state of each booking, planned ones too, in the order in which they are told."""
    found = defaultdict(list)
    for at, door, item in sorted(past.told, key=lambda told: told.at):
        if door == "/bookings":
            found[item["number"]].append((at, item))
    return found


def starts(item) -> datetime:
    return datetime.fromisoformat(item["starts_at"])


@EACH
def test_the_same_seed_makes_the_same_past_and_the_same_plans(pasts, kind):
    again = a_business(kind).past(OPENED_AT)

    assert (list(again.batches()), again.agenda()) == (
        list(pasts[kind].batches()),
        pasts[kind].agenda(),
    )


@EACH
def test_the_doors_understand_all_of_it(pasts, kind):
    back_end, mini_program = Source(trust=Source.Trust.SERVER), Source(trust=Source.Trust.CLIENT)
    catalogue = [product.listed("2026-11-23T12:00:00Z") for product in kind.products]
    requests = [
        ("/products", catalogue),
        *pasts[kind].batches(),
        *((door, [item]) for _at, door, item in pasts[kind].agenda()),
    ]

    for door, items in requests:
        body = json.dumps({"batch": items}, ensure_ascii=False).encode()
        sender = mini_program if door == "/events" else back_end
        # Plans are told when their time has come; fifteen days on all of them have.
        parsed = NativeFormat.served[f"api/v1{door}"].parse(
            body, sender, OPENED_AT + timedelta(days=15)
        )
        assert len(body) < 500_000
        assert [item for item in parsed.items if isinstance(item, Rejected)] == []


@EACH
def test_what_must_be_unique_is_unique_and_no_phone_is_in_two_businesses(pasts, kind):
    told = pasts[kind].told
    for door, key in [
        ("/measurements", lambda i: i["id"]),
        ("/events", lambda i: i["id"]),
        ("/customers", lambda i: i["id"]),
    ]:
        keys = [key(one.item) for one in told if one.door == door]
        assert keys
        assert len(set(keys)) == len(keys)
    phones = [
        person.identities["phone"]
        for person in [*a_business(School).members, *a_business(Clinic).members, *crowd("test")]
    ]
    assert len(set(phones)) == len(phones) == 700


@EACH
def test_a_booking_lives_a_possible_life(pasts, kind):
    came = {
        item["identities"]["member_id"]: datetime.fromisoformat(item["occurred_at"])
        for item in pasts[kind].of("/customers")
    }
    ends = Counter()
    for states in bookings_of(pasts[kind]).values():
        (first_at, first), (last_at, last) = states[0], states[-1]
        names = [item["status"] for _at, item in states]
        ends[names[-1]] += 1
        assert names in (
            ["booked", "confirmed", "attended"],
            ["booked", "confirmed", "no_show"],
            ["booked", "cancelled"],
            ["booked", "rescheduled", "attended"],
        )
        assert first_at >= came[first["identities"]["member_id"]]
        assert all(at < starts(item) for at, item in states[:-1])
        assert (last_at < starts(last)) == (names[-1] == "cancelled")
        assert (starts(first) != starts(last)) == ("rescheduled" in names)
    assert set(ends) == {"attended", "no_show", "cancelled"}
    assert ends["attended"] > ends["no_show"] > ends["cancelled"]


@EACH
def test_at_the_opening_some_are_expected(pasts, kind):
    expected = [
        states
        for states in bookings_of(pasts[kind]).values()
        if states[0][0] < OPENED_AT < starts(states[0][1])
    ]

    assert len(expected) > 10
    assert {item["status"] for _at, door, item in pasts[kind].agenda() if door == "/bookings"} >= {
        "confirmed",
        "attended",
        "no_show",
    }


def test_families_who_drift_away_were_absent_at_least_twice_of_late_and_others_mostly_not(pasts):
    absent = Counter()
    for states in bookings_of(pasts[School]).values():
        at, item = states[-1]
        if item["status"] == "no_show" and OPENED_AT - timedelta(weeks=3) < at < OPENED_AT:
            absent[int(item["identities"]["member_id"]) - 10001] += 1
    enrolled: list[Family] = [family for family in a_business(School).members if family.enrols]
    drifting = [family for family in enrolled if family.drifts_away]

    assert len(drifting) > 10
    assert sum(absent[family.index] >= 2 for family in drifting) >= 0.8 * len(drifting)
    others = [family for family in enrolled if not family.drifts_away]
    assert sum(absent[family.index] >= 2 for family in others) <= 0.2 * len(others)


def test_patients_who_lapsed_are_due_and_have_nothing_booked(pasts):
    last = {}
    for states in bookings_of(pasts[Clinic]).values():
        item = states[-1][1]
        member = int(item["identities"]["member_id"]) - 10001
        last[member] = max(last.get(member, OPENED_AT - timedelta(days=999)), starts(item))
    lapsed: list[Patient] = [patient for patient in a_business(Clinic).members if patient.lapses]
    due = [
        patient
        for patient in lapsed
        if last[patient.index] + timedelta(days=patient.service.every_days) < OPENED_AT
    ]

    assert len(lapsed) > 20
    assert all(last[patient.index] < OPENED_AT - timedelta(days=50) for patient in lapsed)
    assert len(due) > len(lapsed) / 3


def test_treatment_helps(pasts):
    readings = defaultdict(list)
    for item in pasts[Clinic].of("/measurements"):
        if item["kind"] == "收缩压":
            readings[item["identities"]["member_id"]].append(item["value"])
    falls = [
        sum(values[:4]) / 4 - sum(values[-4:]) / 4
        for values in readings.values()
        if len(values) >= 12
    ]

    assert sum(falls) / len(falls) > 3


def against(handle, act):
    async def run():
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        async with TestServer(app) as server, ClientSession() as http:
            return await act(Doors(http, str(server.make_url("")).rstrip("/"), KEYS))

    return asyncio.run(run())


def told_by(act):
    """What `act(doors)` posts: (door, item) in its order."""
    told = []

    async def handle(request):
        told.append((request.path.removeprefix("/api/v1/"), await request.json()))
        return web.json_response({"status": "stored"}, status=202)

    against(handle, act)
    return told


@pytest.fixture
def at_once(monkeypatch):
    for place in ("appointments", "school.living", "clinic.living"):
        monkeypatch.setattr(f"demo.simulator.{place}.TRIAL_STARTS", timedelta(milliseconds=20))
    monkeypatch.setattr("demo.simulator.guests.Stay.pause", lambda *_args: asyncio.sleep(0))
    real = asyncio.sleep
    monkeypatch.setattr(
        "demo.simulator.appointments.asyncio.sleep", lambda seconds: real(min(seconds, 0.05))
    )


def a_visit(kind, tmp_path, luck):
    """What a member whose every throw of the dice is `luck` does."""

    async def act(doors):
        dice = chance(4)
        dice.random = lambda: luck
        person = next(
            one for one in a_business(kind).members if kind is School or one.service.id == "s2"
        )
        await kind.stay(
            Guest(person, "device-1"), doors, Memory(tmp_path / "demo.json"), Counter(), dice
        ).happen()

    return told_by(act)


@EACH
def test_who_comes_is_measured_and_pays(tmp_path, at_once, kind):
    told = a_visit(kind, tmp_path, luck=0.25)

    states = [item["status"] for door, item in told if door == "bookings"]
    assert states == ["booked", "confirmed", "attended"]
    number = next(item["number"] for door, item in told if door == "bookings")
    measured = [item for door, item in told if door == "measurements"]
    assert {item["kind"] for item in measured} == (
        {"测验成绩"} if kind is School else {"收缩压", "舒张压", "心率"}
    )
    assert {item["booking_number"] for item in measured} == {number}
    assert [item["status"] for door, item in told if door == "orders"] == ["placed", "paid"]
    assert [door for door, _item in told][-2:] == ["orders", "orders"]


@pytest.mark.parametrize(
    ("luck", "states"),
    [(0.01, ["booked", "cancelled"]), (0.07, ["booked", "rescheduled", "attended"]), (0.99, [])],
)
def test_others_call_it_off_or_put_it_off_or_only_look(tmp_path, at_once, luck, states):
    told = a_visit(School, tmp_path, luck)

    assert [item["status"] for door, item in told if door == "bookings"] == states
    assert bool([door for door, _item in told if door == "measurements"]) == ("attended" in states)


def test_what_was_planned_is_told_when_its_time_has_come():
    past = Past(datetime.now(UTC) - timedelta(hours=2))
    for hours in (-3, -1, 3):
        past.tell("/bookings", datetime.now(UTC) + timedelta(hours=hours), {"number": f"{hours}"})

    async def act(doors):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(a_business(School, doors).keep_the_agenda(past), 0.5)

    assert told_by(act) == [("bookings", {"number": "-1"})]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [Shop, School, Clinic], ids=lambda kind: kind.premises.key)
def test_a_business_opens_once_with_sources_of_its_own(tmp_path, kind):
    memory = Memory(tmp_path / "demo.json")
    keys = open_up(kind.premises, memory)

    assert open_up(kind.premises, Memory(tmp_path / "demo.json")) == keys
    namespace = Namespace.objects.get()
    assert namespace.key == kind.premises.key
    assert Source.objects.filter(namespace=namespace).count() == (4 if kind is Shop else 2)
    assert Source.objects.get(key=keys.back_end).is_server
    assert not Source.objects.get(key=keys.mini_program).is_server


@pytest.mark.django_db
def test_a_school_that_opens_alone_counts_lessons_and_beside_a_shop_orders(tmp_path):
    open_up(School.premises, Memory(tmp_path / "school.json"))
    assert (LifecycleSettings.get().counting, LifecycleSettings.get().events) == (
        "events",
        ["Booking Attended"],
    )
    LifecycleSettings.objects.all().delete()
    open_up(Clinic.premises, Memory(tmp_path / "clinic.json"))
    open_up(Shop.premises, Memory(tmp_path / "shop.json"))

    assert LifecycleSettings.get().counts_orders


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [School, Clinic], ids=lambda kind: kind.premises.key)
def test_its_past_gives_a_sensible_picture_of_stages(tmp_path, kind):
    """Told straight to the events, as the back end would: lessons and visits that were kept."""
    open_up(kind.premises, Memory(tmp_path / "demo.json"))
    source, now = Source.objects.filter(trust="server").first(), datetime.now(UTC)
    business = kind("t", None, None, None, 1, None)
    kept = [item for item in business.past(now).of("/bookings") if item["status"] == "attended"]
    ingest.record(
        source,
        [
            Incoming(
                f"{n}",
                b"",
                "Booking Attended",
                datetime.fromisoformat(item["occurred_at"]),
                identities=[named_in(item)],
            )
            for n, item in enumerate(kept)
        ],
        now=now,
    )
    measured = cycle.measure(now)
    look(now)
    standings = lifecycle.standings(LifecycleSettings.get(), now).stages

    assert measured.gaps >= cycle.ENOUGH_GAPS
    assert all(standings[stage] for stage in ("active", "lost"))
    assert standings["active"] > standings["silent"]


def named_in(item) -> Named:
    return Named("member_id", item["identities"]["member_id"])
