"""What is asked when a source is made: its unit of money, the pages that may send, and what its
events are called here."""

import json
import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from customers.models import Source
from events.models import Order
from integrations.doors import callers
from tests.factories import a_source
from tests.integrations.foreign import a_segment, a_sensors, call, collect, events, names, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(User.objects.create_superuser("boss"))
    return browser


def made(boss, **fields) -> tuple[Source | None, str]:
    """The source that was made, and the page when none was."""
    namespace = a_source().namespace.pk
    data = {
        "name": "New",
        "namespace": namespace,
        "format": "sensors",
        "trust": "client",
        "time_zone": "Asia/Shanghai",
        "is_active": "on",
    }
    answer = boss.post(reverse("admin:customers_source_add"), data | fields)
    return Source.objects.filter(name="New").first(), answer.content.decode()


@pytest.mark.parametrize("key", ["segment", "sensors"])
@pytest.mark.parametrize("given", [{}, {"money_unit": ""}])
def test_the_unit_of_money_is_asked_where_senders_do_not_say_it(boss, key, given):
    source, page = made(boss, format=key, **given)

    assert source is None
    assert "Say in which unit this source states money." in page


@pytest.mark.parametrize("unit", ["fen", "yuan"])
def test_the_unit_is_the_one_that_was_said(boss, unit):
    assert made(boss, money_unit=unit)[0].money_unit == unit


def test_our_own_format_says_fen_itself(boss):
    assert made(boss, format="native")[0].money_unit == "fen"


def test_nothing_is_chosen_beforehand(boss):
    page = boss.get(reverse("admin:customers_source_add")).content.decode()

    select = page[page.index('name="money_unit"') :]
    assert "selected" not in select[: select.index("</select>")].replace('value="" selected', "")


def test_origins_are_kept_as_browsers_send_them(boss):
    source, _page = made(
        boss,
        money_unit="fen",
        allowed_origins="https://www.shop.cn/a\r\nhttp://localhost:3000\r\nhttps://www.shop.cn",
    )

    assert source.allowed_origins == "https://www.shop.cn\nhttp://localhost:3000"
    assert source.origins == {"https://www.shop.cn", "http://localhost:3000"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"allowed_origins": "www.shop.cn"}, "“www.shop.cn” is no origin"),
        ({"allowed_origins": "https://shop.cn", "trust": "server"}, "no page may hold one"),
        ({"event_names": "order_paid"}, "“order_paid” is not understood"),
        ({"event_names": "= Order Completed"}, "is not understood"),
        ({"event_names": "a = b\na = c"}, "“a” is named twice."),
        ({"event_names": "\n".join(f"a{n} = b" for n in range(201))}, "There may be 200 names."),
        ({"event_names": f"{'a' * 201} = b"}, "is not understood"),
    ],
)
def test_what_cannot_be_meant_is_told(boss, fields, said):
    source, page = made(boss, money_unit="fen", **fields)

    assert source is None
    assert said in page


@pytest.mark.parametrize(
    "written",
    [
        "order_paid = Order Completed\r\n看商品→Product Viewed",
        "order_paid\tOrder Completed\n 看商品 => Product Viewed \n\n",
    ],
)
def test_names_are_written_one_in_each_line_and_shown_so(boss, written):
    source, _page = made(boss, money_unit="fen", event_names=written)

    assert source.event_names == {"order_paid": "Order Completed", "看商品": "Product Viewed"}
    page = boss.get(reverse("admin:customers_source_change", args=[source.pk])).content.decode()
    kept = re.search(r"<textarea[^>]*name=\"event_names\"[^>]*>(.*?)</textarea>", page, re.DOTALL)[
        1
    ]
    assert kept.strip().splitlines() == ["order_paid = Order Completed", "看商品 = Product Viewed"]


def test_a_new_sensors_source_knows_the_usual_names(boss):
    source, _page = made(boss, money_unit="fen")

    assert source.event_names["product_viewed"] == "Product Viewed"
    assert source.event_names["order_paid"] == "Order Completed"
    assert (
        made(boss, name="Other", format="segment", money_unit="yuan")[0].event_names != {}
    )  # the first one, still
    assert Source.objects.get(name="Other").event_names == {}


def test_the_command_asks_the_same(capsys):
    call_command(
        "source",
        "App",
        format="sensors",
        trust="client",
        money_unit="yuan",
        origin=["https://shop.cn/x", "http://localhost:3000"],
    )

    told = json.loads(capsys.readouterr().out)
    source = Source.objects.get()
    assert (told["money_unit"], source.money_unit, source.origins) == (
        "yuan",
        "yuan",
        {"https://shop.cn", "http://localhost:3000"},
    )
    assert source.event_names["product_viewed"] == "Product Viewed"
    for wrong in (
        {"trust": "client", "origin": ["shop.cn"]},
        {"trust": "server", "origin": ["https://shop.cn"]},
    ):
        with pytest.raises(CommandError):
            call_command("source", "Other", format="segment", **wrong)


NAMES = {
    "order_paid": "Order Completed",
    "look": "Product Viewed",
    "$MPShow": "Shop Entered",
    "attended": "Booking Attended",
}


def sensed(event: str, n: int) -> dict:
    return {
        "type": "track",
        "event": event,
        "distinct_id": "d",
        "time": 1_790_000_000_000,
        "_track_id": n,
        "properties": {},
    }


def test_events_have_the_names_that_staff_gave_them():
    _source, key = a_sensors("server", event_names=NAMES)

    collect(
        key,
        *(
            sensed(event, n)
            for n, event in enumerate(["order_paid", "look", "$MPShow", "$MPHide", "other"])
        ),
    )

    assert names() == [
        "Order Completed",
        "Product Viewed",
        "Shop Entered",
        "Application Backgrounded",
        "other",
    ]
    assert [event.context.get("event") for event in events()] == [
        "order_paid",
        "look",
        "$MPShow",
        "$MPHide",
        None,
    ]


def test_a_public_key_states_nothing_by_a_name(sender):
    """Names are given before it is asked who may say them."""
    _source, sensors = a_sensors(event_names=NAMES)
    _source, segment = a_segment(event_names=NAMES, believe_identities=True)
    native = sender(a_source(trust="client", event_names=NAMES))

    collect(sensors, sensed("order_paid", 1), sensed("attended", 2))
    call(
        segment,
        "track",
        event="order_paid",
        anonymousId="a",
        properties={"order_id": "1", "total": 1},
    )
    native.post(
        "events",
        {
            "id": "1",
            "name": "order_paid",
            "occurred_at": "2026-11-24T10:00:00Z",
            "identities": {"anonymous_id": "a"},
        },
    )

    client = "Order Completed (client)"
    assert names() == [client, "Booking Attended (client)", client, client]
    assert [event.context["event"] for event in events()] == [
        "order_paid",
        "attended",
        "order_paid",
        "order_paid",
    ]
    assert not Order.objects.exists()


def test_a_servers_order_by_another_name_is_an_order():
    _source, key = a_segment("server", event_names={"order_paid": "Order Completed"})

    call(
        key,
        "track",
        event="order_paid",
        userId="10086",
        properties={"order_id": "O-1", "total": 1.5},
    )

    assert (names(), Order.objects.get().total_fen) == (["Order Completed"], 150)


def test_a_strict_source_may_send_what_was_named_for_it():
    source, key = a_sensors(is_strict=True, event_names={"look": "Looked At"})

    collect(key, sensed("look", 1), sensed("Looked At", 2))

    assert (names(), refused()) == (["Looked At"], ["unknown_event"])
    Source.objects.filter(pk=source.pk).update(event_names={})
    callers.forget()
    collect(key, sensed("look", 3))
    assert refused() == ["unknown_event", "unknown_event"]


@pytest.mark.parametrize("key", ["native", "segment", "sensors"])
def test_no_page_shows_a_secret_inside_a_clients_snippet(boss, key):
    """The page after a server source was made is the one that knows them."""
    namespace = a_source().namespace.pk
    fields = {
        "name": "Back end",
        "namespace": namespace,
        "format": key,
        "trust": "server",
        "time_zone": "Asia/Shanghai",
    }
    page = boss.post(
        reverse("admin:customers_source_add"), fields | {"money_unit": "fen", "is_active": "on"}
    ).content.decode()
    source = Source.objects.get(name="Back end")
    shown = [
        page,
        boss.get(reverse("admin:customers_source_change", args=[source.pk])).content.decode(),
    ]

    for title in (
        "sa-sdk-miniprogram",
        "sa-sdk-javascript",
        "analytics-next",
        "analytics-js",
        "wx.request",
    ):
        assert not any(title in one for one in shown)


@pytest.mark.parametrize(
    ("key", "call"),
    [("native", "anonymous_id"), ("segment", "analytics.identify"), ("sensors", "track_signup")],
)
@pytest.mark.parametrize("trust", ["server", "client"])
def test_the_page_tells_how_a_server_joins_a_visitor_and_a_member(boss, key, call, trust):
    source = a_source(trust=trust, format=key)

    page = boss.get(reverse("admin:customers_source_change", args=[source.pk])).content.decode()

    snippet = page[page.index('id="snippet-join"') :]
    snippet = snippet[: snippet.index("</pre>")]
    assert call in snippet
    assert source.key not in snippet
