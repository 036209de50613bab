"""What the mini-program says of a choice in the pop-up counts once, beside WeChat's own push."""

import pytest

from crm_project.queue.due import database_now
from integrations.member_api import attempts, platforms
from integrations.models import Grant, SubscribeTemplate
from integrations.wechat.subscribe import accepting, grants, templates
from integrations.wechat.subscribe.grants import Report
from tests.integrations.member import Phone

pytestmark = pytest.mark.django_db(transaction=True)
TITLE, LESSON = "课时不足提醒", "上课提醒"


@pytest.fixture
def device(app, platform) -> Phone:
    attempts.forget()
    platforms.forget()
    templates.sync(app, now=database_now())
    phone = Phone(app)
    assert phone.log_in(platform.person().login()["code"]).status_code == 200
    return phone


def key_of(title: str) -> str:
    return SubscribeTemplate.objects.get(title=title).key


def told(device, choices: dict, *, ident: str = "r1", **more):
    return device.ask("POST", "me/subscriptions", {"id": ident, "choices": choices, **more})


def test_an_accept_counts_once_and_a_reject_not_at_all(device):
    one, other = key_of(TITLE), key_of("优惠券到期提醒")
    for _time in range(2):
        answer = told(device, {one: "accept", other: "reject"})
        assert (answer.status_code, answer.json()) == (200, {"left": {one: 1, other: 0}})
    assert told(device, {one: "acceptWithAudio"}, ident="r2").json() == {"left": {one: 2}}
    assert told(device, {key_of(LESSON): "accept"}, ident="r3").json() == {
        "left": {key_of(LESSON): "any"}
    }


def test_the_push_of_the_same_accept_is_no_second_one(device):
    told(device, {key_of(TITLE): "accept"})
    row = Grant.objects.get()
    one = SubscribeTemplate.objects.get(title=TITLE)
    grants.accept(row.identity, [Report(one, database_now(), "p1", "push")], now=database_now())
    assert Grant.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id": "r", "choices": {"nothing-there": "accept"}}, "unknown_template"),
        ({"id": "r", "choices": {}}, None),
        ({"id": "r", "choices": []}, None),
        ({"id": "", "choices": {"a": "accept"}}, None),
        ({"id": "r", "choices": {str(n): "accept" for n in range(6)}}, None),
        ({"id": "r", "choices": {"a": 1}}, None),
        ({"id": "r\x00", "choices": {"a": "accept"}}, "invalid_text"),
        ({"choices": {"a": "accept"}}, None),
        ([], None),
    ],
)
def test_what_is_no_report_is_refused(device, body, code):
    answer = device.ask("POST", "me/subscriptions", body)
    assert answer.status_code == 400
    assert code is None or answer.json()["code"] == code
    assert not Grant.objects.exists()


def test_a_choice_that_is_none_is_refused(device):
    answer = told(device, {key_of(TITLE): "perhaps"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_value")


def test_nobody_reports_without_a_session(device):
    answer = device.ask("POST", "me/subscriptions", {"id": "r", "choices": {}}, token="hms_x")
    assert answer.status_code == 401


def test_hints_have_an_end(device):
    told(device, {key_of(TITLE): "accept"}, ident="first")
    person, one = Grant.objects.get().identity, SubscribeTemplate.objects.get(title=TITLE)
    now = database_now()
    for n in range(accepting.MOST_HINTS):
        grants.accept(person, [Report(one, now, f"x{n}", "client")], now=now)
    assert Grant.objects.count() == accepting.MOST_HINTS
