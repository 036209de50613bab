"""What coupons came to: three tables that add up to the same, for whoever may see money."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns import coupons
from campaigns.coupons import codes, summing
from crm_project.queue.due import database_now
from customers.models import Store
from tests.factories import a_batch, a_campaign, a_member, a_namespace, a_source, an_order

pytestmark = pytest.mark.django_db


def give(batch, n, by):
    people = [a_member() for _n in range(n)]
    wanted = [coupons.Wanted(one.pk, one.pk, f"report {one.pk}") for one in people]
    return list(coupons.issue(batch, wanted, by=by, now=database_now()).values())


def spend(coupon, order, total=20_000, **more):
    return coupons.redeem(
        code=more.pop("code", None) or coupon.code,
        namespace=a_namespace(),
        order_number=order,
        total_fen=total,
        lines=[],
        now=database_now(),
        by="till",
        **more,
    )


def lived():
    source, campaign = a_source(), a_campaign(name="Tea week")
    store = Store.objects.create(namespace=source.namespace, key="s1", name="West Gate")
    first = a_batch(name="Ten off")
    second = a_batch(name="Half", kind="percent", percent_off=50, most_off_fen=5000)
    of_campaign = give(first, 3, f"campaign:{campaign.pk}")
    by_hand = give(second, 4, "user:7")
    order = an_order(of_campaign[0].customer, source=source, store=store)
    spend(of_campaign[0], order.number)
    spend(by_hand[0], "unknown order", total=4000)  # ¥20 of the ¥50 that was promised
    coupons.revoke([by_hand[1].pk], by="x", now=database_now())
    everybodys = a_batch(
        code_mode="shared", shared_code="TEA1", shared_digest=codes.digest("TEA1"), name="Poster"
    )
    spend(None, "third", code="TEA1", customer=a_member().pk)
    return campaign, store, first, second, everybodys


def test_the_three_tables_add_up_to_the_same():
    campaign, store, first, second, everybodys = lived()
    since = database_now() - timedelta(days=30)
    tables = {what: summing.by(what, since) for what in summing.BY}
    totals = [sum(found.values(), summing.Came()) for found in tables.values()]
    assert totals[0] == totals[1] == totals[2]
    assert totals[0] == summing.Came(8, 4, 12_000, 3, 4000, 3000, 1)
    by_batch = tables["batch"]
    assert by_batch[str(first.pk)] == summing.Came(3, 2, 2000, 1, 1000, 0, 0)
    assert by_batch[str(second.pk)] == summing.Came(4, 2, 10_000, 1, 2000, 3000, 1)
    assert by_batch[str(everybodys.pk)].redeemed == 1
    assert {key: one.n for key, one in tables["origin"].items()} == {
        "hand": 4,
        f"campaign:{campaign.pk}": 3,
        "shared": 1,
    }
    assert {key: one.redeemed for key, one in tables["store"].items()} == {
        "-": 0,
        "": 2,
        str(store.pk): 1,
    }


def test_the_page_and_its_file(admin_client):
    admin_client.cookies["django_language"] = "en"
    lived()
    page = reverse("admin:campaigns_couponbatch_report")
    with CaptureQueriesContext(connection) as queries:
        text = admin_client.get(page).content.decode()
    assert len(queries) < 40
    for words in ("Tea week", "West Gate", "Ten off", "by hand", "one code for everybody", "¥120"):
        assert words in text
    rows = csv.reader(io.StringIO(admin_client.get(f"{page}?as=csv").content.decode("utf-8-sig")))
    assert ["Tea week", "3", "2"] in [row[:3] for row in rows]
    for bad in ("x", "-1", "9" * 30, ""):
        assert admin_client.get(f"{page}?days={bad}").status_code == 200
    assert (
        page in admin_client.get(reverse("admin:campaigns_couponbatch_changelist")).content.decode()
    )


def test_rights(client):
    user = User.objects.create_user("some", is_staff=True)
    client.force_login(user)
    page = reverse("admin:campaigns_couponbatch_report")
    for name in ("view_couponbatch", "view_order"):
        assert client.get(page).status_code == 403
        user.user_permissions.add(Permission.objects.get(codename=name))
    assert client.get(page).status_code == 200
