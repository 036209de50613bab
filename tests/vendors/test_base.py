"""What all stand-ins share: bad manners as told, a clock, pushes that are tried again."""

import time

import httpx
import pytest
from aiohttp import web

from demo.vendors.base import HTTP, StandIn
from demo.vendors.clock import Clock
from demo.vendors.pushes import Manner, Pushes
from tests.vendors.listener import Listener

START = 1_796_000_000


class Shop(StandIn):
    """Takes orders, and tells each of them to the address `orders`."""

    vendor = "a shop"

    def __init__(self, pauses=(60, 300), alone=(), after=0, **about):
        super().__init__(**about)
        self.after = after
        manner = Manner(as_json, is_ok, pauses=pauses, most=2, alone=alone)
        self.pushes = Pushes(self.agenda, manner)
        self.orders: list[str] = []
        self.doors |= {"orders": lambda: self.orders, "address": self.address}

    def routes(self):
        return [web.post("/order", self.order)]

    async def opened(self, session):
        self.pushes.session = session

    async def order(self, request):
        self.orders.append(await request.text())
        self.pushes.add("orders", self.orders[-1], self.after)
        return web.json_response({"number": len(self.orders)})

    def address(self, url):
        self.pushes.addresses["orders"] = url
        return {}


def as_json(_kind, items):
    return {"json": items}


def is_ok(status, _body):
    return status == 200


@pytest.fixture
def shop():
    with Shop(clock=Clock(START)) as shop:
        yield shop


@pytest.fixture
def ear():
    with Listener({}) as ear:
        yield ear


def order(shop, what="tea") -> httpx.Response:
    return HTTP.post(f"{shop.url}/order", content=what)


def test_each_mode_does_what_it_says_for_as_long_as_it_says(shop):
    rude = ["fail", "cut", "drop", "garbage"]
    shop.misbehave(*[{"kind": kind, "times": 1, "status": 502} for kind in rude])

    assert order(shop, "failed").status_code == 502
    with pytest.raises(httpx.HTTPError):
        order(shop, "dropped")
    with pytest.raises(httpx.HTTPError):
        order(shop, "cut")
    assert "<html>" in order(shop, "garbage").text
    assert order(shop, "well").json() == {"number": 3}
    assert shop.ask("orders") == ["cut", "garbage", "well"]
    calls = shop.ask("calls", name="/order")
    assert [call["body"] for call in calls] == ["failed", "dropped", "cut", "garbage", "well"]
    assert [call.get("hung_up", False) for call in calls] == [False, True, True, False, False]


def test_slow_serves_even_whoever_has_hung_up(shop):
    shop.misbehave({"kind": "slow", "seconds": 0.3, "times": 1})
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{shop.url}/order", content="late", timeout=0.1)
    until = time.monotonic() + 5
    while not shop.ask("orders") and time.monotonic() < until:
        time.sleep(0.05)
    assert shop.ask("orders") == ["late"]


def test_a_pace_refuses_what_is_more_in_one_second(shop):
    shop.tell("pace", per_second=2)
    assert [order(shop).status_code for _ in range(3)] == [200, 200, 429]
    shop.advance(1)
    assert order(shop).status_code == 200


def test_pushes_come_in_portions_and_are_tried_again_at_the_vendors_times(shop, ear):
    shop.tell("address", url=f"{ear.url}/heard")
    ear.misbehave({"kind": "fail", "times": 2})
    for what in ["a", "b", "c"]:
        order(shop, what)
    shop.advance()
    assert [call["status"] for call in ear.ask("calls")][:2] == [503, 503]

    shop.advance(59)
    before = len(ear.ask("calls"))
    shop.advance(1)
    after = ear.ask("calls")[before:]

    assert after
    assert {call["status"] for call in after} == {200}
    taken = [row["items"] for row in shop.pushes.tries if row["taken"]]
    assert sorted(what for items in taken for what in items) == ["a", "b", "c"]
    assert max(map(len, taken)) <= 2


@pytest.mark.parametrize(("alone", "sizes"), [((), [2, 1]), (("orders",), [1, 1, 1])])
def test_what_is_due_together_is_told_together_unless_it_goes_alone(ear, alone, sizes):
    with Shop(clock=Clock(START), alone=alone, after=5) as shop:
        shop.tell("address", url=f"{ear.url}/heard")
        for what in ["a", "b", "c"]:
            order(shop, what)
        shop.advance(5)
    assert sorted((len(items) for items in ear.bodies("/heard")), reverse=True) == sizes


def test_a_push_that_nobody_takes_is_given_up_after_the_last_pause(shop, ear):
    shop.tell("address", url=f"{ear.url}/heard")
    ear.misbehave({"kind": "fail"})
    order(shop)
    for seconds in [0, 60, 300, 10_000]:
        shop.advance(seconds)
    assert [row["at"] - START for row in shop.pushes.tries] == [0, 60, 360]
    assert [row["try"] for row in shop.pushes.tries] == [1, 2, 3]


def test_by_real_time_it_tries_again_by_itself(ear):
    ear.misbehave({"kind": "fail", "times": 1})
    with Shop(pauses=(0.2,)) as shop:
        shop.tell("address", url=f"{ear.url}/heard")
        order(shop)
        until = time.monotonic() + 5
        while len(ear.calls) < 2 and time.monotonic() < until:
            time.sleep(0.02)
    first, second = (call["at"] for call in ear.calls)
    assert second - first >= 0.2


def test_the_second_door_says_what_is_wrong(shop):
    rude = {"modes": [{"kind": "rude"}]}
    for what, given in [("modes", rude), ("modes", {"nonsense": 1}), ("nothing", {})]:
        with pytest.raises(ValueError, match="error"):
            shop.tell(what, **given)
