"""A segment's page: the rule first, whom each channel reaches, what is begun with it."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pyroaring import BitMap

from campaigns.delivery.channels import channels
from campaigns.delivery.reach import reach
from campaigns.models import Suppression
from customers.models import Consent, Customer, Purpose
from tests.factories import NOW, a_customer, a_member, a_segment, a_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def text_of(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def allow(customer, *, yes: bool, channel="in_app"):
    Consent.objects.create(
        customer=customer,
        origin_customer=customer,
        channel=channel,
        purpose=Purpose.MARKETING,
        is_granted=yes,
        occurred_at=NOW,
        source=a_source(),
    )


def people():
    """One of each kind: reached, refuses, silent, asked to be forgotten, without an address."""
    reached, refuses, silent, barred = (a_member() for _n in range(4))
    nowhere = a_customer()
    for one in (reached, silent, barred, nowhere):
        allow(one, yes=True)
    allow(refuses, yes=False)
    Suppression.objects.create(
        customer=silent, origin_customer=silent, channel="in_app", reason="by hand", at=NOW
    )
    Customer.objects.filter(pk=barred.pk).update(is_barred=True)
    return reached, refuses, silent, barred, nowhere


def test_everybody_is_reached_or_left_out_for_one_reason():
    everybody = people()
    found = reach(channels["in_app"], BitMap(one.pk for one in everybody))

    sets = [found.reached, found.no_consent, found.suppressed, found.erased, found.unreachable]
    assert [sorted(one) for one in sets] == [[one.pk] for one in everybody]
    assert found.everybody == 5


def test_its_reach_is_told_with_reasons(boss):
    segment = a_segment(*people())
    text = text_of(boss.get(f"/admin/customers/segment/{segment.pk}/panel/reach/"))

    assert 'data-figure="reach_in_app" data-value="1"' in text
    assert "has not agreed: 1" in text
    assert 'data-figure="reach_email"' in text
    assert boss.get(f"/admin/customers/segment/{segment.pk}/panel/none/").status_code == 404


def test_who_may_not_see_people_is_told_no_few(client):
    segment = a_segment(*people())
    user = User.objects.create_user("analyst", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_segment", "view_message"])
    )
    client.force_login(user)
    client.cookies["django_language"] = "en"
    text = text_of(client.get(f"/admin/customers/segment/{segment.pk}/panel/reach/"))

    assert "fewer than 5" in text
    assert 'data-value="1"' not in text
    user.user_permissions.clear()
    assert client.get(f"/admin/customers/segment/{segment.pk}/panel/reach/").status_code in (
        302,
        403,
    )


def test_it_leads_to_what_is_begun_with_it(boss):
    segment = a_segment(a_customer())
    text = text_of(boss.get(f"/admin/customers/segment/{segment.pk}/change/"))
    shown = text.split("data-used-in")[1].split("</div>")[0]
    links = [part.split('"')[0].replace("&amp;", "&") for part in shown.split('href="')[1:]]

    assert len(links) >= 5
    for link in links:
        assert f"segment={segment.pk}" in link
        assert boss.get(link).status_code == 200, link
    campaign = text_of(boss.get(next(link for link in links if "campaign/add" in link)))
    assert f'value="{segment.pk}" selected' in campaign
    journey = text_of(boss.get(next(link for link in links if "journey/segment" in link)))
    assert f'value="{segment.pk}" selected' in journey
    assert boss.get("/admin/campaigns/journey/segment/", {"segment": "x"}).status_code == 200


def test_the_page_costs_the_same_with_more_members(boss):
    def queries(segment) -> int:
        with CaptureQueriesContext(connection) as found:
            boss.get(f"/admin/customers/segment/{segment.pk}/change/")
        return len(found)

    few, many = a_segment(a_customer()), a_segment(*(a_customer() for _n in range(9)))
    queries(few)
    assert queries(few) == queries(many) <= 30
