"""Somebody logs in by WeChat, is known, reads what is theirs, and tells their phone."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.delivery import costs
from campaigns.models import Price
from crm_project.queue.due import database_now
from customers.data_rights import erasing, exporting
from customers.identity import merging
from customers.models import (
    AuditEntry,
    Connection,
    Customer,
    Identity,
    IdentityConflict,
    Kind,
    Source,
)
from events.models import Event
from integrations.doors.reading import identities
from integrations.member_api import attempts, lane, phones, platforms, sessions
from integrations.member_api.models import MemberSession, PhoneLookups
from integrations.wechat.login import WeChatLogin
from tests.factories import a_customer, a_namespace, a_source, an_event, happened, visitor
from tests.integrations.member import Phone
from tests.integrations.wechat.conftest import an_app, answered

pytestmark = pytest.mark.django_db(transaction=True)
EXCHANGE, PHONE = "/sns/jscode2session", "/wxa/business/getuserphonenumber"


@pytest.fixture(autouse=True)
def nobody_has_tried():
    attempts.forget()
    platforms.forget()
    assert lane.lane.under_way == {True: 0, False: 0}


@pytest.fixture
def device(app) -> Phone:
    return Phone(app)


@pytest.fixture
def person(platform):
    return platform.person(phone="13800138000")


def customer_of(openid: str) -> Customer:
    return Identity.objects.get(kind="wx_openid", value=openid).customer


def test_whoever_logs_in_is_known_by_openid_and_unionid(device, person, app):
    me = person.login()

    answer = device.log_in(me["code"])

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    openid = Identity.objects.get(kind="wx_openid")
    assert (openid.value, openid.scope) == (me["openid"], app.account)
    unionid = Identity.objects.get(kind="wx_unionid")
    assert (unionid.value, unionid.customer_id) == (me["unionid"], openid.customer_id)
    assert Event.objects.get().name.name == "Logged In"
    assert device.token not in str(list(MemberSession.objects.values()))
    told = device.ask("GET", "session").json()
    assert told["app"] == app.account
    assert "session_key" not in answer.content.decode() + json.dumps(told)


def test_the_visitor_of_this_device_is_the_same_person(device, person, app):
    source = a_source(trust="client", namespace=app.namespace)
    happened(source, an_event(visitor("v-1")), an_event(visitor("v-2")))
    me = person.login()

    device.log_in(me["code"], anonymous_id="v-1")
    device.log_in(person.login()["code"], anonymous_id="v-2")  # installed anew

    mine = customer_of(me["openid"])
    for event in Event.objects.all():
        assert mine.pk in {event.customer_id, event.customer.merged_into_id}


def test_placeholders_are_no_visitors(device, person):
    assert device.log_in(person.login()["code"], anonymous_id="undefined").status_code == 200
    assert not Identity.objects.filter(kind="anonymous_id").exists()


def test_a_visitor_who_is_somebody_known_is_nobody_elses(device, person, platform):
    """Who sends another one's device id takes nothing of theirs."""
    device.log_in(person.login()["code"], anonymous_id="v-1")
    thief = Phone(device.app)
    other = platform.person()
    thief.log_in(other.login()["code"], anonymous_id="v-1")

    assert customer_of(person.openid) != customer_of(other.openid)


@pytest.mark.parametrize(
    ("made", "status", "code"),
    [
        (lambda p, _o: p.wechat.tell("add_person") and "0" * 32, 400, "invalid_code"),
        (lambda _p, _o: "no code!", 400, "invalid_code"),
        (lambda _p, _o: "", 400, "wrong_length"),
        (lambda p, _o: p.do("phone")["code"], 400, "invalid_code"),
        (lambda _p, other: other.login()["code"], 403, "person_refused"),
    ],
)
def test_codes_that_are_none(device, person, platform, made, status, code):
    answer = device.log_in(made(person, platform.person(is_risky=True)))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not MemberSession.objects.exists()


def test_a_code_works_once_and_in_its_own_app(device, person, platform, app):
    code = person.login()["code"]
    assert device.log_in(code).status_code == 200
    assert device.log_in(code).json()["code"] == "invalid_code"

    made = platform.tell("add_app")
    other = Phone(an_app(platform, appid=made["appid"], secret=made["secret"]))
    stolen = other.log_in(person.login()["code"])
    assert (stolen.status_code, stolen.json()["path"]) == (400, "$.code")


BAD = [
    (b" ", 400, "invalid_json"),
    (b"{", 400, "invalid_json"),
    (b"[]", 400, "wrong_type"),
    (b'{"app": 1, "code": "x"}', 400, "wrong_type"),
    (b'{"code": "xxxxxxxx"}', 400, "missing_field"),
    (b'{"app": "wx", "code": "xxxxxxxx"}', 404, "unknown_app"),
    (b'{"app": "w\\u0000x", "code": "xxxxxxxx"}', 400, "invalid_text"),
    (b'{"app": "wx", "code": "xxxxxxxx", "extra": 1}', 400, "unknown_field"),
    (b'{"app": "wx", "code": "' + b"x" * 600 + b'"}', 400, "wrong_length"),
    (b'{"app": "wx", "code": "xx", "anonymous_id": {}}', 400, "wrong_type"),
    (b"x" * 9000, 413, "too_large"),
    (b"\xff\xfe", 400, None),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD)
@pytest.mark.parametrize("path", ["session", "me/phone", "me/messages/read"])
def test_bad_bodies_are_refused_with_their_place(device, person, path, body, status, code):
    device.log_in(person.login()["code"])
    answer = device.ask("POST", path, body)

    assert 400 <= answer.status_code < 500
    assert answer.json()["code"]
    if path == "session":
        assert answer.status_code == status
        assert code in {None, answer.json()["code"]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "session"),
        ("DELETE", "session"),
        ("POST", "me/phone"),
        ("GET", "me/messages"),
        ("POST", "me/messages/read"),
    ],
)
@pytest.mark.parametrize(
    "token", ["", "hms_", "hms_" + "a" * 43, "hms_" + "é" * 43, "x" * 5000, "src_abc"]
)
def test_without_a_session_nothing_is_told(device, method, path, token):
    body = {"code": "x" * 20} if path == "me/phone" else {"message_ids": [1]}
    answer = device.ask(method, path, body, token=token)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert "Bearer" in answer["WWW-Authenticate"]


def test_a_session_ends_when_it_is_ended_when_it_is_over_and_with_its_account(
    device, person, moved_clock
):
    def is_known():
        return device.ask("GET", "session").status_code == 200

    device.log_in(person.login()["code"])
    assert is_known()
    assert device.ask("DELETE", "session").json() == {"status": "ended"}
    assert not is_known()

    device.log_in(person.login()["code"])
    Connection.objects.update(is_active=False)
    assert not is_known()
    Connection.objects.update(is_active=True)
    assert is_known()

    moved_clock.by(days=7, seconds=1)
    assert not is_known()


def test_of_one_person_only_the_newest_sessions_stay(device, person):
    for _n in range(sessions.MOST_OF_ONE + 3):
        device.log_in(person.login()["code"])

    assert MemberSession.objects.count() == sessions.MOST_OF_ONE
    assert Event.objects.count() == 1  # an hour's log-ins of a device are one event


def test_wrong_codes_reach_the_platform_so_many_times_a_minute(device, person, platform):
    answers = [device.log_in("0" * 30 + str(n)).status_code for n in range(100, 200)]

    assert answers == [400] * attempts.codes.most + [429] * (100 - attempts.codes.most)
    assert answered(platform, EXCHANGE) == attempts.codes.most
    refused = device.log_in(person.login()["code"])
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_guesses")
    assert int(refused["Retry-After"]) <= 60
    elsewhere = Phone(device.app, address="203.0.113.8")
    assert elsewhere.log_in(person.login()["code"]).status_code == 200


def test_sessions_cannot_be_tried_out(device):
    answers = [
        device.ask("GET", "session", token="hms_" + f"{n:043d}").status_code for n in range(100)
    ]

    assert answers == [401] * attempts.tokens.most + [429] * (100 - attempts.tokens.most)


@pytest.mark.parametrize("kind", ["fail", "drop", "cut", "garbage", "busy", "throttle"])
def test_a_rude_platform_is_ours_to_excuse(device, person, platform, kind):
    code = person.login()["code"]
    platform.misbehave({"kind": kind, "only": EXCHANGE})

    answer = device.log_in(code)

    assert (answer.status_code, answer.json()["code"]) == (503, "platform_unavailable")
    assert int(answer["Retry-After"]) == 5
    assert Connection.objects.get().last_error


def test_a_slow_platform_is_waited_for_three_seconds_at_most(device, person, platform, monkeypatch):
    monkeypatch.setattr(WeChatLogin, "seconds", 0.3)
    platform.misbehave({"kind": "slow", "only": EXCHANGE, "seconds": 5})

    assert device.log_in(person.login()["code"]).status_code == 503


def test_a_full_lane_says_come_again_and_nobody_is_asked(device, person, platform, monkeypatch):
    monkeypatch.setattr(lane, "WAITING", 0)
    answer = device.log_in(person.login()["code"])

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer["Retry-After"] == "2"
    assert answered(platform, EXCHANGE) == 0


# -- phones


def test_a_phone_is_attached_counted_and_priced(device, person, app):
    device.log_in(person.login()["code"])

    answer = device.ask("POST", "me/phone", {"code": person.do("phone")["code"]})

    assert answer.json() == {"status": "attached", "phone": "138****8000"}
    phone = Identity.objects.get(kind="phone")
    assert phone.customer == customer_of(person.openid)
    assert phone.is_strong
    assert phones.told(app) == (1, (1, 300))


def test_a_phone_joins_who_had_it_and_a_contradiction_waits_for_staff(device, person, platform):
    other = platform.person(phone="13800138000")  # a second WeChat account with one phone
    for who in (person, other):
        device.log_in(who.login()["code"])
        last = device.ask("POST", "me/phone", {"code": who.do("phone")["code"]})

    assert last.json()["status"] == "in_review"
    assert IdentityConflict.objects.count() == 1
    assert device.ask("GET", "session").status_code == 200  # the log-in goes on
    assert customer_of(person.openid) != customer_of(other.openid)


def test_a_phone_joins_the_member_whom_the_shop_has_named(device, person, app):
    source = a_source(namespace=app.namespace)
    phone = identities.named(Kind.PHONE, "13800138000", is_verified=True)
    member = identities.named(Kind.MEMBER_ID, "10086")
    happened(source, an_event(member, phone))
    device.log_in(person.login()["code"])

    device.ask("POST", "me/phone", {"code": person.do("phone")["code"]})

    known = Identity.objects.get(kind="member_id").customer
    assert sessions.customer_of(MemberSession.objects.get()).pk == (
        known.merged_into_id or known.pk
    )


def test_a_phone_of_another_person_is_not_told(device, person, platform):
    device.log_in(person.login()["code"])
    stolen = platform.person(phone="13900139000").do("phone")["code"]

    answer = device.ask("POST", "me/phone", {"code": stolen})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_code")
    assert not Identity.objects.filter(kind="phone").exists()
    assert PhoneLookups.objects.get().number == 0  # nothing is paid for a refusal


def test_no_more_phones_than_are_paid_for_in_a_day(device, person, app, platform):
    app.settings = {**app.settings, "phones_a_day": 1}
    app.save()
    platforms.forget()
    device.log_in(person.login()["code"])
    codes = [person.do("phone")["code"] for _n in range(2)]

    answers = [device.ask("POST", "me/phone", {"code": code}) for code in codes]

    assert [one.status_code for one in answers] == [200, 429]
    assert answers[1].json()["code"] == "daily_limit"
    assert answered(platform, PHONE) == 1


def test_a_country_may_come_as_a_number(device, person, platform):
    platform.tell("app", appid=platform.appid, country_is_number=True)
    device.log_in(person.login()["code"])

    answer = device.ask("POST", "me/phone", {"code": person.do("phone")["code"]})

    assert answer.json()["status"] == "attached"


# -- merge, erase, export, the page


def test_the_session_follows_a_merge_and_its_undoing(device, person):
    device.log_in(person.login()["code"])
    mine, other = customer_of(person.openid), a_customer()
    now = database_now()
    merging.merge(other.pk, mine.pk, identity="test", by="test", now=now)

    session = sessions.found(device.token)
    assert sessions.customer_of(session).pk == other.pk


def test_who_is_erased_is_logged_out_everywhere(device, person):
    device.log_in(person.login()["code"])
    erasing.erase(customer_of(person.openid), by=None, reason="asked us to", now=database_now())

    assert device.ask("GET", "session").status_code == 401
    assert not MemberSession.objects.exists()


def test_the_copy_of_a_person_holds_the_log_ins_and_no_token(device, person):
    device.log_in(person.login()["code"])
    found = exporting.collected(customer_of(person.openid))

    [told] = found["integrations.MemberSession"]
    assert told["expires_at"]
    assert "digest" not in told


def test_the_page_shows_log_ins_and_ends_them(device, person):
    device.log_in(person.login()["code"])
    customer = customer_of(person.openid)
    boss = Client(headers={"accept-language": "en"})
    boss.force_login(User.objects.create_superuser("boss"))

    assert device.app.name in boss.get(customer.get_absolute_url()).content.decode()
    boss.post(reverse("customer_action", args=[customer.public_id, "end-log-ins"]), {"_once": "x"})

    assert device.ask("GET", "session").status_code == 401
    assert AuditEntry.objects.filter(act="customer.end_log_ins").exists()


def test_after_a_restore_everybody_logs_in_anew(device, person):
    device.log_in(person.login()["code"])
    sessions.end_restored(now=database_now(), taken_at=database_now() - timedelta(days=1))

    assert device.ask("GET", "session").status_code == 401


def test_our_own_source_of_an_app_is_in_no_list(device, person, app):
    device.log_in(person.login()["code"])

    assert not Source.objects.others().exists()
    assert sessions.source_of(app).namespace == app.namespace


def test_a_second_shop_of_the_same_installation_knows_its_own(platform, person):
    made = platform.tell("add_app")
    other = an_app(
        platform, namespace=a_namespace("other"), appid=made["appid"], secret=made["secret"]
    )
    Phone(other).log_in(person.login(appid=made["appid"])["code"])

    assert Identity.objects.get(kind="wx_unionid").scope == "other"


@pytest.mark.parametrize(("of_app", "expected"), [(None, 300), (250, 250), (0, 0)])
def test_a_phone_costs_what_people_have_set(device, person, app, of_app, expected):
    if of_app is not None:
        ago = database_now() - timedelta(days=1)
        Price.objects.create(channel=costs.PHONE, connection=app, since=ago, price=of_app)
    device.log_in(person.login()["code"])

    device.ask("POST", "me/phone", {"code": person.do("phone")["code"]})

    assert PhoneLookups.objects.get().cost == expected
