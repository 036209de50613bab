"""What is sealed is readable in its own row alone, under keys that may be changed while the product
serves."""

import io
import os
import uuid
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.models import BatchCode, Coupon
from crm_project.files import storing
from customers.models import (
    AttributeChange,
    ChangedCustomer,
    Connection,
    CustomerAttribute,
    Erasure,
    Export,
    Identity,
    OutboundCall,
    Source,
)
from customers.privacy import resealing
from customers.privacy.sealing import NotDecipherable, SealedField, seal, unseal
from events.models import Event
from integrations.models import AccessToken, Quarantine
from tests.factories import a_batch, a_customer, a_source, an_event, happened, member

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PHONES = ["+8613800138000", "+8613900139000"]


def set_raw(model, pk, column, value):
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET {column} = %s WHERE {model._meta.pk.column} = %s",
            [value, pk],
        )


def raw(model, pk, column):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {model._meta.db_table} WHERE {model._meta.pk.column} = %s", [pk]
        )
        return bytes(cursor.fetchone()[0])


def in_the_form_before(text, place):
    """As it was sealed until values were bound to their rows."""
    key_id, key = next(iter(settings.ENCRYPTION_KEYS.items()))
    nonce = os.urandom(12)
    return bytes([int(key_id)]) + nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())


def two_of_each(user):
    """Two rows for every sealed column, by the ways in which the product makes them where it is
    easy."""
    source = a_source()
    for n, phone in enumerate(PHONES):
        happened(
            source, an_event(member(n), attributes={"phone": phone}, properties={"mobile": phone})
        )
        customer = a_customer()
        one = {"customer": customer, "origin_customer": customer}
        Identity.objects.create(
            **one,
            kind="phone",
            value=f"digest {n}",
            sealed=phone,
            is_strong=True,
            first_seen_at=NOW,
        )
        apps.get_model("customers.IdentityClaim").objects.create(
            **one, kind="phone", value=f"digest {n}", sealed=phone, first_seen_at=NOW
        )
        Erasure.objects.create(
            customer=customer, wanted=f"wanted {n}", reason="because", at=NOW, xid=1
        )
        Export.objects.create(
            customer=customer, by=user, archive=f"archive {n}", at=NOW, expires_at=NOW
        )
        storing.make(by=user, name="", content_type="", expires_at=NOW)
        times = {"issued_at": NOW, "valid_from": NOW, "expires_at": NOW}
        batch = a_batch()
        BatchCode.objects.create(batch=batch, code=f"FREE{n}", code_digest=f"free {n}")
        Coupon.objects.create(
            **one,
            batch=batch,
            code=f"CODE{n}",
            code_digest=f"code {n}",
            effect_key=f"by hand {n}",
            **times,
        )
        Source.objects.filter(pk=a_source().pk).get().issue_secrets()
        other = a_source()
        other.settings = {"n": n}
        other.save()
        account = Connection(vendor="webhook", namespace=other.namespace, name=f"c{n}")
        account.account, account.settings = f"account {n}", {"n": n}
        account.save()
        AccessToken.objects.create(connection=account, sealed_value=f"token {n}")
        OutboundCall.objects.create(
            connection=account,
            key=f"call {n}",
            sealed_content=f"content {n}",
            sealed_answer=f"answer {n}",
            created_at=NOW,
            expires_at=NOW,
        )
    Quarantine.objects.bulk_create(
        Quarantine(source=source, format="native", code="invalid", raw=text, received_at=NOW)
        for text in ("cmF3", "cmF4")
    )


def values():
    """{column: {row: clear text}} of all there is."""
    found = {}
    for column in resealing.columns():
        rows = column.model._base_manager.exclude(**{column.field.name: None}).order_by("pk")
        found[str(column)] = {row.pk: getattr(row, column.field.name) for row in rows}
    return found


@pytest.fixture
def keys(settings):
    """Rotates: a new key in front, or the oldest removed."""

    def use(*numbers):
        settings.ENCRYPTION_KEYS = {number: made[number] for number in numbers}

    made = {number: os.urandom(32) for number in ("1", "2", "255")}
    use("1")
    return use


def test_every_sealed_column_names_what_its_row_is_told_by():
    unbound = [str(column) for column in resealing.columns() if not column.field.row_names]
    assert unbound == []
    for column in resealing.columns():
        assert {f.attname for f in column.model._meta.concrete_fields} >= set(
            column.field.row_names
        ), str(column)


def test_no_column_is_sealed_beside_the_field():
    """Whatever keeps bytes says why it is not sealed text."""
    bytes_ = {
        f"{m._meta.db_table}.{f.column}"
        for m in apps.get_models()
        for f in m._meta.concrete_fields
        if f.get_internal_type() == "BinaryField" and not isinstance(f, SealedField)
    }
    assert bytes_ <= {
        "events_daycustomers.members",
        "customers_evaluatorclock.waiting",
        "campaigns_dryrun.waiting",
        # Encrypted with the key of their file, which is a sealed field.
        "crm_project_filepart.content",
        "crm_project_filepart.digest",
        "integrations_membersession.digest",  # a SHA-256 of a token of 256 random bits
    }  # else bitmaps of numbers


@pytest.mark.django_db
def test_swapping_two_values_of_one_column_is_noticed(admin_user):
    two_of_each(admin_user)
    for column in resealing.columns():
        name = column.field.name
        first, second = (
            column.model._base_manager.exclude(**{name: None})
            .order_by("pk")
            .values_list("pk", flat=True)[:2]
        )
        a, b = (
            raw(column.model, first, column.field.column),
            raw(column.model, second, column.field.column),
        )
        set_raw(column.model, first, column.field.column, b)
        set_raw(column.model, second, column.field.column, a)
        for pk in (first, second):
            with pytest.raises(NotDecipherable):
                getattr(column.model._base_manager.get(pk=pk), name)


@pytest.mark.django_db
def test_one_of_two_secrets_of_a_source_does_not_stand_for_the_other():
    source = a_source()
    source.issue_secrets()
    set_raw(Source, source.pk, "previous_secret", raw(Source, source.pk, "secret"))
    source = Source.objects.get(pk=source.pk)
    assert source.secret.startswith("whsec_")
    with pytest.raises(NotDecipherable):
        source.previous_secret  # noqa: B018


@pytest.mark.django_db
def test_what_was_sealed_for_a_column_alone_is_still_read_and_saved_for_its_row(admin_user):
    two_of_each(admin_user)
    before = values()
    for column in resealing.columns():
        for pk, text in before[str(column)].items():
            set_raw(
                column.model,
                pk,
                column.field.column,
                in_the_form_before(text, column.field.place()),
            )
    assert values() == before
    one = Identity.objects.filter(kind="phone").first()
    one.save()
    assert raw(Identity, one.pk, "sealed")[:2] == b"\x00\x01"


@pytest.mark.django_db
def test_a_value_that_cannot_be_opened_hides_itself_and_nothing_else(client, admin_user):
    client.force_login(admin_user)
    person = a_customer(name="Zhang")
    for n, phone in enumerate(PHONES):
        Identity.objects.create(
            customer=person,
            origin_customer=person,
            kind="phone",
            value=f"d{n}",
            sealed=phone,
            is_strong=False,
            first_seen_at=NOW,
        )
    broken = Identity.objects.get(value="d0")
    set_raw(Identity, broken.pk, "sealed", b"\x00\x01" + b"x" * 40)
    page = client.get(person.get_absolute_url()).content.decode()
    assert "139****9000" in page
    assert "•••" in page


def test_text_for_a_sealed_column_needs_its_row():
    with pytest.raises(TypeError, match="save the row"):
        Identity._meta.get_field("sealed").get_db_prep_value("+8613800138000", connection)


def test_a_sealed_value_is_bound_to_key_place_and_row(keys):
    sealed = seal("秘密", place="a.b", row=["x", 7])
    assert unseal(sealed, place="a.b", row=("x", "7")) == "秘密"
    for place, row in (
        ("a.c", ["x", 7]),
        ("a.b", ["x", 8]),
        ("a.b", ["x"]),
        ("a.b", []),
        ("a.b", ["x", 7, ""]),
    ):
        with pytest.raises(NotDecipherable):
            unseal(sealed, place=place, row=row)
    for cut in range(len(sealed)):
        with pytest.raises(NotDecipherable):
            unseal(sealed[:cut], place="a.b", row=["x", 7])
    keys("2")
    with pytest.raises(NotDecipherable):
        unseal(sealed, place="a.b", row=["x", 7])


@pytest.mark.django_db
def test_after_resealing_the_old_key_is_needed_no_more(keys, admin_user):
    two_of_each(admin_user)
    before = values()
    old = before["customers_identity.sealed"]
    for pk, text in old.items():
        set_raw(Identity, pk, "sealed", in_the_form_before(text, "customers_identity.sealed"))
    Quarantine.objects.update(row_key=None)
    for row in Quarantine.objects.all():
        set_raw(
            Quarantine,
            row.pk,
            "raw",
            in_the_form_before(
                before["integrations_quarantine.raw"][row.pk], "integrations_quarantine.raw"
            ),
        )
    ChangedCustomer.objects.all().delete()
    keys("255", "1")
    counted, said = io.StringIO(), io.StringIO()
    call_command("reseal", only_count=True, stdout=counted)
    assert "customers_identity.sealed: 0 sealed anew; key 1 before: 2" in counted.getvalue()
    assert "key 1: 39 values left, start this again" in counted.getvalue()

    call_command("reseal", stdout=said)

    assert "key 1: nothing left, it may be removed" in said.getvalue()
    keys("255")
    assert values() == before
    assert {raw(Quarantine, row.pk, "raw")[:2] for row in Quarantine.objects.all()} == {b"\x00\xff"}
    assert len(set(Quarantine.objects.values_list("row_key", flat=True))) == 2
    assert not ChangedCustomer.objects.exists()  # nobody's segments are worked out again


@pytest.mark.django_db
def test_resealing_goes_on_where_it_was_interrupted(keys, admin_user):
    two_of_each(admin_user)
    keys("2", "1")
    column = next(c for c in resealing.columns() if c.model is AttributeChange)
    resealing.step(column, column.old().filter(pk=column.old().first().pk))
    assert column.counts() == {"1": 1, "2": 1}
    assert sum(resealing.reseal(column)) == 1
    assert sum(resealing.reseal(column)) == 0
    assert column.counts() == {"2": 2}


@pytest.mark.django_db
def test_a_value_that_no_key_opens_is_told_and_left(keys, admin_user):
    two_of_each(admin_user)
    lost = CustomerAttribute.objects.first()
    set_raw(CustomerAttribute, lost.pk, "sealed", b"\x00\x63" + b"x" * 40)
    keys("2", "1")
    said = io.StringIO()
    with pytest.raises(CommandError, match="1 values cannot be read"):
        call_command("reseal", stdout=said)
    assert (
        "customers_customerattribute.sealed: 1 sealed anew; key 2: 1, key 99: 1" in said.getvalue()
    )


@pytest.mark.django_db
def test_what_is_personal_of_an_event_is_opened_with_its_row():
    happened(a_source(), an_event(member(1), properties={"mobile": PHONES[0], "page": "home"}))
    assert Event.objects.get().personal == '{"properties":{"mobile":"+8613800138000"},"context":{}}'
    assert {"page": "home"}.items() <= Event.objects.get().properties.items()
    assert "mobile" not in Event.objects.get().properties
    assert uuid.UUID(str(Quarantine().row_key))
