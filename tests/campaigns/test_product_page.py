"""The page of a product: its numbers are those of the lists behind them and of the segments made of
them."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Assignment, CampaignSlot, CampaignVersion
from campaigns.products import sales
from campaigns.products.groups import GROUPS, about
from campaigns.reports.kept import deriving
from crm_project.queue.due import database_now
from customers.models import Identity, Membership, Segment
from customers.segments import membership
from events.models import Booking, OrderLine, Product
from tests.factories import (
    a_campaign,
    a_member,
    a_namespace,
    a_source,
    a_workspace,
    an_event,
    an_order,
    happened,
    member,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def shown(admin_client):
    a_workspace()
    admin_client.cookies["django_language"] = "en"
    return admin_client


def a_product(number="tea", *, namespace=None, **more) -> Product:
    values = {"name": "Green tea", "category": "teas", "updated_at": database_now()}
    return Product.objects.create(
        **{"namespace": namespace or a_namespace(), "product_id": number, **values, **more}
    )


def buys(customer, source, number="tea", *, at=None, price=10000, **more):
    order = an_order(customer, source=source, paid_at=at or database_now() - DAY, **more)
    OrderLine.objects.create(order=order, product_id=number, quantity=1, price_fen=price)
    return order


def does(source, customer, name="Product Viewed", *, number="tea", days_ago=1):
    key = Identity.objects.get(customer=customer).value
    now = database_now()
    event = an_event(
        member(key), name=name, at=now - days_ago * DAY, properties={"product_id": number}
    )
    happened(source, event, now=now)


def a_shop():
    """Ten people: four looked, one of them has it in the cart too, two have bought it."""
    source, people = a_source(), [a_member() for _n in range(10)]
    for one in people[:4]:
        does(source, one)
    does(source, people[0], "Product Added")
    does(source, people[5], number="coffee")
    for one in people[3:5]:
        buys(one, source)
    buys(people[6], source, status="cancelled")
    buys(people[7], source, "coffee")
    return source, people


def told(html: str) -> dict[str, int]:
    found = re.findall(r'data-group="(\w+)".*?ht-figure-value">([\d,]+)<', html)
    return {key: int(n.replace(",", "")) for key, n in found}


def test_numbers_are_those_of_lists_and_segments(shown):
    _source, people = a_shop()
    product = a_product()
    numbers = told(shown.get(f"/products/{product.pk}/numbers/").content.decode())
    assert numbers == {"looked": 4, "added": 1, "bought": 2, "has": 2}

    audiences = {}
    for key in ("interested", "lasting", "category"):
        html = shown.get(f"/products/{product.pk}/audience/{key}/").content.decode()
        audiences[key] = int(re.search(r"data-n>(\d+)<", html)[1])
    assert audiences["interested"] == 3

    for key, n in (numbers | audiences).items():
        html = shown.get(f"/products/{product.pk}/people/{key}/").content.decode()
        assert html.count("data-customer=") == n
        shown.post(f"/products/{product.pk}/segment/{key}/", {"then": "segment"})
        membership.refresh()
        rule = GROUPS[key].rule(about(product))
        segment = Segment.objects.get(definition=rule)
        assert Membership.objects.filter(segment=segment).count() == n

    shown.cookies["django_language"] = "zh-hans"
    html = shown.get(f"/products/{product.pk}/audience/interested/").content.decode()
    assert "客户" in html
    assert "customers" not in re.sub(r"<[^>]*>", "", html)
    html = shown.get(f"/products/{product.pk}/people/interested/").content.decode()
    listed = {int(pk) for pk in re.findall(r'data-customer="(\d+)"', html)}
    assert listed == {one.pk for one in people[:3]}


def test_one_click_to_a_campaign_and_the_same_rule_twice_is_one_segment(shown):
    product = a_product()
    address = f"/products/{product.pk}/segment/interested/"
    first = shown.post(address, {"then": "campaign"})
    again = shown.post(address, {"then": "segment"})
    segment = Segment.objects.get()
    assert segment.name == "Interested in Green tea, not bought"
    assert first.url.endswith(f"?segment={segment.pk}")
    assert again.url.endswith(f"/{segment.pk}/change/")
    assert shown.get(first.url).status_code == 200


def test_who_enrolled_is_not_interested_any_more(shown):
    source, (first, second, third) = a_source(), [a_member() for _n in range(3)]
    course = a_product("yoga", kind="course", name="Yoga")
    for one in (first, second, third):
        does(source, one, number="yoga")
    for one, status in ((first, "confirmed"), (second, "cancelled")):
        at = database_now() - DAY
        Booking.objects.create(
            customer=one,
            origin_customer=one,
            namespace=source.namespace,
            number=f"b{one.pk}",
            source=source,
            status=status,
            kind="enrolment",
            occurred_at=at,
            starts_at=at,
            product_id="yoga",
        )
    html = shown.get(f"/products/{course.pk}/people/interested/").content.decode()
    listed = {int(pk) for pk in re.findall(r'data-customer="(\d+)"', html)}
    assert listed == {second.pk, third.pk}
    assert told(shown.get(f"/products/{course.pk}/numbers/").content.decode())["booked"] == 1


def test_a_product_of_another_shop_with_the_same_number_is_told_apart_by_who_bought(shown):
    source, other = a_source(), a_source(namespace=a_namespace("other"))
    here, there = a_product(), a_product(namespace=other.namespace, name="Other tea")
    buys(a_member(), source)
    for _n in range(2):
        buys(a_member(), other)
    assert told(shown.get(f"/products/{here.pk}/numbers/").content.decode())["has"] == 1
    assert told(shown.get(f"/products/{there.pk}/numbers/").content.decode())["has"] == 2
    assert sales.lately(here).net_fen == 10000
    assert sales.lately(there).net_fen == 20000
    text = shown.get(f"/products/{here.pk}/").content.decode()
    assert "Another shop has a product of the same number" in text


def test_what_it_sold_before_and_after_beside_the_held_out(shown):
    source, now, product = a_source(), database_now(), a_product()
    people = [a_member() for _n in range(8)]
    at = now - 10 * DAY
    campaign = a_campaign(name="Tea week", status="done", launched_at=at, holdout_percent=50)
    version = CampaignVersion.objects.create(campaign=campaign, number=1, definition={}, made_at=at)
    subject = f"campaign:{campaign.pk}:1"
    CampaignSlot.objects.create(
        campaign=campaign, version=version, at=at, subject=subject, state="done"
    )
    for n, one in enumerate(people):
        Assignment.objects.create(
            customer=one,
            origin_customer=one,
            subject=subject,
            arm="treated" if n < 4 else "held_out",
            at=at,
        )
    buys(people[0], source, at=at - DAY)
    buys(people[0], source, at=at + DAY)
    # half of what this order left is of the tea
    half = buys(people[1], source, at=at + DAY)
    OrderLine.objects.create(order=half, product_id="cup", quantity=2, price_fen=5000)
    buys(people[4], source, at=at + DAY, refunded_fen=4000)
    buys(people[5], source, at=at - 40 * DAY)
    deriving.keep(now + DAY)

    (found,) = sales.by_campaign(product, now)
    arms = {arm: (n, before.net_fen, after.net_fen) for arm, n, before, after in found.arms}
    assert arms == {"treated": (4, 10000, 15000), "held_out": (4, 0, 6000)}
    text = shown.get(f"/products/{product.pk}/sold/").content.decode()
    assert "Tea week" in text
    assert f'data-beside="{campaign.pk}"' in text


def test_rights(client):
    a_shop()
    product = a_product()
    looker = User.objects.create_user("looker", is_staff=True)
    client.force_login(looker)
    page = f"/products/{product.pk}/"
    assert client.get(page).status_code == 403
    looker.user_permissions.add(Permission.objects.get(codename="view_product"))
    text = client.get(page).content.decode()
    assert "hx-get" not in text.split("</header>")[-1] or "product_numbers" not in text
    assert client.get(f"{page}audience/interested/").status_code == 403
    assert client.get(f"{page}people/interested/").status_code == 403
    assert client.get(f"{page}sold/").status_code == 403
    assert client.post(f"{page}segment/interested/").status_code == 403
    assert told(client.get(f"{page}numbers/").content.decode()) == {}
    assert client.get(f"{page}audience/nothing/").status_code == 404


def test_queries_do_not_grow_with_people(shown):
    source, product = a_source(), a_product()
    counts = []
    for people in (1, 5):
        for _n in range(people):
            does(source, a_member())
        counts.append({})
        for part in ("", "numbers/", "audience/interested/", "people/interested/", "sold/"):
            shown.get(f"/products/{product.pk}/{part}")  # what a process remembers is remembered
            with CaptureQueriesContext(connection) as queries:
                assert shown.get(f"/products/{product.pk}/{part}").status_code == 200
            counts[-1][part] = len(queries)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 60


def test_wherever_a_product_is_named_its_page_is_a_click_away(shown):
    source, product = a_source(), a_product("a/b 茶")
    order = buys(a_member(), source, "a/b 茶")
    text = shown.get(f"/admin/events/order/{order.pk}/change/").content.decode()
    link = re.search(r'href="(/products/\?[^"]+)"', text)[1].replace("&amp;", "&")
    assert shown.get(link).url == f"/products/{product.pk}/"
    assert shown.get("/products/?number=gone").url.endswith("?q=gone")
    listed = shown.get("/admin/events/product/").content.decode()
    assert f"/products/{product.pk}/" in listed
