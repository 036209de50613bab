"""The pages where a developer connects a source and staff mend what was refused."""

import json
import re
import time
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from crm_project.jobs.models import Job
from customers.models import AuditEntry, Source
from events.models import EventName, SeenEvent, SeenProperty
from integrations.admin.sources import SourceForm
from integrations.doors import masking, refusals
from integrations.models import Quarantine
from integrations.segment.format import SegmentFormat
from tests.factories import a_source
from tests.integrations.foreign import a_segment, a_sensors, call, collect

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
EVENT = {
    "id": "e1",
    "name": "Tea Tasted",
    "occurred_at": NOW.isoformat(),
    "identities": {"anonymous_id": "a"},
}


@pytest.fixture
def boss():
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(User.objects.create_superuser("boss"))
    return browser


@pytest.fixture
def clerk():
    """May see everything here and change nothing."""
    browser = Client(headers={"accept-language": "en"})
    user = User.objects.create_user("clerk", is_staff=True)
    browser.force_login(user)
    return browser


def page_of(source) -> str:
    return reverse("admin:customers_source_change", args=[source.pk])


def arrivals(browser, source) -> str:
    answer = browser.get(reverse("admin:customers_source_arrivals", args=[source.pk]))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        (a_source, ["openssl dgst", "createHmac", "hmac.new", "webhook-signature", "&lt;&lt;"]),
        (lambda: a_source(trust="client"), ["wx.request", "curl -sS"]),
        (lambda: a_segment()[0], ["@segment/analytics-node", "segment.analytics", "/v1/track"]),
        (lambda: a_sensors()[0], ["setPara", "SensorsAnalytics", "/sa?project=default&amp;token="]),
        (lambda: a_sensors("server")[0], ["token=hrt_…"]),
    ],
)
def test_the_page_holds_snippets_with_the_sources_own_key(boss, source, parts):
    source = source()

    page = boss.get(page_of(source)).content.decode()

    assert source.key in page
    assert [part for part in parts if part not in page] == []
    assert "every 3s" in page


def test_the_new_sources_snippet_holds_its_secret_once(boss):
    fields = {
        "name": "Back end",
        "namespace": a_source().namespace.pk,
        "format": "native",
        "trust": "server",
        "time_zone": "Asia/Shanghai",
    }
    page = boss.post(
        reverse("admin:customers_source_add"), fields | {"money_unit": "fen", "is_active": "on"}
    ).content.decode()

    assert re.search(r"HUTONG_SECRET=(?:'|&#x27;)whsec_[A-Za-z0-9+/=]{44}", page)


def test_what_came_in_and_what_was_wrong_is_seen_at_once(boss, sender):
    source = a_source(trust="client")
    native = sender(source)
    native.post("events", EVENT)
    native.post("events", EVENT | {"id": "e2", "occurred_at": "2026-11-24T10:00:00"})
    native.post("events", EVENT | {"id": "e3", "13812345678": 1})
    native.post("orders", {})
    native.post("events", {"batch": [EVENT | {"id": str(n), "name": ""} for n in range(50)]})

    seen = arrivals(boss, source)

    assert "stored Tea Tasted e1" in seen
    assert "refused naive_time $.occurred_at The time has no zone" in seen
    assert "refused unknown_field $.… There is no such field" in seen
    assert "server_only" in seen
    assert "13812345678" not in seen


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"webhook_signature": ""}, "signature_missing"),
        ({"webhook_timestamp": "1600000000"}, "clock_off"),
        ({"webhook_signature": "v1,AAAA"}, "signature_wrong"),
    ],
)
def test_the_owner_is_told_why_a_signature_failed_and_the_caller_is_not(
    boss, sender, headers, reason
):
    source = a_source()

    answer = sender(source).post("events", EVENT, **headers)

    assert json.loads(answer.content)["code"] == "unauthorized"
    assert reason in arrivals(boss, source)


def test_the_usual_mistakes_with_keys_are_named(boss, sender):
    source, _token = a_segment("server")
    sender(source).post("events", EVENT)
    call(source.key, "track", event="x", anonymousId="a")

    assert [one["code"] for one in refusals.last(source)] == ["needs_read_token", "wrong_format"]


def test_only_the_last_twenty_are_kept(sender):
    native = sender(a_source(trust="client"))
    for n in range(25):
        native.post("events", EVENT | {"id": n})

    assert len(refusals.last(native.source)) == 20


def test_quarantined_events_are_in_the_list(boss):
    source, key = a_segment(is_strict=True)
    call(key, "track", event="Tea Tasted", anonymousId="a")

    assert "refused unknown_event $.event The source is strict" in arrivals(boss, source)


def test_without_permission_there_is_no_list(clerk):
    source = a_source()

    assert (
        clerk.get(reverse("admin:customers_source_arrivals", args=[source.pk])).status_code == 403
    )
    assert (
        Client().get(reverse("admin:customers_source_arrivals", args=[source.pk])).status_code
        == 302
    )


def test_the_quarantine_counts_by_source_and_reason_and_is_tried_again(boss):
    source, key = a_segment(is_strict=True)
    call(key, "batch", batch=[{"type": "track", "event": "Tea Tasted", "anonymousId": "a"}] * 3)
    listed = reverse("admin:integrations_quarantine_changelist")
    assert re.search(
        r"unknown_event</code></a></td>\s*<td class=\"ht-number\">3</td>",
        boss.get(listed).content.decode(),
    )

    boss.post(reverse("admin:events_eventname_add"), {"name": "Tea Tasted", "is_declared": "on"})
    first, *others = Quarantine.objects.order_by("pk")
    boss.post(reverse("admin:integrations_quarantine_act", args=[first.pk, "replay"]))
    boss.post(listed, {"action": "replay_selected", "_selected_action": [others[0].pk]})
    boss.post(
        reverse("admin:integrations_quarantine_replay_all"),
        {"source": source.pk, "code": "unknown_event"},
    )

    assert [row.replayed_at is None for row in Quarantine.objects.order_by("pk")] == [
        False,
        False,
        True,
    ]
    assert Job.objects.get(kind="replay").params == {"ids": [others[1].pk]}
    assert set(AuditEntry.objects.values_list("act", flat=True)) == {
        "event_name.declare",
        "job.replay.begin",
        "quarantine.replay",
    }


def test_raw_bytes_are_looked_at_covered_by_superusers_and_audited(boss, clerk):
    _source, key = a_sensors()
    collect(
        key,
        {
            "type": "dance",
            "phone": "+8613812345678",
            "note": "call 138 1234 5678 or wang@example.com",
            "name": "王小明",
        },
    )
    row = Quarantine.objects.get()
    address = reverse("admin:integrations_quarantine_act", args=[row.pk, "look_inside"])

    shown = boss.post(address)

    assert "dance" in shown.content.decode()
    for secret in ("13812345678", "138 1234", "wang@", "王小明"):
        assert secret not in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    entry = AuditEntry.objects.get(act="quarantine.look")
    assert (entry.by.username, entry.subject) == ("boss", f"quarantine:{row.pk}")
    assert clerk.post(address).status_code == 403


def test_bytes_that_are_no_json_are_covered_too():
    assert (
        masking.readable(SegmentFormat("v1/batch"), b"\xff\x00 13812345678 wang@example.com")
        == "\\xff\\0 13•••78 •••@example.com"
    )


def test_the_schema_is_shown_with_its_name(boss):
    name = EventName.objects.create(name="Tea Tasted")
    seen = SeenEvent.objects.create(
        source=a_source(), name=name, first_seen_at=NOW, last_seen_at=NOW, volume=12345
    )
    SeenProperty.objects.create(
        event=seen,
        key="<b>leaf</b>",
        types=["string"],
        first_seen_at=NOW,
        last_seen_at=NOW,
        volume=7,
    )

    assert "12,345" in boss.get(reverse("admin:events_eventname_changelist")).content.decode()
    page = boss.get(reverse("admin:events_eventname_change", args=[name.pk])).content.decode()
    assert "&lt;b&gt;leaf&lt;/b&gt;" in page


def test_declaring_is_audited(boss):
    name = EventName.objects.create(name="Tea Tasted")

    boss.post(
        reverse("admin:events_eventname_changelist"),
        {"action": "declare", "_selected_action": [name.pk]},
    )

    assert EventName.objects.get().is_declared
    assert AuditEntry.objects.get().details == {"names": ["Tea Tasted"]}


def test_a_source_has_a_limit_of_its_own(sender):
    native = sender(a_source(trust="client", requests_per_second=2))
    statuses = [native.post("events", EVENT | {"id": str(n)}).status_code for n in range(30)]

    assert statuses[0] == 202
    assert 429 in statuses


def test_the_first_source_needs_no_shop_beforehand(boss):
    fields = {
        "name": "Back end",
        "format": "native",
        "trust": "client",
        "time_zone": "Asia/Shanghai",
        "money_unit": "fen",
        "is_active": "on",
    }

    assert boss.post(reverse("admin:customers_source_add"), fields).status_code == 302
    assert (
        boss.post(reverse("admin:customers_source_add"), fields | {"name": "App"}).status_code
        == 200
    )  # now there is one to choose
    assert Source.objects.get().namespace.key == "default"


def test_a_page_costs_the_same_each_time_it_is_asked_for(boss):
    """Fields that a form declares itself are shared by all requests."""
    boss.get(reverse("admin:customers_source_add"))
    labels = [str(field.label) for field in SourceForm.base_fields.values()]
    took = []
    for _ in range(8):
        began = time.thread_time()
        boss.get(reverse("admin:customers_source_add"))
        took.append(time.thread_time() - began)

    assert labels == [str(field.label) for field in SourceForm.base_fields.values()]
    assert min(took[4:]) < 4 * max(
        took[:4]
    )  # it had doubled with each request; the least of them leaves out a garbage collection
