"""Browsers' clients in a page of another origin: each event once, also when the page goes away or
the database was killed meanwhile."""

import uuid
from urllib.parse import urlencode

import psycopg
import pytest

from tests.clients.test_clients import EVENTS, counts
from tests.product import eventually

pytestmark = pytest.mark.proof

COUNT = 12
SENT = {"text": "龙井 🍵", "price": 19.9, "on": True}
CLIENTS = [
    ("segment", "single"),
    ("segment", "batches"),
    ("rudder", "single"),
    ("rudder", "beacon"),
    ("sensors", "ajax"),
    ("sensors", "beacon"),
    ("sensors", "batches"),
    ("sensors", "image"),
]
RESILIENT = [case for case in CLIENTS if case[1] not in {"ajax", "image"}]
NAMES = {"harness": "Harness", "leaving": "Leaving"}
MAKE = """
from integrations.doors.formats import formats
from customers.models import Namespace, Source
shop, _ = Namespace.objects.get_or_create(key="pages", defaults={"name": "pages"})
source = Source.objects.create(name=%(name)r, format=%(format)r, trust="client", namespace=shop, allowed_origins=%(origin)r, event_names=%(names)r)
"""  # noqa: E501


def a_page(chromium, product, client: str, way: str, *, at: str, allowed: str):
    """The driver's page, open at this origin; the name of its source, which allows that one; and
    the page's address."""
    name = f"{client}-{way}-{uuid.uuid4().hex[:6]}"
    made = {
        "name": name,
        "format": "sensors" if client == "sensors" else "segment",
        "origin": allowed,
        "names": NAMES,
    }
    key = product.ask("source.key", MAKE % made)
    page = chromium.new_context().new_page()
    address = (
        f"{at}/{client}_browser.html?{urlencode({'url': product.url, 'key': key, 'way': way})}"
    )
    page.goto(address)
    page.evaluate("ready")
    return page, name, address


def stored(product, name: str) -> dict[str, int]:
    try:
        found = counts(product.rows(EVENTS, name))
    except psycopg.Error:  # it may still be starting
        return {}
    return {event: found.get(event, 0) for event in NAMES.values()}


@pytest.mark.parametrize(("client", "way"), CLIENTS, ids=map("-".join, CLIENTS))
@pytest.mark.parametrize("allowed", ["named", "*"])
def test_a_browsers_client(chromium, site, product, client, way, allowed):
    # No source names the second origin: only "*" lets its pages send.
    at = site.origin if allowed == "named" else site.origin.replace("127.0.0.1", "localhost")
    page, name, address = a_page(
        chromium, product, client, way, at=at, allowed=at if allowed == "named" else "*"
    )

    page.evaluate(f"() => {{ for (let n = 0; n < {COUNT}; n++) say(n) }}")
    page.wait_for_timeout(1500)
    page.evaluate("leave()")
    if (
        way == "image"
    ):  # a picture that was not asked for yet is not asked for by a page that is gone
        page.wait_for_timeout(300)
    page.goto(f"{at}/nothing.html")
    page.goto(address)  # what could not be sent any more was kept for the next page
    page.evaluate("ready")

    expected = {"Harness": COUNT, "Leaving": 1}
    assert eventually(lambda: stored(product, name) == expected, seconds=20), stored(product, name)
    page.wait_for_timeout(1000)
    assert stored(product, name) == expected
    harness = [row["properties"] for row in product.rows(EVENTS, name) if row["name"] == "Harness"]
    assert sorted(one["n"] for one in harness) == list(range(COUNT))
    assert all({**one, **SENT} == one for one in harness)
    page.context.close()


@pytest.mark.parametrize(("client", "way"), RESILIENT, ids=map("-".join, RESILIENT))
def test_the_database_is_away_for_a_while(chromium, site, product, client, way):
    """The doors answer 503 with Retry-After, which the page's code may read; the collector of
    Sensors and the one of beacons keep what comes."""
    page, name, _address = a_page(
        chromium, product, client, way, at=site.origin, allowed=site.origin
    )
    page.evaluate("say(0)")
    assert eventually(lambda: stored(product, name).get("Harness") == 1, seconds=20)
    statuses = []
    page.on("response", lambda answer: statuses.append(answer.status))

    eventually(lambda: product.part("postgres"), seconds=30, every=0.1).kill()
    page.evaluate(f"() => {{ for (let n = 1; n < {COUNT}; n++) say(n) }}")

    assert eventually(
        lambda: page.wait_for_timeout(500) or stored(product, name).get("Harness") == COUNT,
        seconds=90,
    ), (
        stored(product, name),
        statuses,
    )
    page.wait_for_timeout(3000)  # whoever tries again has done so
    assert sorted(row["properties"]["n"] for row in product.rows(EVENTS, name)) == list(
        range(COUNT)
    )
    print(f"{client} {way}: answers while the database was away and after: {sorted(set(statuses))}")
    page.context.close()


def test_a_page_of_another_origin_may_not_read_the_answer(chromium, site, product):
    """Its library does not even start: its settings are kept from it."""
    name = f"other-{uuid.uuid4().hex[:6]}"
    key = product.ask(
        "source.key",
        MAKE % {"name": name, "format": "segment", "origin": "https://www.shop.cn", "names": {}},
    )
    page = chromium.new_context().new_page()
    page.goto(
        f"{site.origin}/segment_browser.html?{urlencode({'url': product.url, 'key': key, 'way': 'single'})}"  # noqa: E501
    )

    told = page.evaluate(
        """async ([url, key]) => {
        const headers = { "Authorization": "Bearer " + key, "Content-Type": "application/json" }
        try { return (await fetch(url + "/v1/track", { method: "POST", headers, body: "{}" })).status } catch (error) { return String(error) }
    }""",  # noqa: E501
        [product.url, key],
    )

    assert "Failed to fetch" in told
    assert product.rows(EVENTS, name) == []
    page.context.close()
