"""What is done by a button, or by a form that is no row's own, is done once, however often it is
sent."""

import re
import threading
import uuid

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaigns.models import Coupon, Journey, Run
from crm_project.jobs.models import Job
from customers.models import CustomerTag, FollowUp, Merge, Note, Segment
from tests.admin.rows import a_tag
from tests.admin.test_admin_marketing import ABSENCE
from tests.admin.test_admin_profile import a_journey
from tests.admin.test_two_at_once import hidden, opened
from tests.factories import a_batch, a_customer, a_member, a_namespace, a_segment


@pytest.fixture
def browser(db):
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(User.objects.create_superuser("anna"))
    return browser


def sent_twice(browser, page: str, data: dict, address: str = "", **more):
    """Both answers to one form of this page, sent twice."""
    text = browser.get(page, **more).content.decode()
    token = (
        "t" * 20
        if "_token" not in text
        else hidden(text.partition(f'action="{address}"')[2] if address else text, "_token")
    )
    return [browser.post(address or page, {**data, "_token": token}, **more) for _n in range(2)]


ACTIONS = {
    "note": lambda: {"text": "called"},
    "task": lambda: {"title": "call back"},
    "tag": lambda: {"tag": a_tag().pk},
    "coupon": lambda: {"batch": a_batch(stock=5).pk, "once": uuid.uuid4()},
    "journey": lambda: {"journey": a_journey({"kind": "always"}).pk, "confirmed": "1"},
}
MADE = (Note, FollowUp, CustomerTag, Coupon, Run)


@pytest.mark.parametrize("key", ACTIONS)
def test_what_is_done_on_a_customers_page_is_done_once_and_leads_there_again(browser, key):
    customer, data = a_member(), ACTIONS[key]()

    answers = sent_twice(browser, reverse("customer_action", args=[customer.public_id, key]), data)

    assert [(answer.status_code, answer.url) for answer in answers] == [
        (302, customer.get_absolute_url())
    ] * 2
    assert sum(model.objects.count() for model in MADE) == 1


def test_in_the_drawer_the_second_click_leads_to_the_customer_too(browser):
    customer = a_customer()
    address = reverse("customer_action", args=[customer.public_id, "note"])

    answers = sent_twice(browser, address, {"text": "called"}, headers={"HX-Request": "true"})

    assert [answer["HX-Redirect"] for answer in answers] == [customer.get_absolute_url()] * 2
    assert Note.objects.count() == 1


def test_what_must_be_looked_over_first_keeps_its_token(browser):
    customer = a_member()
    address = reverse("customer_action", args=[customer.public_id, "journey"])
    data = {"journey": a_journey({"kind": "always"}).pk}

    review = browser.post(
        address, {**data, "_token": opened(browser, address, "_token")}
    ).content.decode()
    token = hidden(review, "_token")
    answers = [
        browser.post(address, {**data, "confirmed": "1", "_token": token}) for _n in range(2)
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_write_one_note():
    customer, user, browsers, answers = (
        a_customer(),
        User.objects.create_superuser("anna"),
        [Client(), Client()],
        [],
    )
    address = reverse("customer_action", args=[customer.public_id, "note"])
    for browser in browsers:
        browser.force_login(user)

    def send(browser):
        try:
            answers.append(
                browser.post(address, {"text": "called", "_token": "t" * 20}).status_code
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [302, 302]
    assert Note.objects.count() == 1


def test_what_is_begun_for_many_is_begun_once(browser):
    tag, segment = a_tag(), a_segment(a_customer())
    bulk = f"{reverse('admin:bulk_begin')}?_list=customers.customer&_act=tag_on"

    begun = sent_twice(browser, bulk, {"tag": tag.pk})
    tagged = sent_twice(
        browser,
        reverse("admin:customers_tag_many"),
        {"act": "on", "tag": tag.pk, "segment": segment.pk},
    )

    assert [answer.url for answer in begun] == [
        reverse("admin:crm_project_job_change", args=[Job.objects.get(kind="bulk").pk])
    ] * 2
    assert [answer.url for answer in tagged] == [
        reverse("admin:customers_tag_change", args=[tag.pk])
    ] * 2
    assert Job.objects.filter(kind="tag_many").count() == 1


def test_a_button_of_a_row_does_it_once_and_each_button_has_its_own_token(browser):
    segment = a_segment(name="s")
    page = reverse("admin:customers_segment_change", args=[segment.pk])
    tokens = re.findall(r'name="_token" value="([^"]*)"', browser.get(page).content.decode())

    answers = sent_twice(
        browser, page, {}, reverse("admin:customers_segment_act", args=[segment.pk, "copy"])
    )

    copy = Segment.objects.exclude(pk=segment.pk).get()
    assert [answer.url for answer in answers] == [
        reverse("admin:customers_segment_change", args=[copy.pk])
    ] * 2
    assert len(tokens) == len(set(tokens)) > 1


def test_a_segment_of_a_stage_is_made_once(browser):
    page, address = (
        reverse("admin:events_lifecyclesettings_changelist"),
        reverse("admin:events_lifecycle_segment"),
    )

    answers = sent_twice(browser, page, {"stage": "new"}, address)

    assert [answer.url for answer in answers] == [
        reverse("admin:customers_segment_change", args=[Segment.objects.get().pk])
    ] * 2


def test_whoever_erases_or_joins_with_two_clicks_meets_no_error(browser):
    gone, first, second = a_customer(), a_customer(), a_customer()
    erase = reverse("admin:customers_customer_erase", args=[gone.pk])
    join = f"{reverse('merge')}?first={first.public_id}&second={second.public_id}"

    erased = sent_twice(browser, erase, {"reason": "asked", "sure": "on"})
    joined = sent_twice(browser, join, {"first": first.public_id, "second": second.public_id})

    assert [answer.status_code for answer in erased] == [302, 302]
    assert len({answer.url for answer in joined}) == 1
    assert Merge.objects.count() == 1


def test_each_plain_form_that_makes_a_journey_makes_one(browser):
    shop, segment = a_namespace(), a_segment()
    forms = {
        "absence": ABSENCE | {"namespace": shop.pk},
        "segment": ABSENCE | {"coupon": "none", "segment": segment.pk, "change": "entered"},
    }

    for name, data in forms.items():
        answers = sent_twice(
            browser, reverse(f"admin:campaigns_journey_{name}"), data | {"name": name}
        )
        made = reverse("admin:campaigns_journey_change", args=[Journey.objects.get(name=name).pk])
        assert [answer.url for answer in answers] == [made] * 2
