"""What marketers and operators do in the admin: sources, coupons, templates, campaigns, journeys,
the dashboard, waiting work."""

import html
import io
import re
import time
import urllib.request
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from campaigns.models import Campaign, CouponBatch, Journey, Run, Template
from crm_project.queue.due import STUCK_AFTER, database_now
from customers.models import AuditEntry, Source, Workspace
from events.models import EventName, Product, SeenEvent
from integrations.doors import signatures
from tests.admin.rows import (
    CONTENT,
    LIMITS,
    a_batch,
    a_campaign,
    a_coupon,
    a_journey,
    a_run,
    an_event_row,
)
from tests.factories import a_namespace, a_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def page(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def act(client, row, name):
    return client.post(
        reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=[row.pk, name]),
        follow=True,
    )


def figures(text) -> dict[str, int]:
    return {
        name: int(value)
        for name, value in re.findall(r'data-figure="(\w+)" data-value="(-?\d+)"', text)
    }


# --- sources

SOURCE = {
    "name": "Shop",
    "format": "native",
    "trust": "server",
    "money_unit": "fen",
    "time_zone": "Asia/Shanghai",
    "is_active": "on",
}


def shown_secret(text):
    return re.search(r"whsec_[A-Za-z0-9+/=]+", text.replace("&#x2B;", "+")).group()


def test_a_new_source_shows_its_secrets_once(boss):
    response = boss.post(
        reverse("admin:customers_source_add"),
        {**SOURCE, "namespace": a_namespace().pk, "requests_per_second": 2000},
    )

    source, text = Source.objects.get(), text_of(response)
    assert shown_secret(text) == source.secret
    assert "hrt_" in text
    assert "no-store" in response["Cache-Control"]
    again = text_of(boss.get(page(source)))
    assert source.secret not in again
    assert source.key in again


def test_new_secrets_leave_the_old_one_valid_beside_them(boss):
    source = a_source()
    old = source.secret

    text = text_of(act(boss, source, "new_secrets"))

    source.refresh_from_db()
    assert shown_secret(text) == source.secret != old
    assert source.previous_secret == old
    assert AuditEntry.objects.filter(act="source.new_secrets").count() == 1


def test_the_example_on_a_sources_page_signs_as_its_door_expects(boss, monkeypatch):
    source = a_source()
    example = (
        html.unescape(text_of(boss.get(page(source))))
        .partition("<<'PY'\n")[2]
        .partition("\nPY\n")[0]
    )
    sent = []
    monkeypatch.setenv("HUTONG_SECRET", source.secret)
    monkeypatch.setattr(
        urllib.request, "urlopen", lambda request: sent.append(request) or io.BytesIO()
    )

    exec(compile(example, "example", "exec"), {})

    headers = {name.lower(): value for name, value in sent[0].header_items()}
    assert headers["authorization"] == f"Bearer {source.key}"
    assert signatures.is_signed(headers, sent[0].data, secrets=[source.secret], now=time.time())


# --- coupons, in yuan

BATCH = {
    "name": "Ten off",
    "kind": "amount",
    "amount_off_fen": "9.90",
    "threshold_fen": "50",
    "valid_days": "7",
    "per_customer": "1",
    "stock": "500",
    "is_active": "on",
}
TIMES = dict.fromkeys(
    ("valid_from_0", "valid_from_1", "valid_until_0", "valid_until_1", "products", "categories"), ""
)


def test_a_batch_is_typed_in_yuan_and_kept_in_fen(boss):
    boss.post(
        reverse("admin:campaigns_couponbatch_add"),
        {**TIMES, **BATCH, "namespace": a_namespace().pk, "budget_fen": "1000"},
    )

    batch = CouponBatch.objects.get()
    assert (batch.amount_off_fen, batch.threshold_fen, batch.budget_fen, batch.valid_seconds) == (
        990,
        5000,
        100000,
        7 * 86400,
    )
    text = text_of(boss.get(page(batch)))
    assert 'value="9.90"' in text
    assert "¥9.90 off from ¥50" in text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount_off_fen": ""}, "Say how much is taken off."),
        ({"kind": "percent"}, "Say how many percent are taken off."),
        ({"kind": "percent", "percent_off": "20", "budget_fen": "100"}, "the most it may take off"),
        ({"kind": "exchange"}, "Say what may be had in exchange."),
        ({"valid_days": ""}, "Say how long a coupon is valid"),
        ({"amount_off_fen": "1.234"}, "no more than 2 decimal places"),
        ({"stock": ""}, "Say how many there are, or give a budget"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(boss, wrong, said):
    text = text_of(
        boss.post(
            reverse("admin:campaigns_couponbatch_add"),
            {**TIMES, **BATCH, "namespace": a_namespace().pk, **wrong},
        )
    )

    assert said in text
    assert not CouponBatch.objects.exists()


@pytest.mark.parametrize(
    ("more", "stock"),
    [({"unlimited": "on"}, None), ({"budget_fen": "100"}, None), ({"stock": "7"}, 7)],
)
def test_a_batch_without_end_is_made_on_purpose_only(boss, more, stock):
    form = {**TIMES, **BATCH, "stock": "", "namespace": a_namespace().pk, **more}

    boss.post(reverse("admin:campaigns_couponbatch_add"), form)

    batch = CouponBatch.objects.get()
    text = text_of(boss.get(page(batch)))
    assert batch.stock == stock
    assert ("checked" in re.search(r"<input[^>]*name=\"unlimited\"[^>]*>", text).group()) == (
        "unlimited" in more
    )


def test_a_coupon_is_revoked_by_a_button_and_its_code_is_not_shown(boss):
    coupon = a_coupon()

    text = text_of(act(boss, coupon, "revoke"))

    coupon.refresh_from_db()
    assert coupon.state == "revoked"
    assert coupon.code not in text


# --- templates

TEMPLATE = {
    "name": "Come back",
    "channel": "in_app",
    "purpose": "marketing",
    "in_app-title": "Hello {{ customer.name }}",
    "in_app-body": "x",
}


def test_a_template_is_kept_as_its_channel_declares_it(boss):
    boss.post(reverse("admin:campaigns_template_add"), TEMPLATE)

    assert Template.objects.get().content == {
        "title": "Hello {{ customer.name }}",
        "body": "x",
        "page": "",
    }


@pytest.mark.parametrize(
    "broken", ["{{ customer.name ", "{% for x in y %}{% endfor %}", "{{ secrets }}", ""]
)
def test_a_template_that_cannot_be_filled_in_is_refused(boss, broken):
    response = boss.post(
        reverse("admin:campaigns_template_add"), {**TEMPLATE, "in_app-title": broken}
    )

    assert response.status_code == 200
    assert not Template.objects.exists()


def test_the_preview_is_as_a_customer_reads_it(boss):
    customer = an_event_row().customer
    customer.name = "王<b>小明"
    customer.save()

    text = text_of(
        boss.post(reverse("admin:campaigns_template_preview"), {**TEMPLATE, "preview_as": "小明"})
    )

    assert "Hello 王‹b›小明" in text


# --- campaigns


def test_a_campaign_is_launched_paused_resumed_and_cancelled_by_buttons(boss):
    campaign = a_campaign()

    for name, status in (
        ("launch", "sending"),
        ("pause", "paused"),
        ("resume", "sending"),
        ("cancel", "cancelled"),
    ):
        act(boss, campaign, name)
        campaign.refresh_from_db()
        assert campaign.status == status
    assert campaign.content == CONTENT


def test_what_was_launched_cannot_be_changed_but_is_accounted_for(boss):
    campaign = a_campaign()
    act(boss, campaign, "launch")

    text = text_of(boss.get(page(campaign)))

    assert figures(text).keys() >= {
        "targeted",
        "queued",
        "sent",
        "skipped",
        "failed",
        "unknown",
        "cancelled",
    }
    assert boss.post(page(campaign), {"name": "other"}).status_code == 403


def test_a_campaign_whose_text_is_broken_is_not_launched(boss):
    campaign = a_campaign()
    Template.objects.update(content={"title": "{{ nonsense", "body": "x"})

    act(boss, campaign, "launch")

    assert Campaign.objects.get().status == "draft"


def test_a_button_of_yesterday_says_so(boss):
    campaign = a_campaign()

    assert "the state has changed meanwhile" in text_of(act(boss, campaign, "pause"))


# --- journeys

ABSENCE = {
    "name": "Viewed, not ordered",
    "entered_by": "Product Viewed",
    "ended_by": "Order Completed",
    "within_n": "20",
    "within_unit": "minutes",
    "same_product": "on",
    "coupon": "new",
    "amount_off": "5.5",
    "threshold": "30",
    "valid_days": "7",
    "stock": "200",
    "per_customer": "2",
    "reentry": "days",
    "reentry_days": "3",
    "in_app-title": "Hello",
    "in_app-body": "{{ coupon.code | default: 'soon' }}",
    "in_app-page": "",
}


def test_a_and_no_b_is_live_with_one_form(boss):
    response = boss.post(
        reverse("admin:campaigns_journey_absence"),
        {**ABSENCE, "namespace": a_namespace().pk},
        follow=True,
    )

    journey, batch, text = Journey.objects.get(), CouponBatch.objects.get(), text_of(response)
    assert journey.status == "live"
    assert (
        batch.amount_off_fen,
        batch.threshold_fen,
        batch.valid_seconds,
        batch.stock,
        batch.per_customer,
    ) == (
        550,
        3000,
        7 * 86400,
        200,
        2,
    )
    trigger = journey.published.definition["trigger"]["fields"]
    assert (trigger["first"], trigger["second"], trigger["within_seconds"]) == (
        "Product Viewed",
        "Order Completed",
        1200,
    )
    assert journey.published.definition["reentry"] == {"kind": "days", "days": 3}
    assert EventName.objects.filter(name="Product Viewed").exists()
    assert "not followed by" in text
    assert 'class="ht-node ht-node-trigger"' in text


def test_an_event_that_never_came_in_is_said_to_be_unseen(boss):
    source = a_source()
    seen = EventName.objects.create(name="Order Completed")
    SeenEvent.objects.create(
        source=source, name=seen, first_seen_at=database_now(), last_seen_at=database_now()
    )
    form = {**ABSENCE, "namespace": source.namespace_id, "entered_by": "Prodct Viewed"}

    text = html.unescape(
        text_of(boss.post(reverse("admin:campaigns_journey_absence"), form, follow=True))
    )

    assert "No event “Prodct Viewed” has come in so far" in text
    assert "No event “Order Completed”" not in text


def test_a_journeys_people_add_up(boss):
    run = a_run()
    for n, state in enumerate(("active", "completed", "exited", "exited"), 1):
        Run.objects.create(
            customer=run.customer,
            origin_customer=run.customer,
            journey=run.journey,
            version=run.version,
            entry_key=f"k{n}",
            state=state,
            entered_at=run.entered_at,
        )

    text = text_of(boss.get(page(run.journey)))

    told = {
        label: int(n)
        for label, n in re.findall(
            r">(entered so far|under way|went through|left before the end) (\d+)</a>", text
        )
    }
    assert told == {
        "entered so far": 5,
        "under way": 2,
        "went through": 1,
        "left before the end": 2,
    }


def test_a_coupon_for_what_the_catalogue_does_not_have_is_refused(boss):
    shop = a_namespace()
    Product.objects.create(
        namespace=shop, product_id="p1", name="Tea", category="Drinks", updated_at=database_now()
    )
    add, form = reverse("admin:campaigns_couponbatch_add"), {**TIMES, **BATCH, "namespace": shop.pk}

    wrong = html.unescape(
        text_of(boss.post(add, {**form, "categories": "Drinks\nDrnks", "products": "p1\np2"}))
    )
    assert "The catalogue has no category “Drnks”." in wrong
    assert "The catalogue has no product “p2”." in wrong
    assert not CouponBatch.objects.exists()

    boss.post(add, {**form, "categories": "Drinks", "products": "p1"})
    batch = CouponBatch.objects.get()
    Product.objects.update(category="Beverages")  # what a batch says already, it may go on saying
    assert (
        boss.post(
            page(batch), {**form, "categories": "Drinks", "products": "p1", "stock": "501"}
        ).status_code
        == 302
    )


def test_a_and_no_b_with_a_batch_that_exists_and_without_a_coupon(boss):
    batch = a_batch()

    boss.post(
        reverse("admin:campaigns_journey_absence"),
        {**ABSENCE, "name": "one", "coupon": "existing", "batch": batch.pk},
    )
    boss.post(
        reverse("admin:campaigns_journey_absence"), {**ABSENCE, "name": "two", "coupon": "none"}
    )

    one, two = (Journey.objects.get(name=name).draft["steps"] for name in ("one", "two"))
    assert {step: part["fields"].get("batch") for step, part in one.items()} == {
        "message": batch.pk
    }
    assert {step: part["fields"].get("batch") for step, part in two.items()} == {"message": None}
    assert CouponBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"amount_off": ""}, "This is needed for the coupon."),
        ({"per_customer": ""}, "This is needed for the coupon."),
        ({"coupon": "existing"}, "This is needed for the coupon."),
        ({"reentry_days": ""}, "Say how many days."),
        ({"in_app-title": "{{ nonsense }}"}, "There is no field nonsense."),
        ({"ended_by": "Product Viewed"}, "These are the same."),
    ],
)
def test_a_and_no_b_that_makes_no_sense_changes_nothing(boss, wrong, said):
    text = text_of(
        boss.post(
            reverse("admin:campaigns_journey_absence"),
            {**ABSENCE, "namespace": a_namespace().pk, **wrong},
        )
    )

    assert said in text
    assert not Journey.objects.exists()
    assert not CouponBatch.objects.exists()


def test_a_journey_shows_who_stands_where_and_is_paused_resumed_and_ended(boss):
    run = a_run()

    for name, status in (("pause", "paused"), ("resume", "live"), ("end", "ended")):
        text = text_of(act(boss, run.journey, name))
        run.journey.refresh_from_db()
        assert run.journey.status == status
    assert re.search(r'<span class="ht-node-count" title="stand here now"><a [^>]+>1</a>', text)


def test_a_draft_is_published_by_a_button(boss):
    journey = a_journey()
    journey.draft["reentry"] = {"kind": "always"}
    journey.save()

    act(boss, journey, "publish")

    journey.refresh_from_db()
    assert journey.published.number == 2


# --- dashboard, waiting work


def test_stuck_work_is_shown_with_its_reason_and_tried_again(boss):
    run = a_run()
    Run.objects.filter(pk=run.pk).update(
        attempts=STUCK_AFTER,
        due_at=database_now() + timedelta(hours=1),
        error="ValueError: no such shop",
    )

    assert "no such shop" in text_of(boss.get(reverse("admin:waiting")))
    boss.post(reverse("admin:waiting"), {"table": "campaigns.run"})

    run.refresh_from_db()
    assert (run.attempts, run.error) == (0, "")
    assert run.due_at <= database_now()


def test_the_settings_of_the_workspace_are_one_page_and_their_change_is_noted(boss):
    workspace = Workspace.get()
    data = {
        "name": "Tea",
        "time_zone": "Asia/Tokyo",
        **LIMITS,
        "holdout_percent": "5",
        "margin_percent": "100",
        "attribution_days": "5",
        "attribution_touch": "sent",
        "late_hours": "24",
    }

    assert boss.get(reverse("admin:customers_workspace_changelist")).url == page(workspace)
    boss.post(page(workspace), data)

    workspace.refresh_from_db()
    assert workspace.time_zone == "Asia/Tokyo"
    assert AuditEntry.objects.get(act="workspace.change").by.username == "boss"
    assert "There is no time zone of this name." in text_of(
        boss.post(page(workspace), {**data, "time_zone": "Mars"})
    )


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "仪表盘"), ("en", "Dashboard")])
def test_the_language_is_the_users_choice(boss, language, word):
    boss.post(reverse("set_language"), {"language": language, "next": "/admin/"})

    assert word in text_of(boss.get(reverse("admin:index")))
