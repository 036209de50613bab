"""Logging in: locked out after ten wrong passwords, a second step, sessions that end, and pages on
which only our scripts run."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from crm_project.audit import tallies
from crm_project.login import devices, second_step, sessions, tries
from crm_project.login.nonces import with_nonces
from crm_project.models import LoginTries, Session, Tally
from crm_project.queue.due import database_now
from customers.models import AuditEntry

pytestmark = pytest.mark.django_db
LOGIN, HOME = reverse("admin:login"), reverse("admin:index")
PASSWORD = "a long and good one 42"


@pytest.fixture
def anna():
    return User.objects.create_superuser("anna", password=PASSWORD)


def login(client, password=PASSWORD, name="anna", **more):
    return client.post(LOGIN, {"username": name, "password": password}, **more)


def is_in(client):
    return client.get(HOME).status_code == 200


def code(device, steps=0):
    totp = TOTP(device.bin_key)
    totp.time = totp.time + 30 * steps
    return f"{totp.token():06d}"


ENGLISH = {"accept-language": "en"}


def said(answer) -> str:
    return answer.content.decode()


# -- lock-out


def test_the_eleventh_try_is_refused_even_with_the_right_password(client, anna):
    for _n in range(10):
        login(client, "wrong")

    client.cookies["django_language"] = "en"
    text = login(client, follow=True).content.decode()

    assert "Too many attempts" in text
    assert not is_in(client)


def test_somebody_elsewhere_and_somebody_else_are_not_locked_out(client, anna):
    other = User.objects.create_superuser("otto", password=PASSWORD)
    for _n in range(11):
        login(client, "wrong")

    assert login(Client(), name=other.username).url == HOME
    elsewhere = Client()
    assert login(elsewhere, REMOTE_ADDR="203.0.113.9").url == HOME


def test_a_name_that_nobody_has_is_answered_the_same_way(client, anna):
    said = [
        [(login(client, "wrong", name).status_code) for _n in range(12)]
        for name in ("anna", "nobody")
    ]

    assert said[0] == said[1]


def test_who_knows_the_password_after_nine_tries_begins_from_nothing(client, anna):
    for _round in range(2):
        for _n in range(9):
            login(client, "wrong")
        assert login(client).url == HOME
        client.logout()


def test_behind_a_proxy_only_its_own_entry_counts(client, anna, settings):
    settings.PROXIES = 1
    for n in range(11):
        login(client, "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}, 198.51.100.7")

    login(client, HTTP_X_FORWARDED_FOR="10.9.9.9, 198.51.100.7")
    assert not is_in(client)
    assert login(client, HTTP_X_FORWARDED_FOR="198.51.100.8").url == HOME


def test_the_64_of_an_ipv6_address_is_one_network(client, anna):
    for n in range(11):
        login(Client(), "wrong", REMOTE_ADDR=f"2001:db8:1:2::{n + 1}")

    login(client, REMOTE_ADDR="2001:db8:1:2:ffff::1")
    assert not is_in(client)
    assert login(client, REMOTE_ADDR="2001:db8:1:3::1").url == HOME


def test_many_names_from_one_network_are_locked_and_other_networks_are_not(client, anna):
    for n in range(20):
        login(Client(), "summer 2026", f"name {n}", REMOTE_ADDR="203.0.113.9")

    assert "quarter of an hour" in said(login(Client(), REMOTE_ADDR="203.0.113.9", headers=ENGLISH))
    assert login(client, REMOTE_ADDR="203.0.113.10").url == HOME


def test_one_name_from_everywhere_is_only_slowed(client, anna):
    for n in range(20):
        login(Client(), "wrong", REMOTE_ADDR=f"203.0.113.{n}")

    assert "in a minute" in said(login(Client(), REMOTE_ADDR="198.51.100.1", headers=ENGLISH))
    LoginTries.objects.update(tried_at=F("tried_at") - timedelta(seconds=3))
    assert login(client, REMOTE_ADDR="198.51.100.1").url == HOME


def test_a_device_that_has_logged_in_before_is_not_locked_out_by_others(client, anna):
    assert login(client, REMOTE_ADDR="192.0.2.1").url == HOME
    client.post(reverse("admin:logout"))
    for n in range(30):
        login(Client(), "wrong", REMOTE_ADDR="192.0.2.1")
        login(Client(), "wrong", REMOTE_ADDR=f"203.0.113.{n}")

    assert login(client, REMOTE_ADDR="192.0.2.1").url == HOME
    client.post(reverse("admin:logout"))
    for _n in range(10):
        login(client, "wrong", REMOTE_ADDR="192.0.2.1")
    login(client, REMOTE_ADDR="192.0.2.1")
    assert not is_in(client)  # it counts for itself


def test_a_cookie_of_somebody_else_or_made_up_is_no_known_device(client, anna):
    User.objects.create_superuser("otto", password=PASSWORD)
    login(client, name="otto")
    of_otto = client.cookies[devices.cookie_of("otto")].value
    client.logout()
    thief = Client()
    for name in ("anna", "otto"):
        thief.cookies[devices.cookie_of(name)] = of_otto if name == "anna" else "made up"
    for _n in range(10):
        login(thief, "wrong")

    login(thief)
    assert not is_in(thief)


def test_a_refusal_writes_nothing_and_looks_at_no_password(
    client, anna, django_assert_max_num_queries
):
    for _n in range(10):
        login(client, "wrong")
    before = list(LoginTries.objects.order_by("pk").values_list())

    with django_assert_max_num_queries(3):
        login(client)

    assert list(LoginTries.objects.order_by("pk").values_list()) == before


def test_tries_at_once_are_counted_before_the_password_is_looked_at(anna):
    first, second = tries.Try("anna", "192.0.2.1"), tries.Try("anna", "192.0.2.1")
    for _n in range(9):
        tries.Try("anna", "192.0.2.1").begin()
    first.begin()
    with pytest.raises(tries.TooManyTries):
        second.begin()
    first.succeed()
    assert not LoginTries.objects.filter(pk=first.pair).exists()


def test_what_is_over_is_forgotten(anna):
    tries.Try("anna", "192.0.2.1").begin()

    tries.forget_old(database_now())
    assert LoginTries.objects.exists()
    tries.forget_old(database_now() + tries.PERIOD)
    assert not LoginTries.objects.exists()


# -- what of it stands in the audit log


def test_log_ins_stand_in_the_audit_one_by_one_and_failures_by_the_hour(client, anna):
    login(client, REMOTE_ADDR="192.0.2.1")
    for name in ("anna", "anna", "x", "y", "z"):
        login(Client(), "wrong", name)
    Tally.objects.update(hour=F("hour") - timedelta(hours=1))

    assert tallies.write_down(database_now()) == 2
    assert tallies.write_down(database_now()) == 0

    entry = AuditEntry.objects.get(act="login.in")
    assert (entry.by, entry.details) == (anna, {"address": "192.0.2.1"})
    failed = AuditEntry.objects.filter(act="login.failures")
    assert {one.subject: one.details["number"] for one in failed} == {
        f"user:{anna.pk}": 2,
        "user:unknown": 3,
    }


# -- the second step


def test_it_is_set_up_with_a_code_and_asked_for_from_then_on(client, anna):
    login(client)
    page = client.get(reverse("admin:second_step_set_up")).content.decode()
    device = TOTPDevice.objects.get()
    assert "data:image/svg+xml;base64," in page
    assert not device.confirmed

    assert client.post(reverse("admin:second_step_set_up"), {"code": "000000"}).status_code == 200
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert (
        client.post(reverse("admin:second_step_set_up"), {"code": code(device)}).status_code == 302
    )
    assert is_in(client)

    again = Client()
    assert login(again).status_code == 302
    answer = again.get(reverse("admin:customers_customer_changelist"))
    assert answer.url.startswith(reverse("admin:second_step"))
    assert again.post(reverse("admin:customers_tag_add"), {"name": "x"}).status_code == 302
    assert again.get(HOME, headers={"HX-Request": "true"}).headers["HX-Redirect"] == reverse(
        "admin:second_step"
    )

    assert (
        again.post(reverse("admin:second_step"), {"code": code(device)}).status_code == 200
    )  # a code is good once
    TOTPDevice.objects.update(
        last_t=-1, throttling_failure_count=0, throttling_failure_timestamp=None
    )
    passed = again.post(
        reverse("admin:second_step"), {"code": code(device), "next": "https://evil.example/"}
    )
    assert passed.url == HOME
    assert is_in(again)
    assert AuditEntry.objects.get(act="login.second_step").by == anna
    assert Tally.objects.get(act="login.wrong_codes").number == 1


def test_where_it_is_required_nothing_opens_before_it_is_set_up(client, settings):
    settings.REQUIRE_SECOND_STEP = True
    staff = User.objects.create_user("staff", password=PASSWORD, is_staff=True)
    login(client, name="staff")
    assert is_in(client)  # sees nobody's data

    staff.user_permissions.add(Permission.objects.get(codename="view_customer"))
    again = Client()
    login(again, name="staff")
    assert again.get(HOME).url.startswith(reverse("admin:second_step_set_up"))
    assert again.get(reverse("admin:second_step_set_up")).status_code == 200


def test_a_half_logged_in_browser_cannot_set_up_another_phone(client, anna):
    TOTPDevice.objects.create(user=anna, confirmed=True, name="app")
    login(client)

    assert client.get(reverse("admin:second_step_set_up")).url == reverse("admin:second_step")
    assert TOTPDevice.objects.count() == 1


# -- sessions


@pytest.fixture
def browsers(anna):
    both = Client(), Client()
    for browser in both:
        login(browser)
        assert is_in(browser)
    return both


def test_a_session_ends_after_eight_hours_and_after_half_an_hour_of_silence(browsers):
    first, second = browsers
    Session.objects.filter(pk=first.session.session_key).update(
        begun_at=F("begun_at") - timedelta(hours=8, seconds=1)
    )
    Session.objects.filter(pk=second.session.session_key).update(
        seen_at=F("seen_at") - timedelta(minutes=30, seconds=1)
    )

    assert not is_in(first)
    assert not is_in(second)
    assert not Session.objects.filter(user_id__isnull=False).exists()


def test_what_a_page_asks_by_itself_keeps_no_session_alive(browsers):
    first, second = browsers
    Session.objects.update(seen_at=F("seen_at") - timedelta(minutes=20))
    before = Session.objects.get(pk=first.session.session_key).seen_at

    first.get(HOME, headers={"HX-Request": "true"})
    second.get(HOME)

    assert Session.objects.get(pk=first.session.session_key).seen_at == before
    assert Session.objects.get(pk=second.session.session_key).seen_at > before


def test_other_sessions_end_with_a_new_password(browsers):
    first, second = browsers
    new = "another long one 4711"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert first.post(reverse("admin:password_change"), data).status_code == 302

    assert is_in(first)
    assert not is_in(second)


def test_other_sessions_end_with_a_second_step_and_all_of_them_with_its_removal(browsers, anna):
    first, second = browsers
    first.get(reverse("admin:second_step_set_up"))
    first.post(reverse("admin:second_step_set_up"), {"code": code(TOTPDevice.objects.get())})
    assert is_in(first)
    assert not is_in(second)

    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    boss.post(reverse("admin:auth_user_act", args=[anna.pk, "remove_second_step"]))
    assert not is_in(first)
    assert not second_step.devices(anna).exists()


def test_sessions_end_with_other_rights_of_a_user_or_a_role(client):
    group = Group.objects.create(name="staff")
    staff = User.objects.create_user("staff", password=PASSWORD, is_staff=True)
    client.force_login(User.objects.create_superuser("boss"))
    browser = Client()

    login(browser, name="staff")
    fields = {
        "username": "staff",
        "is_active": "on",
        "is_staff": "on",
        "first_name": "",
        "last_name": "",
        "email": "",
    }
    client.post(reverse("admin:auth_user_change", args=[staff.pk]), {**fields, "first_name": "Li"})
    assert is_in(browser)
    assert (
        client.post(
            reverse("admin:auth_user_change", args=[staff.pk]), {**fields, "groups": [group.pk]}
        ).status_code
        == 302
    )
    assert not is_in(browser)
    assert list(staff.groups.all()) == [group]

    login(browser, name="staff")
    may = Permission.objects.get(codename="view_tag")
    client.post(
        reverse("admin:auth_group_change", args=[group.pk]),
        {"name": "staff", "permissions": [may.pk]},
    )
    assert not is_in(browser)
    assert is_in(client)
    assert set(AuditEntry.objects.values_list("act", flat=True)) == {
        "user.rights",
        "group.rights",
        "login.in",
    }


def test_sessions_stand_with_their_user(browsers, anna):
    assert set(Session.objects.exclude(user_id=None).values_list("user_id", flat=True)) == {anna.pk}
    assert sessions.end([anna]) == 2
    assert settings.SESSION_ENGINE == "crm_project.login.sessions"


# -- scripts


def test_every_script_of_a_page_has_the_nonce_of_its_policy(client, anna):
    client.force_login(anna)
    for name in ("index", "customers_segment_add", "customers_customer_changelist", "login"):
        answer = client.get(reverse(f"admin:{name}"), follow=True)
        policy, text = answer.headers["Content-Security-Policy"], answer.content.decode()
        nonce = re.search(r"'nonce-([^']+)'", policy)[1]
        scripts = re.findall(r"<script\b[^>]*>", text)

        assert scripts
        for script in scripts:
            assert f'nonce="{nonce}"' in script or "application/json" in script, script
        assert not re.search(r"\son(click|change|load|error|submit)=", text)
        assert "'unsafe-inline'" not in policy
        for part in (
            "'strict-dynamic'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ):
            assert part in policy


def test_two_answers_have_two_nonces(client):
    first, second = (client.get(LOGIN).headers["Content-Security-Policy"] for _n in range(2))

    assert first != second


def test_only_the_source_of_a_template_is_given_nonces():
    assert with_nonces('<script src="x">') == '<script nonce="{{ request.csp_nonce }}" src="x">'
    assert with_nonces("<script>") == '<script nonce="{{ request.csp_nonce }}">'
    assert with_nonces('<script nonce="a">') == '<script nonce="a">'
    assert (
        with_nonces("{{ media }} {{ form.media }} {{ media.js }}")
        == "{% nonced media %} {% nonced form.media %} {% nonced media.js %}"
    )
    assert with_nonces("<scripts>{{ multimedia }}") == "<scripts>{{ multimedia }}"
