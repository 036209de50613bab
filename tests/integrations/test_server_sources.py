"""A server source reads everybody: it has a right of its own, is confirmed, and its old secret
comes to an end."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import F
from django.urls import reverse

from crm_project import roles
from crm_project.audit import tallies
from crm_project.login import step_up
from crm_project.models import Tally
from crm_project.queue.due import database_now
from customers.models import AuditEntry, Namespace, Source
from integrations.doors import callers
from tests.factories import a_namespace, a_source

pytestmark = pytest.mark.django_db
ADD = reverse("admin:customers_source_add")
EVENT = {
    "id": "e1",
    "name": "Tea Tasted",
    "occurred_at": "2026-11-24T10:00:00Z",
    "identities": {"anonymous_id": "a"},
}
PASSWORD = "a long and good one 42"


def of_role(client, name):
    roles.make()
    user = User.objects.create_user(name.split()[0], password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def fields(trust: str) -> dict:
    common = {
        "format": "native",
        "time_zone": "Asia/Shanghai",
        "money_unit": "fen",
        "is_active": "on",
        "allowed_origins": "",
    }
    return {**common, "name": f"new {trust}", "namespace": a_namespace().pk, "trust": trust}


def act(client, source, name):
    return client.post(reverse("admin:customers_source_act", args=[source.pk, name]))


def test_who_connects_clients_neither_makes_nor_sees_nor_rotates_server_sources(client):
    server, public = a_source(), a_source(trust="client")
    of_role(client, "Integrator 对接")
    before = Source.objects.get(pk=server.pk).secret

    assert client.post(ADD, fields("server")).status_code == 200
    assert not Source.objects.filter(name="new server").exists()
    assert client.post(ADD, fields("client")).status_code == 302
    act(client, server, "new_secrets")
    assert Source.objects.get(pk=server.pk).secret == before
    assert (
        client.get(reverse("admin:customers_source_arrivals", args=[server.pk])).status_code == 404
    )
    listed = client.get(reverse("admin:customers_source_changelist")).content.decode()
    assert public.key in listed
    assert server.key not in listed


def test_it_is_confirmed_and_shown_once(client):
    of_role(client, roles.ADMINISTRATOR)
    session = client.session
    session[step_up.CONFIRMED] = int(time.time()) - step_up.LASTS - 1
    session.save()

    assert "data-confirm" in client.post(ADD, fields("server")).content.decode()
    assert not Source.objects.filter(name="new server").exists()

    page = client.post(ADD, fields("server") | {"_confirm": PASSWORD}).content.decode()
    source = Source.objects.get(name="new server")
    assert source.secret in page
    assert (
        source.secret
        not in client.get(
            reverse("admin:customers_source_change", args=[source.pk])
        ).content.decode()
    )


def test_an_old_secret_signs_until_its_time_and_can_be_ended_at_once(client, sender):
    source = a_source()
    old = sender(source)
    of_role(client, roles.ADMINISTRATOR)
    act(client, source, "new_secrets")
    callers.forget()

    assert old.post("events", EVENT).status_code == 202
    page = client.get(reverse("admin:customers_source_change", args=[source.pk])).content.decode()
    assert "The old signing secret is valid until" in page

    Source.objects.filter(pk=source.pk).update(
        previous_until=F("previous_until") - timedelta(days=7)
    )
    callers.forget()
    assert old.post("events", EVENT | {"id": "e2"}).status_code == 401
    Source.objects.filter(pk=source.pk).update(
        previous_until=F("previous_until") + timedelta(days=7)
    )
    assert act(client, source, "end_old_secret").status_code == 302
    assert old.post("events", EVENT | {"id": "e3"}).status_code == 401
    assert (
        sender(Source.objects.get(pk=source.pk)).post("events", EVENT | {"id": "e4"}).status_code
        == 202
    )
    assert (
        "whose time is over"
        in client.get(reverse("admin:customers_source_arrivals", args=[source.pk])).content.decode()
    )


def test_its_reads_stand_in_the_audit_once_an_hour(client):
    source = a_source()
    token = source.issue_secrets()["read_token"]
    for _n in range(3):
        client.get(
            "/api/v1/orders", {"member_id": "m1"}, headers={"authorization": f"Bearer {token}"}
        )
    client.get("/api/v1/orders", headers={"authorization": "Bearer hrt_unknown"})
    Tally.objects.update(hour=F("hour") - timedelta(hours=1))

    tallies.write_down(database_now())

    entry = AuditEntry.objects.get(act="source.reads")
    assert (entry.subject, entry.details["number"]) == (f"source:{source.pk}", 3)


def test_pages_may_not_use_the_devices_senses(client):
    assert "camera=()" in client.get(reverse("admin:login")).headers["Permissions-Policy"]
    assert Namespace.objects.count() == 0
