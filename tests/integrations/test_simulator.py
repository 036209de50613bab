import asyncio
import json
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from django.test import Client

from customers.models import Identity, Source
from demo.simulator import history
from demo.simulator.catalogue import CATEGORIES, PRODUCTS
from demo.simulator.client import Doors, Keys
from demo.simulator.guests import Guest
from demo.simulator.memory import FIRST_ORDER, Memory
from demo.simulator.past import ZONE
from demo.simulator.people import COUNT, chance, crowd
from demo.simulator.programs import PROGRAMS
from demo.simulator.visits import Visit
from integrations.doors import signatures
from integrations.doors.formats import Rejected
from integrations.native.customers import Customers
from integrations.native.events import Events
from integrations.native.orders import Orders
from integrations.native.products import Products
from integrations.native.refunds import Refunds
from tests.factories import a_source
from tests.integrations.foreign import a_segment, a_sensors, events

OPENED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "whsec_" + "c2VjcmV0" * 5
KEYS = Keys("src_back_end", SECRET, "hrt_token", "src_mini_program", "src_segment", "src_sensors")


@pytest.fixture(scope="module")
def past():
    return history.past("test", crowd("test"), OPENED_AT)


def test_the_same_seed_makes_the_same_people_and_the_same_past(past):
    again = history.past("test", crowd("test"), OPENED_AT)

    assert list(again.batches()) == list(past.batches())
    assert crowd("other") != crowd("test")


def test_ids_that_outsiders_see_are_unique(past):
    people = crowd("test")

    assert len({json.dumps(person.identities) for person in people}) == COUNT
    assert len({product.id for product in PRODUCTS}) == len(PRODUCTS)
    assert len(CATEGORIES) == 6
    for items in map(past.of, ("/customers", "/events", "/refunds")):
        keys = [item.get("id") or item["number"] for item in items]
        assert len(set(keys)) == len(keys)


def test_the_past_fits_the_doors_and_ends_before_the_opening(past):
    batches = list(past.batches())

    assert 14_000 < sum(len(items) for _door, items in batches) < 24_000
    assert max(len(items) for _door, items in batches) <= 500
    assert (
        max(
            len(json.dumps({"batch": items}, ensure_ascii=False).encode())
            for _door, items in batches
        )
        < 500_000
    )
    assert max(
        item["occurred_at"] for _door, items in batches for item in items if "occurred_at" in item
    ) < OPENED_AT.astimezone(ZONE).isoformat(timespec="milliseconds")


def test_the_doors_understand_every_item_of_the_past(past):
    doors = {
        "/customers": Customers(),
        "/events": Events(),
        "/orders": Orders(),
        "/refunds": Refunds(),
    }
    back_end, mini_program = Source(trust=Source.Trust.SERVER), Source(trust=Source.Trust.CLIENT)
    catalogue = [product.listed("2026-11-23T12:00:00Z") for product in PRODUCTS]

    parsed = [Products().parse(json.dumps({"batch": catalogue}).encode(), back_end, OPENED_AT)]
    for path, items in past.batches():
        sender = mini_program if path == "/events" else back_end
        parsed.append(doors[path].parse(json.dumps({"batch": items}).encode(), sender, OPENED_AT))

    assert [item for one in parsed for item in one.items if isinstance(item, Rejected)] == []


def test_a_refund_is_never_more_than_was_paid(past):
    paid = {
        item["number"]: item["paid_fen"] for item in past.of("/orders") if item["status"] == "paid"
    }

    assert past.of("/refunds")
    assert all(0 < item["amount_fen"] <= paid[item["order_number"]] for item in past.of("/refunds"))


def test_what_is_not_over_at_the_opening_is_planned(past):
    completed = {item["number"] for item in past.of("/orders") if item["status"] == "completed"}
    planned = [item for _at, door, item in past.agenda() if door == "/orders"]

    assert {item["status"] for item in planned} == {"completed"}
    assert not completed & {item["number"] for item in planned}
    assert all(at >= OPENED_AT for at, _door, _item in past.agenda())


def test_order_numbers_rise_across_starts(tmp_path):
    first = Memory(tmp_path / "demo.json")
    numbers = [int(first.order_number()) for _ in range(250)]

    after_restart = int(Memory(tmp_path / "demo.json").order_number())

    assert numbers == list(range(FIRST_ORDER, FIRST_ORDER + 250))
    assert after_restart > numbers[-1]
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600


async def against(handle, act):
    """`act(doors)` with a server whose every answer is `handle`'s."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        return await act(Doors(http, str(server.make_url("")).rstrip("/"), KEYS))


def test_what_was_not_taken_is_sent_again_with_the_same_ids_and_a_valid_signature():
    seen = []

    async def handle(request):
        body = await request.read()
        seen.append(
            (
                request.headers["webhook-id"],
                body,
                signatures.is_signed(request.headers, body, secrets=[SECRET], now=time.time()),
            )
        )
        return web.json_response({"status": "stored"}, status=[503, 429, 202][len(seen) - 1])

    answer = asyncio.run(against(handle, lambda doors: doors.back_end("/orders", {"number": "1"})))

    assert answer.status == 202
    assert seen == [(seen[0][0], b'{"number":"1"}', True)] * 3


@pytest.mark.django_db
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_three_mini_programs_say_the_same(program):
    sources = {
        "native": a_source(trust="client"),
        "segment": a_segment()[0],
        "sensors": a_sensors()[0],
    }
    keys = Keys("", "", "", sources["native"].key, sources["segment"].key, sources["sensors"].key)
    told = []

    async def handle(request):
        told.append((request.path_qs, await request.read(), dict(request.headers)))
        return web.json_response({})

    async def act(doors):
        doors.keys = keys
        await program(doors, "Product Viewed", PRODUCTS[0], datetime.now(UTC), "device-1")

    asyncio.run(against(handle, act))
    for path, body, headers in told:
        content_type = headers.pop("Content-Type")
        assert Client().generic(
            "POST", path, body, content_type=content_type, headers=headers
        ).status_code in {200, 202}

    viewed = events(name__name="Product Viewed")
    assert [(event.keys, event.amount_fen, event.source_id) for event in viewed] == [
        ([PRODUCTS[0].id], PRODUCTS[0].price_fen, sources[program.__name__].pk)
    ]
    assert Identity.objects.get().value == "device-1"


@pytest.fixture
def eager(monkeypatch):
    monkeypatch.setattr("demo.simulator.visits.FIRST_LOOK_AT_MESSAGES", 0)
    monkeypatch.setattr(Visit, "pause", lambda *_args: asyncio.sleep(0))


def test_a_coupon_of_a_message_is_held_redeemed_and_paid_under_one_order_number(tmp_path, eager):
    told = []
    answers = {
        "messages": {"results": [{"id": 7, "coupon_code": "C0DE"}]},
        "customers": {"results": [{"public_id": "x"}]},
        "coupons": {"results": [{"code": "C0DE", "threshold_fen": 5000}]},
    }

    async def handle(request):
        path = request.path.removeprefix("/api/v1/")
        if request.method == "GET":
            return web.json_response(answers[path])
        told.append((path, await request.json()))
        return web.json_response({"discount_fen": 1000})

    async def act(doors):
        visitor = replace(crowd("test", 1)[0], buys=0, uses_coupons=1)
        dice = chance(4)
        dice.random = lambda: 0.5
        visit = Visit(
            Guest(visitor, "anonymous-1"), doors, Memory(tmp_path / "demo.json"), Counter(), dice
        )
        await visit.happen()
        return visit

    visit = asyncio.run(against(handle, act))

    moves = [
        (path, item.get("order_number") or item.get("number"))
        for path, item in told
        if path not in {"events", "customers", "messages/read"}
    ]
    number = str(FIRST_ORDER)
    assert moves == [
        ("coupons/reserve", number),
        ("orders", number),
        ("coupons/redeem", number),
        ("orders", number),
    ]
    assert told[-1][1]["paid_fen"] == told[-1][1]["total_fen"] - 1000
    assert told[-1][1]["total_fen"] >= 5000
    assert visit.counts["chains"] == 1
