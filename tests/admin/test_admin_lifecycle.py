"""Lifecycle and value: the page, its preview, its buttons; the blocks of the customer's page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from crm_project.queue.due import database_now
from customers.models import AuditEntry, Customer, Segment
from events.insights import cycle, portrait
from events.models import CustomerStage, InterestSettings, LifecycleSettings
from tests.factories import a_customer, a_source, an_event, an_order, happened, member
from tests.stories import look

pytestmark = pytest.mark.django_db
PAGE = "admin:events_lifecyclesettings_changelist"
BOUNDS = {f"recency_days_{n}": d for n, d in enumerate((10, 20, 30, 40))}
BOUNDS |= {f"frequency_{n}": n + 1 for n in range(4)} | {
    f"money_fen_{n}": 100 * n for n in range(4)
}
POSTED = {
    "counting": "orders",
    "stages_by": "own",
    "new_days": 5,
    "active_days": 10,
    "silent_days": 20,
    "scores_by": "own",
    "high_from": 4,
}
POSTED |= BOUNDS


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def people():
    """A prospect, and buyers of 1, 15 and 200 days ago, each of whom had bought a week before."""
    source, now = a_source(), database_now()
    found = [a_customer(), *(a_customer() for _n in range(3))]
    for customer, age in zip(found[1:], (1, 15, 200), strict=True):
        for days in (age, age + 7):
            an_order(customer, source=source, paid_at=now - timedelta(days=days))
    look(now)
    cycle.measure(now)
    return found


def test_the_page_shows_stages_classes_and_the_curve(boss, people):
    text = boss.get(reverse(PAGE)).content.decode()

    assert [
        f'data-figure="stage_{stage}" data-value="{n}"' in text
        for stage, n in (("prospect", 1), ("new", 2), ("lost", 1))
    ] == [True] * 3
    assert "P50: 7 days" in text
    assert text.count("Make a segment") == 13


def test_a_page_without_data_says_what_to_do(boss):
    text = boss.get(reverse(PAGE)).content.decode()

    assert "Nobody has bought twice yet" in text
    assert "chooses below which event counts" in text


def test_the_preview_shows_how_it_would_be_and_stores_nothing(boss, people):
    text = boss.post(reverse("admin:events_lifecycle_preview"), POSTED).content.decode()

    rows = [part.split("</td>")[0].rpartition(">")[2] for part in text.split("ht-number")[3:]]
    assert rows[:10] == ["1", "1", "2", "0", "0", "1", "0", "1", "1", "1"]
    assert LifecycleSettings.get().new_days == 30


def test_a_preview_with_another_counting_event_asks_the_events(boss, people):
    happened(a_source(), an_event(member(1), name="Visit", at=database_now()))

    text = boss.post(
        reverse("admin:events_lifecycle_preview"),
        {**POSTED, "counting": "events", "events": ["Visit"]},
    ).content.decode()

    assert "errorlist" not in text
    LifecycleSettings.objects.update(events=["Visit"])
    text = boss.post(
        reverse("admin:events_lifecycle_preview"),
        {**POSTED, "counting": "events", "events": ["Visit"]},
    ).content.decode()
    assert "New 5, active 10, silent 20 days." in text


def test_saved_bounds_are_in_force_and_everybody_follows(boss, people):
    boss.post(reverse(PAGE), POSTED)
    look(database_now())

    assert dict(CustomerStage.objects.values_list("customer", "stage")) == {
        people[1].pk: "active",
        people[2].pk: "silent",
        people[3].pk: "lost",
    }
    assert LifecycleSettings.get().money_fen == [0, 10000, 20000, 30000]
    assert AuditEntry.objects.filter(act="lifecycle.change").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"active_days": 5},
        {"new_days": ""},
        {"new_days": "x"},
        {"silent_days": 10**9},
        {"frequency_0": 9},
        {"money_fen_2": ""},
        {"counting": "events"},
        {"counting": "events", "events": ["never heard of"]},
        {"high_from": 7},
        {"stages_by": "moon"},
    ],
)
def test_what_cannot_be_is_said_in_words_and_not_stored(boss, people, wrong):
    for name in (PAGE, "admin:events_lifecycle_preview"):
        text = boss.post(reverse(name), {**POSTED, **wrong}).content.decode()
        assert "ht-error" in text

    assert LifecycleSettings.get().new_days == 30


@pytest.mark.parametrize("posted", [{"stage": "silent"}, {"class": "important_keep"}])
def test_a_segment_is_made_once(boss, people, posted):
    for _twice in range(2):
        response = boss.post(reverse("admin:events_lifecycle_segment"), posted)
    assert response.url == reverse(
        "admin:customers_segment_change", args=[Segment.objects.get().pk]
    )
    assert (
        boss.post(reverse("admin:events_lifecycle_segment"), {"stage": "moon"}).status_code == 400
    )
    boss.post(reverse("admin:events_lifecycle_segment"), {"stage": "lost"})
    look(database_now())

    assert Segment.objects.get(definition__of__0__stages=["lost"]).size == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [("stage=prospect", 1), ("stage=new", 2), ("stage=moon", 4), ("class=general_win_back", 1)],
)
def test_the_list_shows_who_stands_behind_a_count(boss, people, query, count):
    response = boss.get(f"{reverse('admin:events_customervalue_changelist')}?{query}")

    assert len(response.context["cl"].result_list) == count


def test_interests_are_counted_anew_when_their_values_change(boss):
    address = reverse("admin:events_lifecycle_interests")
    days = {"half_life_days": 20, "course_half_life_days": 60}
    assert (
        "is no event with a number"
        in boss.post(address, {"worth": "Product Viewed", **days}).content.decode()
    )
    boss.post(address, {"worth": "Product Viewed = 2\nA = B = 0.5", **days})

    settings = InterestSettings.get()
    assert settings.worth == {"Product Viewed": 2, "A = B": 0.5}
    assert (settings.half_life_days, settings.version, settings.current) == (20, 2, 1)
    boss.post(address, {"worth": "Product Viewed = 2\nA = B = 0.5", **days})
    assert InterestSettings.get().version == 2


def test_who_may_only_look_sees_no_forms_and_may_not_change(client, people):
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)
    assert client.get(reverse(PAGE)).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_lifecyclesettings"))
    text = client.get(reverse(PAGE)).content.decode()
    assert "data-figure" in text
    assert 'name="new_days"' not in text

    for name in (
        PAGE,
        *(
            f"admin:events_lifecycle_{name}"
            for name in ("preview", "measure", "interests", "segment")
        ),
    ):
        assert client.post(reverse(name), POSTED).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_blocks_of_the_customers_page_open(boss, people, language):
    boss.cookies["django_language"] = language
    happened(
        a_source(),
        *(
            an_event(member(1), at=database_now(), properties={"category": "tea"})
            for _n in range(6)
        ),
    )
    known = Customer.objects.order_by("-pk").first()
    portrait.look()
    for customer in (known, *people):
        for key in ("standing", "interests", "habits"):
            assert (
                boss.get(reverse("customer_panel", args=[customer.public_id, key])).status_code
                == 200
            )
    text = boss.get(
        reverse("customer_panel", args=[people[3].public_id, "standing"])
    ).content.decode()
    assert text.count("<tr>") == 4  # new, active, silent, lost
