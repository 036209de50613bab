"""Forty texts that would be a script elsewhere, sent from outside and read in Chromium: none of
them runs."""

import json
import time

import httpx
import pytest
from playwright.sync_api import expect

from tests.admin.test_hostile_texts import MARK, PAYLOADS, PEOPLE
from tests.browser.conftest import PATIENCE_MS
from tests.faults.sender import signed
from tests.product import eventually

pytestmark = pytest.mark.proof
expect.set_options(timeout=PATIENCE_MS)
LISTS = [
    *(
        "customers/customer",
        "customers/attributechange",
        "events/event",
        "events/eventname",
        "events/order",
        "events/booking",
    ),
    *("events/product", "events/seenevent"),
]
TOLD = (
    "SELECT count(*) FROM events_event WHERE properties ? 'note' AND properties ->> 'note' LIKE %s"
)
WHO = (
    "SELECT DISTINCT c.id, c.public_id FROM customers_customer c JOIN events_event e ON"
    " e.customer_id = c.id WHERE e.properties ->> 'note' LIKE %s"
)
ROWS = "SELECT id FROM events_event WHERE properties ->> 'note' LIKE %s ORDER BY id"
ORDERS = "SELECT id FROM events_order WHERE number LIKE %s ORDER BY id LIMIT 10"


def sent(product, source: dict, client: httpx.Client, number: int, text: str) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    common = {"occurred_at": at, "identities": {"member_id": f"hostile{number % PEOPLE}"}}
    line = {
        "product_id": f"hp{number} {text[:80]}",
        "name": text,
        "category": text,
        "quantity": 1,
        "price_fen": 100,
    }
    booked = {
        "place": text,
        "name": text,
        "resource": text,
        "kind": "class",
        "starts_at": at,
        "status": "booked",
    }
    rows = {
        "customers": {
            "id": f"hc{number}",
            "identities": common["identities"],
            "attributes": {"name": text, "avatar": text, "level": text},
        },
        "events": {
            "id": f"he{number}",
            "name": f"n {text[:60]}",
            **common,
            "properties": {"note": text, f"k {text[:40]}": text},
        },
        "orders": {
            "number": f"ho{number} {text}"[:90],
            "status": "paid",
            **common,
            "total_fen": 100,
            "paid_fen": 100,
            "lines": [line],
        },
        "bookings": {"number": f"hb{number}", **booked, **common},
    }
    for door, row in rows.items():
        body = json.dumps(row).encode()
        answer = client.post(
            f"{product.url}/api/v1/{door}", content=body, headers=signed(source, body)
        )
        # What may not be, such as an event's name with a tabulator, is refused; whatever is stored
        # is looked at below.
        assert answer.status_code < 500, answer.text
        assert answer.status_code < 300 or door != "customers", answer.text


@pytest.fixture(scope="module")
def strangers(product) -> list[str]:
    """The pages on which their texts stand."""
    source = product.made_source("strangers")
    with httpx.Client(timeout=60) as client:
        for number, text in enumerate(PAYLOADS):
            sent(product, source, client, number, text)
    every = f"%{MARK}%"
    assert eventually(lambda: product.count(TOLD, every) >= 35, seconds=120)
    who = product.rows(WHO, every)
    pages = [f"/admin/{name}/" for name in LISTS]
    pages += [f"/customers/{row['public_id']}/" for row in who]
    pages += [f"/admin/customers/customer/{row['id']}/history/" for row in who]
    pages += [f"/admin/events/event/{row['id']}/change/" for row in product.rows(ROWS, every)]
    pages += [f"/admin/events/order/{row['id']}/change/" for row in product.rows(ORDERS, every)]
    return [
        *pages,
        f"/admin/search/?s={MARK}&extended=1",
        "/admin/",
        f"/customers/merge-review/?q={MARK}",
    ]


def test_none_of_them_runs(strangers, visit, shot):
    """An alert would be heard as a dialog, whatever the policy of the page stopped as an error of
    its console."""
    heard, seen = [], 0
    for number, path in enumerate(strangers):
        page = visit(path)
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.wait_for_timeout(200)
        seen += page.content().count(MARK)
        shot(page, f"strangers-{number}")
        page.close()

    assert heard == []
    assert seen > 40 * len(LISTS) // 2


def test_a_letter_to_one_of_them_shows_the_name_as_text(strangers, product, visit, shot):
    page = visit("/admin/campaigns/template/add/")
    page.select_option("[name=channel]", "email")
    page.fill("[name=email-subject]", "Hello {{ customer.name }}")
    page.fill(
        "[name=email-body]", "Dear {{ customer.name }}, [have a look](https://shop.example.com)"
    )
    heard = []
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    for person in range(PEOPLE):
        page.fill("[name=preview_as]", f"hostile{person}")
        letter = page.frame_locator("iframe.ht-letter").locator("body")
        expect(letter).to_contain_text(MARK)
        assert letter.locator("script, svg, img[src=x], iframe").count() == 0
        shot(page, f"letter-to-stranger-{person}")
    assert heard == []
