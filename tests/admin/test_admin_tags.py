"""Tags in the admin: on a customer's page, for many, by rule, and what is refused in words."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from crm_project.jobs.models import Job
from customers.models import AuditEntry, CustomerTag, Segment, Tag, TagGroup
from customers.tags import tagging
from tests.admin.rows import a_known_customer
from tests.factories import NOW, a_customer, a_member, a_segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def tag(**more):
    return Tag.objects.create(**{"name": f"tag {Tag.objects.count()}", **more})


def worn(customer):
    return sorted(CustomerTag.objects.filter(customer=customer).values_list("tag__name", flat=True))


def post(client, customer, *, htmx=True, **data):
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(
        reverse("admin:customers_customer_tag", args=[customer.pk]), data, headers=headers
    )


def test_on_a_customers_page_a_tag_is_put_on_and_taken_off(boss):
    customer, vip = a_customer(), tag(name="VIP", lasts_days=7)
    assert (
        "VIP (7 days)"
        in boss.get(reverse("admin:customers_customer_tag", args=[customer.pk])).content.decode()
    )

    text = post(
        boss, customer, tag=vip.pk, why="asked <b>", until="2030-01-01T10:00"
    ).content.decode()
    assert worn(customer) == ["VIP"]
    assert "VIP" in text
    history = boss.get(
        reverse("admin:customers_customer_tag_history", args=[customer.pk])
    ).content.decode()
    assert "asked &lt;b&gt;" in history
    assert "boss" in history

    assert post(boss, customer, htmx=False, off=vip.pk).status_code == 302
    assert worn(customer) == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"tag": "x"},
        {"tag": "999999"},
        {"off": "x"},
        {"off": "99999999999"},
        {"until": "yesterday"},
    ],
)
def test_nonsense_is_answered_in_words(boss, data):
    vip = tag()
    answer = post(boss, a_customer(), **{**({"tag": vip.pk} if "until" in data else {}), **data})

    assert answer.status_code == 200
    assert "ht-error" in answer.content.decode()
    assert not CustomerTag.objects.exists()


def test_a_tag_by_rule_is_refused_in_words(boss):
    ruled, customer = tag(segment=a_segment()), a_customer()

    assert "ht-error" in post(boss, customer, tag=ruled.pk).content.decode()
    assert "given by a rule" in post(boss, customer, off=ruled.pk).content.decode()
    assert worn(customer) == []


def test_it_asks_for_the_permission(client):
    guest, customer, vip = (
        User.objects.create_user("guest", is_staff=True),
        a_known_customer(),
        tag(),
    )
    guest.user_permissions.add(Permission.objects.get(codename="view_customer"))
    client.force_login(guest)
    before = worn(customer)

    assert post(client, customer, tag=vip.pk).status_code == 403
    assert post(client, customer, off=CustomerTag.objects.get().tag_id).status_code == 403
    assert (
        client.post(reverse("admin:customers_tag_many"), {"act": "on", "tag": vip.pk}).status_code
        == 403
    )
    assert worn(customer) == before


def many(client, **data):
    return client.post(reverse("admin:customers_tag_many"), {"act": "on", **data}, follow=True)


def test_many_are_tagged_by_what_they_are_called_by(boss):
    vip, first, second = tag(), a_member(101), a_member(102)

    text = many(boss, tag=vip.pk, people="101\n 102 \nnobody\n", why="spring").content.decode()

    assert (worn(first), worn(second)) == ([vip.name], [vip.name])
    assert "2 customers changed." in text
    assert "1 not found: nobody" in text
    assert AuditEntry.objects.get(act="tag.many").details["customers"] == 2


def test_a_whole_segment_is_tagged_and_untagged(boss):
    vip, customer = tag(), a_customer()
    segment = a_segment(customer)

    many(boss, tag=vip.pk, segment=segment.pk)
    assert worn(customer) == [vip.name]
    many(boss, act="off", tag=vip.pk, segment=segment.pk)
    assert worn(customer) == []
    assert Job.objects.count() == 2
    assert (
        "progress" in boss.get(reverse("admin:customers_tag_jobs", args=[vip.pk])).content.decode()
    )


def test_those_chosen_in_the_list_are_tagged(boss):
    vip, first, _second = tag(), a_customer(), a_customer()
    listed = reverse("admin:customers_customer_changelist")

    page = boss.post(listed, {"action": "tag_many", "_selected_action": [first.pk], "act": "on"})
    assert f'value="{first.pk}"' in page.content.decode()

    many(boss, tag=vip.pk, customers=str(first.pk))
    assert worn(first) == [vip.name]
    found = boss.get(listed, {"tag": vip.pk}).content.decode()
    assert first.name in found
    assert _second.name not in found
    assert boss.get(listed, {"tag": "x' OR 1"}).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"people": "\n" * 5},
        {"people": "1\n", "segment": "1"},
        {"segment": "x"},
        {"customers": "1,x"},
        {"people": "\n".join(map(str, range(10_001)))},
    ],
)
def test_of_many_it_must_be_said_who(boss, data):
    assert many(boss, tag=tag().pk, **data).status_code == 200
    assert not Job.objects.exists()


def save(client, row, **data):
    known = {
        "name": row.name,
        "colour": row.colour,
        "group": row.group_id or "",
        "segment": row.segment_id or "",
        "lasts_days": "",
        "keep_days": "",
    }
    return client.post(reverse("admin:customers_tag_change", args=[row.pk]), {**known, **data})


def test_what_a_tag_cannot_be_is_said_at_its_field(boss):
    group = TagGroup.objects.create(name="level", is_exclusive=True)
    row = tag()
    asks = Segment.objects.create(
        name="asks", definition={"condition": "tag", "mode": "any", "tags": [row.pk]}
    )
    free = a_segment()

    for wrong in (
        {"segment": asks.pk},
        {"segment": free.pk, "group": group.pk},
        {"segment": free.pk, "lasts_days": 3},
        {"keep_days": 3},
    ):
        assert save(boss, row, **wrong).status_code == 200
    for colour in ("red", "#12345g", "#fff;}"):
        assert save(boss, row, colour=colour).status_code == 200
    row.refresh_from_db()
    assert (row.segment, row.group, row.keep_days) == (None, None, None)

    assert save(boss, row, segment=free.pk, keep_days=3).status_code == 302
    row.refresh_from_db()
    assert (row.segment, row.keep_days) == (free, 3)
    assert AuditEntry.objects.filter(act="tag.save").count() == 1

    row.group = TagGroup.objects.create(name="other")
    row.save()
    changed = boss.post(
        reverse("admin:customers_taggroup_change", args=[row.group_id]),
        {"name": "other", "colour": "#000000", "is_exclusive": "on"},
    )
    assert changed.status_code == 200


def test_the_page_of_a_tag_shows_its_rule_its_carriers_and_its_history(boss):
    customer = a_customer(name="Li Lei")
    row = tag()
    tagging.put_on(row, [customer.pk], by="user:boss", why="a friend", now=NOW)

    text = boss.get(reverse("admin:customers_tag_change", args=[row.pk])).content.decode()
    assert "Li Lei" in text
    assert "a friend" in text

    listed = boss.get(reverse("admin:customers_tag_changelist")).content.decode()
    assert f'?tag={row.pk}">1</a>' in listed


def test_a_tag_that_is_carried_or_asked_for_is_not_deleted(boss):
    row = tag()
    tagging.put_on(row, [a_customer().pk], by="user:boss", now=NOW)

    boss.post(reverse("admin:customers_tag_delete", args=[row.pk]), {"post": "yes"})

    assert Tag.objects.filter(pk=row.pk).exists()
