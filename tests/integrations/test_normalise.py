"""What was stored before there was one spelling is stored as it would be now; nobody is merged
silently, and a second run changes nothing."""

import io
import json

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from customers.identity import merging
from customers.models import (
    AttributeChange,
    AuditEntry,
    Customer,
    CustomerAttribute,
    Identity,
    IdentityClaim,
    IdentityConflict,
)
from customers.privacy.sealing import digest
from customers.profile import search
from events.models import Event
from tests.factories import NOW, a_customer, a_source, an_event, happened, member
from tests.integrations.test_erasing import dump

pytestmark = pytest.mark.django_db


def normalise(*words) -> str:
    out = io.StringIO()
    call_command("normalise", *words, stdout=out)
    return out.getvalue()


def held(kind, clear, customer=None, model=Identity, **more):
    """An identity as an earlier release stored it."""
    customer, personal = customer or a_customer(name=""), kind in ("phone", "email")
    more = {"is_strong": False} | more if model is Identity else more
    value = (
        {"value": digest(kind, clear), "sealed": clear}
        if personal
        else {"value": clear, "scope": "shop"}
    )
    return model.objects.create(
        customer=customer, origin_customer=customer, kind=kind, first_seen_at=NOW, **value, **more
    )


def test_identities_are_spelled_anew_and_found():
    email, phone, member_id = (
        held("email", "wang@例子.中国"),
        held("phone", "+8613800138001"),
        held("member_id", "Ｍ７"),
    )

    told = normalise()

    assert "identities: 2 spelled anew" in told
    email.refresh_from_db()
    assert (email.sealed, email.value) == (
        "wang@xn--fsqu00a.xn--fiqs8s",
        digest("email", "wang@xn--fsqu00a.xn--fiqs8s"),
    )
    assert Identity.objects.get(pk=phone.pk).sealed == "+8613800138001"
    assert Identity.objects.get(pk=member_id.pk).value == "M7"
    assert set(search.reasons("wang@例子.中国")) == {email.customer_id}
    assert AuditEntry.objects.get(act="normalise").details == {"spelled anew": 2}


def test_two_that_become_one_wait_for_a_person_and_are_one_after_a_merge():
    first, second = held("email", "wang@例子.中国"), held("email", "wang@xn--fsqu00a.xn--fiqs8s")

    assert "1 conflict" in normalise()
    assert Customer.objects.exclude(merged_into=None).count() == 0
    conflict = IdentityConflict.objects.get()
    assert (conflict.first_id, conflict.second_id, conflict.reason) == (
        first.customer_id,
        second.customer_id,
        "email",
    )
    assert "1 conflict" in normalise()
    assert IdentityConflict.objects.count() == 1

    merging.merge(first.customer_id, second.customer_id, by="boss", identity="email", now=NOW)
    assert "1 twice" in normalise()
    assert Identity.objects.get().pk == second.pk


@pytest.mark.parametrize(
    ("kind", "clear"),
    [("phone", "+86120240131"), ("phone", "+8615412345678"), ("email", "a..b@example.com")],
)
def test_what_is_no_identity_any_more_is_kept_as_an_attribute(kind, clear):
    identity = held(kind, clear)

    assert "1 no identity" in normalise()

    assert not Identity.objects.exists()
    kept = CustomerAttribute.objects.get()
    assert (kept.customer_id, kept.key, kept.value, kept.sealed) == (
        identity.customer_id,
        kind,
        None,
        clear,
    )
    assert AttributeChange.objects.get().sealed == clear


def test_strangers_who_were_one_guest_get_no_more_company():
    held("member_id", "guest")
    held("anonymous_id", "undefined", model=IdentityClaim)

    normalise()

    assert not Identity.objects.exists()
    assert not IdentityClaim.objects.exists()
    assert Customer.objects.count() == 2
    assert not CustomerAttribute.objects.exists()


def in_clear(customer, key, value):
    """An attribute as an earlier release stored it."""
    CustomerAttribute.objects.create(customer=customer, key=key, value=value, occurred_at=NOW)
    AttributeChange.objects.create(
        customer=customer, origin_customer=customer, key=key, value=value, occurred_at=NOW
    )


def test_attributes_that_are_personal_are_sealed_and_hashed_by_their_one_spelling():
    customer = a_customer(name="13987654321")
    for key, value in {
        "phoneNumber": "139 8765 4321",
        "name": "13987654321",
        "level": "gold",
        "idCard": "11010519491231002X",
    }.items():
        in_clear(customer, key, value)
    CustomerAttribute.objects.create(
        customer=customer,
        key="mobile",
        sealed="139-8765-4321",
        digest=digest("attribute:mobile", "139-8765-4321"),
        occurred_at=NOW,
    )

    told = normalise()

    assert "attributes: 4 sealed or hashed anew" in told
    assert "attribute_changes: 3 sealed or hashed anew" in told
    text = dump()
    assert not [
        secret
        for secret in ("139 8765 4321", "13987654321", "11010519491231002X")
        if secret in text
    ]
    rows = {row.key: row for row in CustomerAttribute.objects.all()}
    assert {key: row.sealed for key, row in rows.items()} == {
        "phoneNumber": "139 8765 4321",
        "name": "13987654321",
        "level": None,
        "idCard": "11010519491231002X",
        "mobile": "139-8765-4321",
    }
    assert rows["mobile"].digest == digest("attribute:mobile", "+8613987654321")


def test_events_of_before_hold_nothing_personal():
    happened(
        a_source(),
        an_event(member(1), properties={"phone": "13912345678", "city": "上海"}),
        an_event(member(1), properties={"x": 1}),
    )
    old = Event.objects.order_by("pk").first()
    with connection.cursor() as cursor:
        properties = {
            "city": "上海",
            "receiverPhone": "13987654321",
            "inner": {"idCard": "11010519491231002X"},
        }
        cursor.execute(
            "UPDATE events_event SET properties = %s WHERE id = %s",
            [json.dumps(properties), old.pk],
        )

    assert "events: 1 taken out of events" in normalise("--only", "events")

    old = Event.objects.get(pk=old.pk)
    assert {key: value for key, value in old.properties.items() if key != "$sealed"} == {
        "city": "上海",
        "inner": {},
    }
    assert sorted(old.properties["$sealed"]) == ["inner.idCard", "phone", "receiverPhone"]
    assert json.loads(old.personal)["properties"] == {
        "phone": "13912345678",
        "receiverPhone": "13987654321",
        "inner.idCard": "11010519491231002X",
    }


def test_a_second_run_has_nothing_to_do_and_an_interrupted_one_goes_on():
    held("email", "wang@例子.中国")
    last = held("email", "li@例子.中国")
    path = settings.HUTONG_DATA / "normalise.json"
    path.write_text(json.dumps({"identities": last.pk - 1}))

    assert "identities: 1 spelled anew" in normalise()
    assert not path.exists()
    assert "identities: 1 spelled anew" in normalise()
    before = dump()
    assert "nothing to do" in normalise()
    assert dump() == before
