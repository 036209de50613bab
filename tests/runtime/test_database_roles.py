"""Web and workers run as a role that owns nothing."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from crm_project.queue.due import database_now
from customers import audit_chain
from customers.models import AuditEntry, Membership, Segment
from customers.segments import membership
from events.models import Event
from tests.factories import a_source, an_event, happened, member

pytestmark = pytest.mark.django_db
ROLE = "hutong_test_app"


@pytest.fixture
def as_app():
    call_command("database_roles", ROLE)
    call_command("database_roles", ROLE)  # again: nothing changes
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SET ROLE {ROLE}")
        yield
        cursor.execute("RESET ROLE")


def asked(sql: str):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def test_it_takes_in_events_makes_months_evaluates_and_shows_pages(as_app, client):
    now = database_now()
    source = a_source()
    rule = {
        "condition": "did_event",
        "event": "Tea Tasted",
        "comparison": ">=",
        "times": 1,
        "window": "ever",
    }
    segment = Segment(name="tasters")
    membership.save_definition(segment, {"op": "all", "of": [rule]}, by=None, now=now)
    long_ago = now - timedelta(days=400)

    happened(
        source,
        *(an_event(member("m1"), name="Tea Tasted", at=at) for at in (now, long_ago)),
        now=now,
    )
    while membership.refresh().has_more:
        pass

    assert asked("SELECT current_user") == [(ROLE,)]
    assert Event.objects.count() == 2
    months = {
        name for (name,) in asked("SELECT DISTINCT tableoid::regclass::text FROM events_event")
    }
    assert len(months) == 2
    assert asked(
        f"SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = '{min(months)}'::regclass"
    ) != [(ROLE,)]
    assert Membership.objects.filter(segment=segment).count() == 1
    client.force_login(User.objects.create_superuser("boss"))
    for name in (
        "index",
        "customers_customer_changelist",
        "customers_segment_changelist",
        "events_event_changelist",
    ):
        assert client.get(reverse(f"admin:{name}")).status_code == 200
    AuditEntry.objects.create(act="x", subject="x")
    assert audit_chain.seal() >= 1


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE customers_auditentry DISABLE TRIGGER USER",
        "SET session_replication_role = replica",
        "UPDATE customers_auditentry SET act = 'y'",
        "DELETE FROM customers_auditseal",
        "TRUNCATE customers_auditentry",
        "DROP TABLE customers_customer",
        "CREATE TABLE mine (id int)",
        (
            "CREATE OR REPLACE FUNCTION hutong_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN RETURN NEW; END $$"
        ),
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
    ],
)
def test_it_can_neither_change_the_tables_nor_switch_a_trigger_off(as_app, sql):
    with pytest.raises(DatabaseError), transaction.atomic():
        asked(sql)


def test_the_functions_that_act_for_the_owner_have_a_search_path_of_their_own(as_app):
    found = asked(
        "SELECT proname, prosecdef, proconfig FROM pg_proc WHERE proname IN ('events_make_month',"
        " 'events_drop_month')"
    )

    assert len(found) == 2
    assert all(
        is_definer and any("search_path" in one for one in config)
        for _name, is_definer, config in found
    )


@pytest.mark.parametrize("role", ['x"; DROP TABLE y', "Hutong", ""])
def test_a_name_that_is_none_is_refused(role):
    with pytest.raises(CommandError):
        call_command("database_roles", role)
