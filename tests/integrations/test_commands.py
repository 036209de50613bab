import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from customers.models import Source
from integrations.doors import callers
from tests.factories import a_customer

pytestmark = pytest.mark.django_db

AT = datetime.now(UTC).isoformat()
EVENT = {"id": "e1", "name": "Viewed", "occurred_at": AT, "identities": {"member_id": "1"}}


def printed(*args, **options):
    out = StringIO()
    call_command(*args, stdout=out, **options)
    return json.loads(out.getvalue())


def test_a_server_source_can_send_with_what_is_printed(sender):
    told = printed("source", "Shop back end")

    source = Source.objects.get()
    assert {k: told[k] for k in ("name", "format", "trust", "namespace", "key", "secret")} == {
        "name": "Shop back end",
        "format": "native",
        "trust": "server",
        "namespace": "default",
        "key": source.key,
        "secret": source.secret,
    }
    assert told["urls"][0].endswith("/api/v1/customers")
    assert sender(source).post("events", EVENT).status_code == 202
    assert (
        sender(source)
        .http.get(
            "/api/v1/customers?member_id=1",
            headers={"authorization": f"Bearer {told['read_token']}"},
        )
        .status_code
        == 200
    )


def test_a_client_source_has_no_secrets(sender):
    told = printed("source", "Mini-program", trust="client", namespace="tea", believe=True)

    assert {"secret", "read_token"} & told.keys() == set()
    assert (Source.objects.get().namespace.key, Source.objects.get().believe_identities) == (
        "tea",
        True,
    )
    assert sender(Source.objects.get()).post("events", EVENT).status_code == 202


def test_both_secrets_are_good_after_a_rotation(sender):
    first = printed("source", "Shop")
    old = sender(Source.objects.get())
    second = printed("source", "Shop", rotate=True)

    callers.forget()
    assert first["secret"] != second["secret"]
    assert old.post("events", EVENT).status_code == 202
    assert sender(Source.objects.get()).post("events", EVENT).status_code == 200
    third = printed("source", "Shop", rotate=True)
    callers.forget()
    assert third["key"] == first["key"]
    assert old.post("events", EVENT).status_code == 401


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "exists already"),
        ({"format": "fax", "name": "x"}, "no format 'fax'"),
        ({"rotate": True, "name": "x"}, "no source named 'x'"),
    ],
)
def test_a_source_that_cannot_be_made_is_explained(options, complaint):
    printed("source", "Shop")

    with pytest.raises(CommandError, match=complaint):
        printed("source", options.pop("name", "Shop"), **options)


def test_figures_of_an_empty_installation_are_noughts():
    figures = printed("figures")

    assert figures["customers"] == figures["events"] == figures["net_revenue_fen"] == 0
    assert set(figures["stuck"].values()) == {0}


def test_figures_count_what_is_there(sender):
    printed("source", "Shop")
    server = sender(Source.objects.get())
    a_customer()
    server.post("events", EVENT)
    server.post(
        "orders",
        {
            "number": "1",
            "status": "paid",
            "occurred_at": AT,
            "identities": {"member_id": "1"},
            "total_fen": 500,
        },
    )
    server.post(
        "refunds", {"number": "1", "order_number": "1", "occurred_at": AT, "amount_fen": 100}
    )

    figures = printed("figures")

    assert (
        figures["customers"],
        figures["events"],
        figures["orders"],
        figures["net_revenue_fen"],
    ) == (2, 3, 1, 400)
    assert figures["events_by_name"] == {"Viewed": 1, "Order Completed": 1, "Order Refunded": 1}
    assert figures["events_by_source"] == {"Shop": 3}
