"""What the builder says while a rule is written."""

import threading

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.urls import reverse

from crm_project.queue.due import database_now
from customers.models import Customer, CustomerAttribute, Segment
from customers.segments import builder, preview, preview_cache, rules
from customers.segments.draft import drafted
from tests.factories import NOW, a_customer, a_segment

pytestmark = pytest.mark.django_db

GOLD = {"condition": "attribute", "attribute": "level", "operator": "is", "value": "gold"}
SHANGHAI = {"condition": "attribute", "attribute": "city", "operator": "is", "value": "上海"}
ANN = 7  # a user


@pytest.fixture(autouse=True)
def nothing_recalled():
    cache.clear()


@pytest.fixture
def people():
    """Three gold, two of them from Shanghai; one silver from Shanghai."""
    made = [a_customer() for _ in range(4)]
    for customer, level, city in zip(
        made, ["gold", "gold", "gold", "silver"], ["上海", "上海", "北京", "上海"], strict=True
    ):
        for key, value in (("level", level), ("city", city)):
            CustomerAttribute.objects.create(
                customer=customer, key=key, value=value, occurred_at=NOW
            )
    return made


def posted(*lines: str, **fields) -> QueryDict:
    data = QueryDict(mutable=True)
    data.setlist("part", lines)
    for name, value in fields.items():
        data[name.replace("_", "-")] = value
    return data


def gold_and(*lines, **fields) -> QueryDict:
    return posted(
        "p1|rule|attribute",
        *lines,
        p1_attribute="level",
        p1_operator="is",
        p1_value="gold",
        **fields,
    )


def test_each_part_and_the_whole_are_counted(people):
    data = gold_and(
        "g|rule|",
        "p2|g|attribute",
        g_op="none",
        p2_attribute="city",
        p2_operator="is",
        p2_value="上海",
    )

    found = preview.exact(drafted(builder.from_post(data)), database_now(), user=ANN)

    assert found.counts == {"rule": 1, "p1": 3, "g": 1, "p2": 3}
    assert (found.everyone, found.is_exact, found.sample) == (4, True, [people[2]])


def test_what_is_not_finished_is_told_and_left_out(people):
    data = gold_and(
        "p2|rule|attribute",
        "p3|rule|?",
        p2_attribute="city",
        p2_operator="between",
        p2_value="x",
        p3_kept='{"condition": "newer"}',
    )

    draft = drafted(builder.from_post(data))
    found = preview.exact(draft, database_now(), user=ANN)

    assert found.counts == {"rule": 3, "p1": 3}
    assert set(draft.problems) == {"p2", "p3"}
    assert set(draft.problems["p2"]) == {"value"}
    assert not draft.is_finished
    assert draft.definition == {"op": "all", "of": [GOLD]}


def test_nothing_is_counted_of_an_empty_rule():
    draft = drafted(builder.from_post(posted()))

    assert draft.definition is None
    assert not draft.problems


def test_a_circle_of_segments_is_told_at_its_condition(people):
    segment = Segment.objects.create(name="Gold", definition={"op": "all", "of": [GOLD]})
    data = posted("p1|rule|in_segment", p1_segment=str(segment.pk), p1_membership="in")

    assert drafted(builder.from_post(data)).trees["p1"]
    assert drafted(builder.from_post(data), inside=segment.pk).problems["p1"][""]


def test_the_difference_is_told_of_a_finished_rule(people):
    segment = a_segment(people[0], people[3], kind="rule", definition={"op": "all", "of": [GOLD]})

    difference = preview.exact(
        drafted(builder.from_post(gold_and())), database_now(), user=ANN, segment=segment.pk
    ).difference

    assert (difference.entering, difference.leaving) == (2, 1)
    assert difference.who_leaves == [people[3]]


def test_only_what_has_changed_is_asked_again(people, monkeypatch):
    asked = []
    kind = rules.conditions["attribute"]
    whole = kind.customers
    monkeypatch.setattr(
        kind,
        "customers",
        lambda self, **more: asked.append(self.cleaned_data["value"]) or whole(self, **more),
    )
    changed = {"p2_attribute": "city", "p2_operator": "is", "p2_value": "上海"}

    preview.exact(drafted(builder.from_post(gold_and())), database_now(), user=ANN)
    found = preview.exact(
        drafted(builder.from_post(gold_and("p2|rule|attribute", **changed))),
        database_now(),
        user=ANN,
    )

    assert asked == ["gold", "上海"]
    assert found.counts["rule"] == 2


def test_whoever_came_before_the_page_was_opened_is_on_it(people):
    counted = [
        preview.exact(drafted(builder.from_post(gold_and())), database_now(), user=ANN).count
    ]
    CustomerAttribute.objects.create(
        customer=a_customer(), key="level", value="gold", occurred_at=NOW
    )
    preview_cache.begin_afresh(ANN)
    found = preview.exact(drafted(builder.from_post(gold_and())), database_now(), user=ANN)

    assert [*counted, found.count] == [3, 4]
    assert max(Customer.objects.values_list("pk", flat=True)) in {
        customer.pk for customer in found.sample
    }


def test_one_users_answers_are_not_anothers(people):
    preview.exact(drafted(builder.from_post(gold_and())), database_now(), user=ANN)
    CustomerAttribute.objects.create(
        customer=a_customer(), key="level", value="gold", occurred_at=NOW
    )
    assert (
        preview.exact(drafted(builder.from_post(gold_and())), database_now(), user=ANN + 1).count
        == 4
    )


def test_opening_the_page_begins_afresh(people, admin_client, admin_user):
    preview.exact(drafted(builder.from_post(gold_and())), database_now(), user=admin_user.pk)
    CustomerAttribute.objects.create(
        customer=a_customer(), key="level", value="gold", occurred_at=NOW
    )
    admin_client.get(reverse("admin:customers_segment_add"))
    assert (
        preview.exact(
            drafted(builder.from_post(gold_and())), database_now(), user=admin_user.pk
        ).count
        == 4
    )


def test_without_a_cache_everything_is_asked(people, monkeypatch):
    def away(*_args, **_more):
        raise ConnectionError

    monkeypatch.setattr(preview_cache.cache, "get", away)
    monkeypatch.setattr(preview_cache.cache, "set", away)

    assert (
        preview.exact(drafted(builder.from_post(gold_and())), database_now(), user=ANN).count == 3
    )


def test_an_estimate_is_drawn_from_few_where_there_are_many(people, monkeypatch):
    draft = drafted(builder.from_post(gold_and()))
    assert preview.estimate(draft, database_now(), user=ANN) is None

    monkeypatch.setattr(preview, "about_everyone", lambda: 40_000)
    monkeypatch.setattr(preview, "drawn", lambda: rules.BitMap(one.pk for one in people))
    found = preview.estimate(draft, database_now(), user=ANN)

    assert (found.count, found.everyone, found.is_exact) == (30_000, 40_000, False)


def test_what_is_too_slow_is_said_and_the_rest_is_counted(people, monkeypatch):
    kind = rules.conditions["attribute"]
    whole = kind.customers

    def slow(self, **more):
        if self.cleaned_data["value"] == "slow":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")
        return whole(self, **more)

    monkeypatch.setattr(kind, "customers", slow)
    monkeypatch.setattr(preview, "SECONDS", 1)
    data = posted(
        "p2|rule|attribute",
        "p1|rule|attribute",
        p2_attribute="a",
        p2_operator="is",
        p2_value="slow",
        p1_attribute="level",
        p1_operator="is",
        p1_value="gold",
    )

    found = preview.exact(drafted(builder.from_post(data)), database_now(), user=ANN)

    assert found.is_too_slow
    assert found.counts == {"p1": 3}


@pytest.mark.django_db(transaction=True)
def test_a_newer_preview_of_the_same_user_takes_the_place_of_the_older(people, monkeypatch):
    """The older one gives way between two conditions as soon as the newer one waits; that of
    another user does not wait."""
    kind, whole = rules.conditions["attribute"], rules.conditions["attribute"].customers
    is_at_it, may_go_on = threading.Event(), threading.Event()

    def held(self, **more):
        is_at_it.set()
        assert may_go_on.wait(120)
        return whole(self, **more)

    monkeypatch.setattr(kind, "customers", held)
    monkeypatch.setattr(preview, "SECONDS", 20)
    other = {"p2_attribute": "city", "p2_operator": "is", "p2_value": "上海"}
    drafts = [drafted(builder.from_post(gold_and("p2|rule|attribute", **other))) for _ in range(2)]
    outcomes = {}

    def ask(name: str, user: int) -> None:
        try:
            outcomes[name] = preview.exact(drafts[name == "newer"], database_now(), user=user).count
        except preview.Superseded:
            outcomes[name] = "superseded"
        finally:
            connection.close()

    threads = [
        threading.Thread(target=ask, args=one)
        for one in (("older", ANN), ("newer", ANN), ("somebody else's", ANN + 1))
    ]
    threads[0].start()
    assert is_at_it.wait(120)
    threads[1].start()
    wait_for_waiting()
    threads[2].start()
    may_go_on.set()
    for thread in threads:
        thread.join(120)

    assert outcomes == {"older": "superseded", "newer": 2, "somebody else's": 2}


def wait_for_waiting() -> None:
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.02) FROM pg_locks WHERE locktype = 'advisory' AND"
                " classid = %s AND NOT granted",
                [preview.LOCK],
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")
