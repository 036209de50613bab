"""The audit log only grows, and whoever changes it behind the product's back is found out."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from crm_project.queue.due import database_now
from customers import audit_chain
from customers.models import AuditEntry, AuditSeal

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries():
    made = [
        AuditEntry.objects.create(
            act="tag.create", subject=f"tag:{n}", details={"name": "金", "n": n}
        )
        for n in range(5)
    ]
    assert audit_chain.seal() == 5
    return made


def behind_its_back(sql: str, *values) -> None:
    """As whoever owns the database can."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE customers_auditentry DISABLE TRIGGER USER;"
            " ALTER TABLE customers_auditseal DISABLE TRIGGER USER"
        )
        cursor.execute(sql, values)
        cursor.execute(
            "ALTER TABLE customers_auditentry ENABLE TRIGGER USER; ALTER TABLE customers_auditseal"
            " ENABLE TRIGGER USER"
        )


def broken() -> tuple[int | None, str]:
    found = audit_chain.verify(database_now())
    return found.entry, found.problem


def test_every_entry_is_sealed_once_and_what_comes_later_too(entries, capsys):
    assert audit_chain.seal() == 0
    AuditEntry.objects.create(act="later", subject="x")
    assert audit_chain.seal() == 1

    assert list(AuditSeal.objects.order_by("position").values_list("position", flat=True)) == [
        1,
        2,
        3,
        4,
        5,
        6,
    ]
    assert audit_chain.verify(database_now()).entry is None
    call_command("verify_audit")
    assert "6 audit entries are as they were written" in capsys.readouterr().out


@pytest.mark.parametrize("model", [AuditEntry, AuditSeal])
def test_neither_entries_nor_seals_can_be_changed_or_taken_out(entries, model):
    for act in (
        lambda: model.objects.update(**({"act": "x"} if model is AuditEntry else {"digest": "x"})),
        model.objects.all().delete,
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("act", "nothing"),
        ("details", '{"n": 2}'),
        ("at", "2026-01-01T00:00:00Z"),
        ("subject", "tag:9"),
    ],
)
def test_a_change_is_found_and_named(entries, column, value):
    behind_its_back(
        f"UPDATE customers_auditentry SET {column} = %s WHERE id = %s", value, entries[2].pk
    )

    assert broken() == (entries[2].pk, "it was changed")
    with pytest.raises(
        CommandError, match=f"audit entry {entries[2].pk}: it was changed. The 2 entries before it"
    ):
        call_command("verify_audit")


def test_what_was_taken_out_is_named_with_its_seal_and_without(entries):
    behind_its_back("DELETE FROM customers_auditentry WHERE id = %s", entries[1].pk)
    assert broken() == (entries[1].pk, "it was taken out")

    behind_its_back("DELETE FROM customers_auditseal WHERE entry_id = %s", entries[1].pk)
    assert broken() == (entries[2].pk, "a link of the chain before it is missing")


def test_a_link_that_is_made_without_the_key_fits_nowhere(entries):
    behind_its_back(
        "UPDATE customers_auditseal SET at = '2020-01-01Z' WHERE entry_id = %s", entries[3].pk
    )

    assert broken() == (entries[3].pk, "its link was changed")


def test_what_was_put_in_afterwards_is_named(entries):
    entry = AuditEntry.objects.create(
        act="x", subject="x", at=database_now() - audit_chain.UNSEALED_AFTER * 2
    )

    assert broken() == (entry.pk, "it was put in afterwards, or no worker seals")


def test_what_has_had_its_time_may_be_gone():
    old = AuditEntry.objects.create(act="x", subject="x", at=database_now() - audit_chain.KEPT * 2)
    new = AuditEntry.objects.create(act="y", subject="y")
    audit_chain.seal()
    behind_its_back("DELETE FROM customers_auditentry WHERE id = %s", old.pk)

    assert broken() == (None, "")
    behind_its_back("DELETE FROM customers_auditentry WHERE id = %s", new.pk)
    assert broken()[0] == new.pk
