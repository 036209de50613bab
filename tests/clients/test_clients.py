"""Real clients against the running product: each event once, as it was sent, on the right customer,
also when answers are lost."""

import json

import pytest

from tests.clients.proxy import LossyProxy
from tests.product import eventually

pytestmark = pytest.mark.proof

COUNT = 40
SENT = {"text": "龙井 🍵", "price": 19.9, "on": True}
SEGMENT = {
    "Profile Updated": 1,
    "Harness": COUNT,
    "Page Viewed": 1,
    "Screen Viewed": 1,
    "Group Joined": 1,
    "Identity Linked": 1,
    "Anonymous": 2,
}
SENSORS = {"Identity Linked": 1, "Harness": COUNT, "Anonymous": 1, "Profile Updated": 6}
RUDDER = {"Profile Updated": 1, "Harness": COUNT}
SERVERS = [
    ("segment_node.cjs", "segment", SEGMENT),
    ("segment_python.py", "segment", SEGMENT),
    ("rudder_node.cjs", "segment", RUDDER),
    ("sensors_python.py", "sensors", SENSORS),
]

EVENTS = """
SELECT n.name, e.customer_id, e.properties, e.context FROM events_event e JOIN events_eventname n
  ON n.id = e.name_id
JOIN customers_source s ON s.id = e.source_id WHERE s.name = %s ORDER BY e.id
"""
HOLDER = """
SELECT i.customer_id FROM customers_identity i WHERE i.kind = %s AND i.scope = %s AND i.value = %s
"""


@pytest.fixture(params=["straight", "answers lost"])
def way(request, product):
    """The port to send to, and afterwards the proof that answers were lost where they should be."""
    if request.param == "straight":
        yield product.port
        return
    with LossyProxy(product.port) as proxy:
        yield proxy.port
        assert proxy.lost >= 1


def a_source(product, name: str, format_: str, trust: str) -> dict:
    return json.loads(
        product.manage(
            "source",
            name,
            "--format",
            format_,
            "--trust",
            trust,
            "--namespace",
            name,
            "--app-id",
            "wx1234567890abcdef",
        )
    )


def named(request, driver: str) -> str:
    return f"{driver.partition('.')[0]}-{'lost' if 'lost' in request.node.name else 'straight'}".replace(  # noqa: E501
        "_", "-"
    )


def counts(rows) -> dict[str, int]:
    return {
        name: sum(row["name"] == name for row in rows) for name in {row["name"] for row in rows}
    }


def holder(product, scope, kind, value) -> int:
    return product.count(HOLDER, kind, scope, value)


def each_harness_event_is_there_once(rows, sent) -> list[dict]:
    harness = sorted(
        (row for row in rows if row["name"] == "Harness"), key=lambda row: row["properties"]["n"]
    )
    assert [row["properties"]["n"] for row in harness] == list(range(COUNT))
    for row in harness:
        assert {**row["properties"], **sent} == row["properties"]
    return harness


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server[0])
def test_a_servers_client(request, product, clients, way, server):
    driver, format_, expected = server
    name = named(request, driver)
    source = a_source(product, name, format_, "server")

    clients.run(driver, f"http://127.0.0.1:{way}", source["read_token"], COUNT)

    rows = product.rows(EVENTS, name)
    assert counts(rows) == expected
    nested = (
        {"nested": {"a": [1, {"b": None}]}} if format_ == "segment" else {"tags": ["新品", "hot"]}
    )
    people = [holder(product, name, "member_id", f"u{n}") for n in range(3)]
    for row in each_harness_event_is_there_once(rows, SENT | nested):
        assert row["customer_id"] == people[row["properties"]["n"] % 3]
    assert len(set(people)) == 3
    assert {row["customer_id"] for row in rows if row["name"] != "Harness"} == {people[0]}
    attributes = {
        row["key"]: row["value"]
        for row in product.rows(
            "SELECT key, value FROM customers_customerattribute WHERE customer_id = %s", people[0]
        )
    }
    assert attributes["name"] == "小明"
    if format_ == "sensors":
        assert (
            attributes["points"],
            attributes["interests"],
            attributes["channel"],
            attributes["level"],
        ) == (15, ["茶"], "wecom", None)
        assert product.rows(
            "SELECT name, price_fen FROM events_product WHERE product_id = 'S1' AND name = '龙井'"
        )
    assert (
        product.count(
            "SELECT count(*) FROM integrations_quarantine q JOIN customers_source s ON s.id ="
            " q.source_id WHERE s.name = %s",
            name,
        )
        == 0
    )


def test_the_mini_programs_client(request, product, clients, way):
    name = named(request, "mini_program")
    source = a_source(product, name, "sensors", "client")

    said = json.loads(
        clients.run("sensors_mini_program.cjs", f"http://127.0.0.1:{way}", source["key"], COUNT)
    )

    rows = eventually(lambda: product.rows(EVENTS, name), seconds=5)
    found = counts(rows)
    assert (said["left"], found["Harness"], found["After Login"], found["Identity Linked"]) == (
        0,
        COUNT,
        1,
        1,
    )
    assert found["Application Opened"] == found["Application Foregrounded"] == 1
    each_harness_event_is_there_once(rows, SENT | {"tags": ["新品", "hot"]})
    assert {row["customer_id"] for row in rows} == {
        holder(product, name, "anonymous_id", said["device"])
    }
    if "lost" in name:
        assert said["failed"] >= 1
