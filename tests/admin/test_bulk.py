"""All rows of a list: exported, tagged, put on a list, given a coupon, in the background, each row
accounted for, safe to open."""

import csv
import io
from collections import Counter
from datetime import timedelta
from urllib.parse import urlencode

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from campaigns.models import Coupon
from crm_project.files import expiring, storing
from crm_project.files.models import File
from crm_project.files.stores import StoreFailed
from crm_project.jobs import running
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.bulk import exporting
from customers.bulk.job import Bulk
from customers.models import (
    AuditEntry,
    Customer,
    CustomerTag,
    Identity,
    ListMember,
    Tag,
)
from tests.admin.rows import a_known_customer, a_tag, an_order
from tests.factories import a_batch, a_customer, a_member, a_segment

pytestmark = pytest.mark.django_db
CUSTOMERS = "customers.customer"


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    client.cookies["django_language"] = "en"
    return client


def begin(client, act, *, label=CUSTOMERS, query=None, **data) -> Job:
    address = (
        f"{reverse('admin:bulk_begin')}?{urlencode({'_list': label, '_act': act, **(query or {})})}"
    )
    if act == "export":  # with the columns that are ticked there
        data = {"columns": client.get(address).context["form"]["columns"].value(), **data}
    response = client.post(address, data)
    assert response.status_code == 302, response.content.decode()[-3000:]
    return Job.objects.latest("pk")


def worked(run) -> Job:
    while running.work():
        pass
    run.refresh_from_db()
    assert not run.error
    assert run.ended_at
    return run


def fetched(client, run) -> bytes:
    response = client.get(reverse("admin:crm_project_job_file", args=[run.pk, "result"]))
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_list_says_where_all_of_it_is_worked_through(boss):
    a_customer()

    text = boss.get("/admin/customers/customer/?q=customer").content.decode()

    assert "/admin/bulk/?_list=customers.customer&amp;q=customer" in text


def test_the_page_is_loaded_anew_once_it_is_over(boss):
    a_customer()
    run = begin(boss, "export", reason="for the books", format="csv")
    bar = reverse("admin:crm_project_job_progress", args=[run.pk])
    assert "HX-Refresh" not in boss.get(bar).headers

    worked(run)

    assert boss.get(bar).headers["HX-Refresh"] == "true"


def test_the_filtered_list_is_exported_as_it_is_shown(boss):
    inside, outside = a_customer(name="张三"), a_customer(name="Other")

    run = worked(begin(boss, "export", query={"q": "张三"}, format="csv", reason="for the fair"))

    rows = table(fetched(boss, run))
    assert rows[0][0] == "Name"
    assert [row[0] for row in rows[1:]] == [inside.name]
    assert outside.name not in str(rows)
    assert (run.done_rows, run.skipped) == (1, {})
    assert list(
        AuditEntry.objects.filter(subject=f"job:{run.pk}")
        .order_by("pk")
        .values_list("act", flat=True)
    ) == [
        "bulk.export.begin",
        "bulk.export.end",
        "bulk.export.fetch",
    ]


def test_what_is_masked_on_the_screen_is_masked_in_the_file(boss):
    a_known_customer()

    content = fetched(
        boss, worked(begin(boss, "export", format="csv", reason="for the fair"))
    ).decode()

    assert "138****" in content
    assert "13812345678" not in content.replace(" ", "")


def test_an_export_holds_money_times_and_choices_as_people_read_them(boss):
    order = an_order()

    rows = table(
        fetched(
            boss, worked(begin(boss, "export", label="events.order", format="csv", reason="books"))
        )
    )

    found = dict(zip(rows[0], rows[1], strict=True))
    assert found["Number"] == order.number
    assert found["Net"].lstrip("'").startswith("¥")
    assert "<" not in str(rows)


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u200b=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20a",
    "\u3000=1",
    "\ufeff=cmd|'/C calc'!A0",
]
PLAIN = ["张三", "a=b", "10-11", "'=1", "", "(=1)", "o'Neil"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_may_calculate_is_text(text):
    assert exporting.safe(text) == "'" + text


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_formula_stays_as_it_is(text):
    assert exporting.safe(text) == text


def test_an_excel_file_has_only_text_and_opens(boss):
    for text in [*FORMULAS, "13812345678", "007"]:
        Customer.objects.create(name=text, first_seen_at=database_now())

    book = openpyxl.load_workbook(
        io.BytesIO(
            fetched(boss, worked(begin(boss, "export", format="xlsx", reason="for the fair")))
        )
    )

    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    names = [row[0].value for row in book.active.iter_rows(min_row=2)]
    assert {"13812345678", "007", "=1+1"} <= set(names)
    assert len(names) == len(FORMULAS) + 2


def test_a_file_has_all_identities_though_the_list_shows_two(boss):
    customer = a_customer(name="Li Lei")
    for n in range(5):
        Identity.objects.create(
            customer=customer,
            origin_customer=customer,
            kind="member_id",
            scope="shop",
            value=f"m-{n}",
            is_strong=True,
            first_seen_at=database_now(),
        )
    assert "+3" in boss.get(reverse("admin:customers_customer_changelist")).content.decode()

    rows = table(fetched(boss, worked(begin(boss, "export", format="csv", reason="for the fair"))))

    assert all(f"m-{n}" in str(rows) for n in range(5))


def test_a_large_list_is_worked_through_window_by_window(boss, monkeypatch):
    monkeypatch.setattr(Bulk, "window", 3)
    monkeypatch.setattr(Bulk, "most", 3)
    for _n in range(10):
        a_customer()
    run = begin(boss, "export", format="csv", reason="for the fair")
    late = a_customer(name="Late")

    steps = []
    while running.work():
        run.refresh_from_db()
        steps.append((run.done_rows, Bulk().share(run)))

    assert run.done_rows == 10
    assert len(steps) > 3
    assert steps == sorted(steps)
    rows = table(fetched(boss, run))
    assert len(rows) == 11
    assert late.name not in str(rows)


def test_a_step_that_fails_is_done_again_and_nothing_twice(boss, monkeypatch):
    monkeypatch.setattr(Bulk, "window", 3)
    monkeypatch.setattr(Bulk, "most", 3)
    for _n in range(7):
        a_customer()
    run = begin(boss, "export", format="csv", reason="for the fair")
    real, calls = storing.append, Counter()

    def failing(file, content):
        calls["n"] += 1
        real(file, content)
        if calls["n"] == 4:
            raise StoreFailed("the store is away here")

    monkeypatch.setattr(storing, "append", failing)
    while not Job.objects.filter(pk=run.pk).exclude(error="").exists():
        assert running.work()
    Job.objects.filter(pk=run.pk).update(due_at=database_now(), error="")
    run = worked(run)

    assert len(table(fetched(boss, run))) == 8


def test_rows_over_the_limit_are_accounted_for(boss, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_ROWS", 2)
    for _n in range(5):
        a_customer()

    run = worked(begin(boss, "export", format="csv", reason="for the fair"))

    assert (run.done_rows, run.skipped) == (2, {"too_many": 3})
    assert (
        "over the limit of 2 rows"
        in boss.get(reverse("admin:crm_project_job_change", args=[run.pk])).content.decode()
    )


def test_a_cancelled_run_touches_nothing_more(boss):
    a_customer()
    run = begin(boss, "export", format="csv", reason="for the fair")

    boss.post(reverse("admin:crm_project_job_act", args=[run.pk, "cancel"]))

    assert running.work() == 0
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert not File.objects.exists()
    address = reverse("admin:crm_project_job_file", args=[run.pk, "result"])
    assert boss.get(address).status_code == 404


def an_analyst(client, *codenames) -> User:
    user = User.objects.create_user(f"analyst{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


def test_only_who_made_the_file_may_fetch_it_and_only_for_a_day(boss):
    a_customer()
    run = worked(begin(boss, "export", format="csv", reason="for the fair"))
    address = reverse("admin:crm_project_job_file", args=[run.pk, "result"])
    assert "no-store" in boss.get(address)["Cache-Control"]

    for row in (Job, File):
        row.objects.update(expires_at=database_now() - timedelta(seconds=1))
    assert boss.get(address).status_code == 410
    assert expiring.forget_old(database_now()) == 1
    assert boss.get(address).status_code == 410
    assert not File.objects.exists()

    an_analyst(boss, "view_customer", "export_list")
    assert boss.get(address).status_code == 404
    boss.force_login(User.objects.create_superuser("other"))
    assert boss.get(address).status_code == 404


def test_the_file_is_sealed_where_it_is_kept(boss):
    from django.db import connection

    a_customer(name="Visible")
    worked(begin(boss, "export", format="csv", reason="for the fair"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM crm_project_filepart")
        assert b"Visible" not in bytes(cursor.fetchone()[0])


def test_without_the_right_nothing_begins(client):
    a_customer()
    address = reverse("admin:bulk_begin")

    an_analyst(client, "view_customer")
    assert client.get(f"{address}?_list={CUSTOMERS}").status_code == 403
    an_analyst(client, "export_list")
    assert client.get(f"{address}?_list={CUSTOMERS}").status_code == 403
    an_analyst(client, "export_list", "view_customer")
    assert client.get(f"{address}?_list={CUSTOMERS}").status_code == 200
    assert client.get(f"{address}?_list={CUSTOMERS}&_act=coupon").status_code == 403
    assert client.get(f"{address}?_list=nothing.there").status_code == 404
    assert client.get(f"{address}?_list=nothing").status_code == 404


def test_who_lost_the_right_meanwhile_gets_nothing(client):
    a_customer()
    user = an_analyst(client, "export_list", "view_customer")
    run = begin(client, "export", format="csv", reason="for the fair")
    user.user_permissions.clear()

    while running.work():
        pass

    run.refresh_from_db()
    assert run.error
    assert not File.objects.exists()


def test_an_export_wants_a_reason(boss):
    a_customer()

    response = boss.post(
        f"{reverse('admin:bulk_begin')}?_list={CUSTOMERS}&_act=export",
        {"format": "csv", "reason": ""},
    )

    assert response.status_code == 200
    assert "This field is required" in response.content.decode()
    assert not Job.objects.exists()


def test_many_are_tagged_put_on_a_list_and_given_a_coupon(boss):
    people, other = [a_member(name=f"Anna {n}") for n in range(3)], a_customer(name="Bert")
    tag, batch, segment = a_tag(), a_batch(stock=2), a_segment()
    anna = {"q": "Anna"}

    tagged = worked(begin(boss, "tag_on", query=anna, tag=tag.pk))
    again = worked(begin(boss, "tag_on", query=anna, tag=tag.pk))
    listed = worked(begin(boss, "list_on", query=anna, segment=segment.pk))
    given = worked(begin(boss, "coupon", query=anna, batch=batch.pk, reason="sorry"))

    ids = {person.pk for person in people}
    assert set(CustomerTag.objects.values_list("customer", flat=True)) == ids
    assert set(ListMember.objects.filter(segment=segment).values_list("customer", flat=True)) == ids
    assert set(Coupon.objects.values_list("customer", flat=True)) < ids
    assert [(run.done_rows, run.skipped) for run in (tagged, again, listed, given)] == [
        (3, {}),
        (0, {"as_before": 3}),
        (3, {}),
        (2, {"out_of_stock": 1}),
    ]
    assert other.pk not in set(CustomerTag.objects.values_list("customer", flat=True))
    off = worked(begin(boss, "tag_off", query=anna, tag=tag.pk))
    assert off.done_rows == 3
    assert not CustomerTag.objects.exists()


def test_a_tag_is_made_for_those_who_are_to_wear_it(boss):
    people = [a_customer(name=f"Anna {n}") for n in range(3)]

    worked(begin(boss, "tag_on", query={"q": "Anna"}, new_tag="called back"))
    again = worked(begin(boss, "tag_on", query={"q": "Anna"}, new_tag="called back"))

    assert set(CustomerTag.objects.values_list("customer", "tag__name")) == {
        (person.pk, "called back") for person in people
    }
    assert again.skipped == {"as_before": 3}
    assert (
        "called back"
        in boss.get(reverse("admin:crm_project_job_change", args=[again.pk])).content.decode()
    )


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({}, "Choose a tag, or name a new one."),
        ({"new_tag": "both", "tag": "by hand"}, "Choose a tag, or name a new one."),
        ({"new_tag": "by rule"}, "The tag “by rule” is given by a rule, not by hand."),
        ({"new_tag": "x" * 61}, "at most 60 characters"),
    ],
)
def test_it_is_one_tag_that_can_be_put_on(boss, said, answer):
    a_customer()
    by_rule = Tag.objects.create(name="by rule", segment=a_segment())
    tags = {"by hand": a_tag(), "by rule": by_rule}
    data = said | ({"tag": tags[said["tag"]].pk} if "tag" in said else {})

    response = boss.post(f"{reverse('admin:bulk_begin')}?_list={CUSTOMERS}&_act=tag_on", data)

    assert response.status_code == 200
    assert answer in response.content.decode()
    assert not Job.objects.exists()


def test_who_may_make_no_tags_chooses_one(client):
    clerk = User.objects.create_user("clerk", is_staff=True)
    names = ["view_customer", "tag_many"]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(clerk)

    response = client.get(f"{reverse('admin:bulk_begin')}?_list={CUSTOMERS}&_act=tag_on")

    assert response.status_code == 200
    assert "new_tag" not in response.content.decode()


def test_chosen_rows_only(boss):
    first, second = a_customer(), a_customer()

    run = worked(
        begin(boss, "export", query={"ids": str(second.pk)}, format="csv", reason="for the fair")
    )

    rows = str(table(fetched(boss, run)))
    assert second.name in rows
    assert first.name not in rows
