"""The pages of subscribe messages and of requests to be forgotten."""

import re

import pytest
from django.urls import reverse

from crm_project.queue.due import database_now
from customers.data_rights import requests
from customers.models import Customer, ErasureRequest
from integrations.models import SubscribeTemplate
from integrations.wechat.panels import Subscriptions
from integrations.wechat.subscribe import grants
from integrations.wechat.subscribe.content import SubscribeContent
from integrations.wechat.subscribe.grants import Report
from tests.factories import a_customer
from tests.integrations.wechat.app import a_person, a_template
from tests.integrations.wechat.app import an_app as app_alone

pytestmark = pytest.mark.django_db
LIST = "admin:integrations_subscribetemplate_changelist"


@pytest.mark.django_db(transaction=True)
def test_templates_are_read_from_the_page(admin_client, app):
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "课时不足提醒" not in page
    address = reverse("admin:integrations_subscribetemplate_read")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    answer = admin_client.post(address, hidden, follow=True)
    assert answer.status_code == 200
    assert "课时不足提醒" in answer.content.decode()
    assert admin_client.get(address).status_code == 405


def test_the_list_says_who_can_be_written_to(admin_client):
    row = app_alone()
    one, now = a_template(row), database_now()
    for number in range(3):
        person = a_person()
        for time in range(2):
            report = Report(one, now, f"{number}:{time}", "push")
            grants.accept(person, [report], now=now)
    grants.withdraw(person, [one], at=now, now=now)
    page = admin_client.get(reverse(LIST)).content.decode()
    cell = r'<td class="field-(people|messages_left|used_up)[^"]*"[^>]*>(.*?)</td>'
    cells = re.findall(cell, page, re.DOTALL)
    told = {name: re.sub(r"<[^>]+>|\s", "", text) for name, text in cells}
    assert told == {"people": "2", "messages_left": "4", "used_up": "1"}


def test_what_people_subscribed_to_is_stated_on_its_page(admin_client):
    one = a_template(app_alone(), about="")
    address = reverse("admin:integrations_subscribetemplate_change", args=[one.pk])
    page = admin_client.get(address).content.decode()
    assert "课程名称" in page
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    said = {"about": "booking", "promise": "上课前提醒我", "every": "", "counted_by": ""}
    answer = admin_client.post(address, {**hidden, **said})
    assert answer.status_code == 302
    one.refresh_from_db()
    assert (one.about, one.promise) == ("booking", "上课前提醒我")


def test_the_panel_says_what_is_left(admin_user):
    row = app_alone()
    person, now = a_person(), database_now()
    one, lasting = a_template(row), a_template(row, kind="long_term", title="上课提醒")
    for number, template in enumerate((one, one, lasting)):
        report = Report(template, now, f"k{number}", "push")
        grants.accept(person, [report], now=now)
    told = Subscriptions(admin_user).context(person.customer)["grants"]
    assert {(t["title"], t["is_lasting"]) for t in told} == {
        ("课时不足提醒", False),
        ("上课提醒", True),
    }
    assert Subscriptions(admin_user).context(a_customer())["grants"] == []


def test_a_request_to_be_forgotten_is_settled_by_a_person(admin_client):
    person, now = a_customer(), database_now()
    for _time in range(2):
        requests.ask(person.pk, person.pk, asked_by="x", why="wechat", at=now, now=now)
    one = ErasureRequest.objects.get()
    assert Customer.objects.get(pk=person.pk).is_barred
    page = admin_client.get(reverse("admin:customers_erasurerequest_changelist"))
    assert page.status_code == 200
    address = reverse("admin:customers_erasurerequest_change", args=[one.pk])
    assert admin_client.get(address).status_code == 200
    requests.decline(one, by=None, now=now)
    one.refresh_from_db()
    assert one.settled_at
    assert not Customer.objects.get(pk=person.pk).is_barred


def test_templates_that_were_only_told_have_their_id_for_a_name():
    one = a_template(app_alone(), title="")
    assert str(SubscribeTemplate.objects.get(pk=one.pk)) == one.key


def test_values_are_called_what_the_template_calls_them(admin_client):
    row = app_alone()
    short = [{"key": "thing1", "kind": "thing", "label": "课程名称", "example": "瑜伽<b>"}]
    more = [*short, {"key": "time2", "kind": "time", "label": "上课时间"}]
    a_template(row, key="short", keywords=short)
    a_template(row, key="more", keywords=more)
    fields = list(SubscribeContent(prefix="wechat").value_fields())
    assert [rule for rule, _bound in fields] == [
        "wechat-template=short|more",
        "wechat-template=more",
    ]
    page = admin_client.get(reverse("admin:campaigns_template_add")).content.decode()
    assert page.count('<span data-shown-if="wechat_subscribe-template=more">上课时间</span>') == 1
    assert "瑜伽&lt;b&gt;" in page
    assert "First value" not in page
