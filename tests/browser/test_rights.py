"""A copy of everything for one who asks for it, and being forgotten: driven to the end, and then
looked for."""

import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LANGUAGES, PATIENCE_MS, WIDTHS, act, confirmed, overflows
from tests.product import eventually

pytestmark = pytest.mark.proof
expect.set_options(timeout=PATIENCE_MS)
WITH_ORDERS = """SELECT c.id, c.public_id, c.name FROM customers_customer c JOIN events_order o
  ON o.customer_id = c.id
                  WHERE c.merged_into_id IS NULL AND c.erased_at IS NULL AND c.name <> ''
                  GROUP BY c.id ORDER BY c.id OFFSET %s LIMIT 1"""
KNOWN = "SELECT count(*) FROM customers_identity WHERE customer_id = %s"
ORDERS = "SELECT count(*) FROM events_order WHERE customer_id = %s"


def somebody(product, number: int) -> dict:
    """One of those who have ordered; the demo's past is there within minutes of its first start."""
    [person] = eventually(lambda: product.rows(WITH_ORDERS, number), seconds=600)
    return person


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_copy_is_made_and_fetched(product, visit, shot, tmp_path, language, width):
    person = somebody(product, 20)
    page = visit(f"/customers/{person['public_id']}/", language=language, width=width)
    act(page, "export")
    page.fill("[name=reason]", "asked for it by phone")
    shot(page, f"copy-{language}-{width}")
    assert overflows(page) <= 0
    with page.expect_navigation():
        page.click("form button.ht-button-primary")
    confirmed(page, product)
    with page.expect_download() as download:
        page.click("a.ht-button-primary")
    download.value.save_as(tmp_path / "copy.zip")
    shot(page, f"copy-ready-{language}-{width}")
    assert overflows(page) <= 0

    with zipfile.ZipFile(Path(tmp_path) / "copy.zip") as archive:
        told = {
            name: json.loads(archive.read(name))
            for name in archive.namelist()
            if name.endswith(".json")
        }
    assert person["name"] in json.dumps(told, ensure_ascii=False)
    page.click("a.ht-link")
    page.wait_for_url(f"**/customers/{person['public_id']}/")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_one_is_forgotten(product, visit, shot, language, width):
    person = somebody(product, 30)
    orders = product.rows(ORDERS, person["id"])[0]["count"]
    page = visit(f"/customers/{person['public_id']}/", language=language, width=width)
    act(page, "erase")
    page.fill("[name=reason]", "asked for it in the shop")
    page.click("form button.ht-button-danger")  # not yet: the box is not ticked
    assert product.rows(KNOWN, person["id"])[0]["count"]
    page.check("[name=sure]")
    shot(page, f"erase-{language}-{width}")
    assert overflows(page) <= 0
    page.click("form button.ht-button-danger")
    page.wait_for_url("**/admin/customers/customer/")
    shot(page, f"erased-{language}-{width}")

    assert eventually(lambda: not product.rows(KNOWN, person["id"])[0]["count"], seconds=120)
    assert product.rows(ORDERS, person["id"])[0]["count"] == orders > 0
    page = visit(f"/customers/merge-review/?q={person['name']}", language=language, width=width)
    assert not page.locator(f"a[href*='{person['public_id']}']").count()
    shot(page, f"erased-sought-{language}-{width}")


FORGETTABLE = """
from django.contrib.auth.models import User
from django.db import transaction
from crm_project.queue.due import database_now
from customers.data_rights import erasing
from customers.models import Customer
boss, refused = User.objects.get(username="admin"), []
for customer in Customer.objects.alive():
    try:
        with transaction.atomic():
            erasing.erase(customer, by=boss, reason="asked for it in the shop", now=database_now())
            transaction.set_rollback(True)
    except Exception as error:
        refused.append(f"{customer.pk}: {error}")
"""


def test_everybody_whom_the_demo_knows_could_be_forgotten(product):
    """With whatever orders, coupons, runs and letters they have: one of each kind is more than a
    test makes by hand."""
    assert product.ask("refused[:5]", FORGETTABLE) == []
