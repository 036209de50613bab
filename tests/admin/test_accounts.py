"""Nobody gets above themselves, and what changes an account is confirmed and written down."""

import time

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from crm_project import roles
from crm_project.login import step_up
from customers.models import AuditEntry

pytestmark = pytest.mark.django_db
PASSWORD = "a long and good one 42"


@pytest.fixture
def administrator(client):
    roles.make()
    user = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=roles.ADMINISTRATOR))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


@pytest.fixture
def root():
    return User.objects.create_superuser("root", password=PASSWORD)


def fields(user, **more) -> dict:
    names = {
        "username": user.username,
        "first_name": "",
        "last_name": "",
        "email": "",
        "is_active": "on",
        "is_staff": "on",
    }
    return {**names, "groups": list(user.groups.values_list("pk", flat=True)), **more}


def change(client, user, **more):
    return client.post(reverse("admin:auth_user_change", args=[user.pk]), fields(user, **more))


def test_an_administrator_makes_nobody_superuser(client, administrator):
    other = User.objects.create_user("otto", is_staff=True)

    for user in (administrator, other):
        change(client, user, is_superuser="on", first_name="Li")
        client.force_login(administrator)
    client.post(
        reverse("admin:auth_user_add"),
        {"username": "new", "password1": PASSWORD, "password2": PASSWORD, "is_superuser": "on"},
    )

    assert not User.objects.filter(is_superuser=True).exists()
    assert set(User.objects.values_list("first_name", flat=True)) == {"Li", ""}


def test_nobody_gives_rights_that_they_have_not(client, administrator):
    above, other = (
        Group.objects.create(name="above"),
        User.objects.create_user("otto", is_staff=True),
    )
    above.permissions.add(Permission.objects.get(codename="delete_logentry"))

    page = change(client, other, groups=[above.pk]).content.decode()
    assert "You cannot give rights that you do not have: above" in page
    assert (
        change(client, other, groups=[Group.objects.get(name="Staff 客服").pk]).status_code == 302
    )
    assert [group.name for group in other.groups.all()] == ["Staff 客服"]

    rights = list(above.permissions.values_list("pk", flat=True))
    page = client.post(
        reverse("admin:auth_group_add"), {"name": "mine", "permissions": rights}
    ).content.decode()
    assert "You cannot give rights that you do not have" in page
    assert (
        client.post(
            reverse("admin:auth_group_change", args=[above.pk]), {"name": "mine", "permissions": []}
        ).status_code
        == 403
    )
    assert not Group.objects.filter(name="mine").exists()


def test_who_is_above_is_not_changed_not_even_by_a_new_password(client, administrator, root):
    above = User.objects.create_user("above", password=PASSWORD, is_staff=True)
    above.user_permissions.add(Permission.objects.get(codename="delete_logentry"))
    new = {
        "password1": "another long one 4711",
        "password2": "another long one 4711",
        "usable_password": "true",
    }

    for user in (root, above):
        TOTPDevice.objects.create(user=user, confirmed=True)
        assert change(client, user, first_name="x").status_code == 403
        assert (
            client.post(reverse("admin:auth_user_password_change", args=[user.pk]), new).status_code
            == 403
        )
        assert (
            client.post(
                reverse("admin:auth_user_delete", args=[user.pk]), {"post": "yes"}
            ).status_code
            == 403
        )
        client.post(reverse("admin:auth_user_act", args=[user.pk, "remove_second_step"]))
        assert TOTPDevice.objects.filter(user=user).exists()
    data = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    client.post(reverse("admin:auth_user_changelist"), data)
    assert User.objects.get(pk=root.pk).check_password(PASSWORD)


def test_what_changes_an_account_stands_in_the_audit(client, root):
    client.force_login(root)
    other = User.objects.create_user("otto", is_staff=True)
    new = {
        "password1": "another long one 4711",
        "password2": "another long one 4711",
        "usable_password": "true",
    }
    client.post(reverse("admin:auth_user_add"), {"username": "new", **new})
    client.post(reverse("admin:auth_user_password_change", args=[other.pk]), new)
    change(client, other, is_superuser="on")
    client.post(
        reverse("admin:auth_user_delete", args=[User.objects.get(username="new").pk]),
        {"post": "yes"},
    )
    own = {
        "old_password": PASSWORD,
        "new_password1": "another long one 4711",
        "new_password2": "another long one 4711",
    }
    client.post(reverse("admin:password_change"), own)

    acts = AuditEntry.objects.order_by("pk").values_list("act", "subject")
    assert [act for act, _subject in acts] == [
        "user.create",
        "user.password",
        "user.rights",
        "user.delete",
        "user.password",
    ]
    assert acts[4][1] == f"user:{root.pk}"


# -- asked once more


@pytest.fixture
def later(client, root):
    """Root logged in a while ago."""
    client.force_login(root)
    client.cookies["django_language"] = "en"
    session = client.session
    session[step_up.CONFIRMED] = int(time.time()) - step_up.LASTS - 1
    session.save()
    return client


def test_a_dangerous_act_is_confirmed_by_the_password_and_keeps_what_was_typed(later):
    other = User.objects.create_user("otto", is_staff=True)

    page = change(later, other, is_superuser="on", first_name="Li").content.decode()
    assert "data-confirm" in page
    assert 'name="first_name" value="Li"' in page
    assert (
        "This is not right"
        in change(later, other, is_superuser="on", _confirm="wrong").content.decode()
    )
    assert not User.objects.get(pk=other.pk).is_superuser

    assert change(later, other, is_superuser="on", _confirm=PASSWORD).status_code == 302
    assert User.objects.get(pk=other.pk).is_superuser
    assert change(later, other, first_name="again").status_code == 302  # for ten minutes


def test_whoever_has_a_second_step_is_asked_for_a_code(later, root):
    other, device = (
        User.objects.create_user("otto", is_staff=True),
        TOTPDevice.objects.create(user=root, confirmed=True),
    )
    totp = TOTP(device.bin_key)

    assert "ode from the app" in change(later, other).content.decode()
    assert "data-confirm" in change(later, other, _confirm=PASSWORD).content.decode()
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert change(later, other, _confirm=f"{totp.token():06d}").status_code == 302


def test_passwords_cannot_be_tried_out_there(later, root):
    other = User.objects.create_user("otto", is_staff=True)
    for _n in range(10):
        change(later, other, _confirm="wrong")

    assert "data-confirm" in change(later, other, _confirm=PASSWORD).content.decode()
