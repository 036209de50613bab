"""Imports: what a file says is here exactly once, whoever dies meanwhile, and nobody is written to
because of it."""

import random

import pytest
from django.utils import translation

from campaigns import automation
from campaigns.models import Run
from crm_project.jobs import running
from crm_project.jobs.kinds import Refused
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from customers.data_rights import erasing
from customers.models import (
    Consent,
    Customer,
    CustomerAttribute,
    CustomerTag,
    Identity,
    IdentityClaim,
    IdentityConflict,
    Segment,
)
from customers.segments import membership
from events import ingest, names
from events.incoming_items import Named
from events.models import Booking, Event, Order, OrderLine, Product, Reaction, Refund, WatchedName
from integrations.models import ImportRow
from integrations.sync.files import beginning, job, kept, letting_in
from integrations.sync.files.reading import xlsx
from tests.campaigns.test_leaving import a_journey
from tests.factories import NOW, a_source, an_event, member
from tests.sync.importing import (
    boss,
    csv_of,
    errors_of,
    imported,
    looked_at,
    tried,
    undone,
    worked_off,
)
from tests.sync.spoilt_files import a_workbook

pytestmark = pytest.mark.django_db
HEAD = ["姓名", "手机号", "会员号", "积分", "入会日期", "标签", "喜欢的茶"]


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def phone(n: int) -> str:
    return f"138{n:08}"


def members(n: int, first=0) -> list[list[str]]:
    return [
        [f"人{k}", phone(k), f"M{k:05}", str(k), "2023-06-18", "老会员", "白茶"]
        for k in range(first, first + n)
    ]


def messy(n: int) -> tuple[bytes, dict]:
    """So many members, and what of them cannot be taken, comes twice, or is written oddly."""
    rows = members(n)
    for row in rows[::7]:
        row[1] = f" +86 {row[1][:3]}-{row[1][3:7]}-{row[1][7:]} "
    for row in rows[3::50]:
        row[1] = "1.38E+10"
    for row in rows[5::50]:
        row[3] = "#N/A"
    for row in rows[7::50]:
        row[4] = "2023/6/18 10:30"
    refused = len(rows[3::50]) + len(rows[5::50])
    twice = [list(row) for row in rows[11 : n : n // 10]]
    return csv_of([HEAD, *rows, *twice, ["", "", "", "", "", "", ""]]), {
        "new": n - refused,
        "same": len(twice),
        "refused": refused,
    }


def told() -> tuple:
    """What stands here, to be compared."""
    alive = Customer.objects.filter(erased_at=None)
    return (
        sorted(alive.values_list("name", flat=True)),
        Identity.objects.filter(customer__erased_at=None).count(),
        sorted(CustomerAttribute.objects.values_list("customer__name", "key", "value"), key=str),
        CustomerTag.objects.count(),
        Event.objects.count(),
        sorted(Order.objects.values_list("number", "status", "total_fen", "paid_fen", "net_fen")),
        sorted(OrderLine.objects.values_list("order__number", "product_id", "quantity")),
    )


def test_messy_members_come_in_exactly_and_a_second_time_change_nothing():
    content, wanted = messy(400)
    one = looked_at(content)
    assert tried(one) == wanted
    assert Customer.objects.count() == Event.objects.count() == ImportRow.objects.count() == 0
    assert imported(one) == wanted
    assert Customer.objects.count() == wanted["new"]
    assert Event.objects.count() == wanted["new"]  # each registered, in the past
    assert Customer.objects.order_by("pk").first().first_seen_at.year == 2023
    assert CustomerTag.objects.count() == wanted["new"]
    errors = errors_of(Job.objects.get(pk=one.job_id))
    assert len(errors.strip().splitlines()) == 1 + wanted["refused"]
    assert '"5","手机号: The spreadsheet has shortened' in errors
    before = told()
    again = looked_at(content, last=one.mapping)
    same = {"same": wanted["new"] + wanted["same"], "refused": wanted["refused"]}
    assert tried(again) == imported(again) == same
    assert told() == before


def test_whoever_is_killed_between_batches_or_in_one_changes_nothing(monkeypatch):
    content, wanted = messy(300)
    monkeypatch.setattr(job.ImportFile, "window", 70)
    monkeypatch.setattr(running, "FEWEST", 70)
    one = looked_at(content)
    begun = beginning.go(one, by=one.by, now=database_now())
    dice, write = random.Random(5), job.ImportFile.write

    def dying(self, *args):
        write(self, *args)
        if dice.random() < 0.5:
            raise MemoryError

    monkeypatch.setattr(job.ImportFile, "write", dying)
    for _ in range(60):
        Job.objects.filter(pk=begun.pk, state__in=Job.GOING).update(
            due_at=database_now(), token=None
        )
        running.work()
    begun.refresh_from_db()
    assert begun.state == Job.State.DONE
    assert begun.memo["counted"] == wanted
    assert Customer.objects.count() == wanted["new"]


def test_a_workbook_shows_how_far_it_is_and_goes_on_after_a_death(monkeypatch):
    monkeypatch.setattr(job.ImportFile, "window", 40)
    monkeypatch.setattr(running, "FEWEST", 40)
    monkeypatch.setattr(job.ImportFile, "most", 40)
    one = looked_at(a_workbook([HEAD, *members(400)]), name="old.xlsx")
    begun = beginning.go(one, by=one.by, now=database_now())
    shares, read = [], []
    real = xlsx.SheetReader.end_cell
    monkeypatch.setattr(
        xlsx.SheetReader, "end_cell", lambda self, row: (read.append(1), real(self, row))
    )
    for _ in range(11):
        kept._going_on.clear()  # whoever worked on it has died
        Job.objects.filter(pk=begun.pk, state__in=Job.GOING).update(due_at=database_now())
        running.work()
        begun.refresh_from_db()
        shares.append(job.ImportFile().share(begun))
    assert begun.memo["counted"] == {"new": 400}
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.2
    assert shares[9] > 0.9
    assert len(read) < 400 * len(HEAD) * 8  # what lies before is not looked at again


ORDERS = ["订单号", "下单时间", "手机号", "订单状态", "商品名称", "数量", "单价", "实付金额"]


def orders(n: int, paid="21", status="已完成") -> bytes:
    rows = [
        [f"D{k:04}", "2024-06-18 10:00:00", phone(k), status, f"茶{line}", "1", "10.5", paid]
        for k in range(n)
        for line in range(2)
    ]
    return csv_of([ORDERS, *rows])


def test_orders_come_with_their_lines_whatever_a_batch_holds(monkeypatch):
    monkeypatch.setattr(job.ImportFile, "window", 7)
    monkeypatch.setattr(running, "FEWEST", 7)
    one = looked_at(orders(40), "orders")
    assert tried(one) == imported(one) == {"new": 40}
    assert OrderLine.objects.count() == 80
    order = Order.objects.get(number="D0007")
    assert (order.total_fen, order.paid_fen, order.status) == (2100, 2100, "completed")
    assert Event.objects.count() == 40


def test_rows_of_one_order_that_stand_apart_are_refused():
    rows = [["D1", "2024-06-18", phone(1), "已完成", f"茶{n}", "1", "10", "20"] for n in range(2)]
    other = ["D2", "2024-06-18", phone(1), "已完成", "茶", "1", "10", "10"]
    one = looked_at(csv_of([ORDERS, rows[0], other, rows[1]]), "orders")
    assert imported(one) == {"new": 2, "refused": 1}
    assert "two places" in errors_of(Job.objects.get(pk=one.job_id))


def test_a_newer_state_stays_and_an_undo_restores():
    first = looked_at(orders(3), "orders")
    imported(first)
    before = told()
    changed = looked_at(orders(3, paid="20"), "orders", last=first.mapping)
    assert imported(changed) == {"changed": 3}
    older = orders(3, paid="19").replace(b"2024-06-18", b"2024-06-17")
    assert imported(looked_at(older, "orders", last=first.mapping)) == {"older": 3}
    assert undone(changed).done_rows == 3
    assert told() == before
    assert undone(first).done_rows == 3
    assert (Order.objects.count(), OrderLine.objects.count(), Event.objects.count()) == (0, 0, 0)
    assert not Customer.objects.filter(erased_at=None).exists()
    again = looked_at(orders(3), "orders", last=first.mapping)
    assert imported(again) == {"new": 3}
    assert told() == before


def test_an_undo_takes_back_whom_nobody_has_touched():
    shop = a_source()
    ingest.record(shop, [an_event(member("M00001"), attributes={"points": 7}, at=NOW)])
    before = told()
    content = csv_of([HEAD, *members(5)])
    one = looked_at(content)
    assert imported(one) == {"new": 4, "changed": 1}
    ingest.record(shop, [an_event(member("M00003"), at=NOW)])
    done = undone(one)
    assert (done.done_rows, done.skipped) == (4, {"touched": 1})
    alive = Customer.objects.filter(erased_at=None)
    assert sorted(alive.values_list("name", flat=True)) == ["", "人3"]
    assert list(
        CustomerAttribute.objects.filter(customer__name="").values_list("key", "value")
    ) == [("points", 7)]
    assert before[3] == 0
    assert CustomerTag.objects.count() == 1
    again = looked_at(content, last=one.mapping)
    assert imported(again) == {"new": 3, "changed": 1, "same": 1}


def test_of_whom_only_an_import_made_an_undo_leaves_a_number():
    """Their rows stay (docs/decisions/emptied-customers.md), and nothing hangs on them."""
    one = looked_at(csv_of([HEAD, *members(5)]))
    imported(one)
    made = set(Customer.objects.values_list("pk", flat=True))
    undone(one)
    assert len(made) == 5
    assert set(Customer.objects.values_list("name", "merged_into")) == {("", None)}
    assert not Customer.objects.filter(erased_at=None).exists()
    kept = {"customers.TagChange", "customers.ChangedCustomer"}  # what was done; the evaluator's
    left = {
        model._meta.label
        for model, fields in erasing.pointing()
        for field in fields
        if model._base_manager.filter(**{f"{field}__in": made}).exists()
    }
    assert left <= kept


def test_a_file_merges_nobody_who_is_here():
    shop = a_source()
    ingest.record(
        shop, [an_event(member("M00001"), at=NOW), an_event(Named("phone", "+8613800000001"))]
    )
    one = looked_at(csv_of([HEAD, *members(1, first=1)]))
    assert tried(one) == imported(one) == {"refused": 1}
    assert Customer.objects.filter(merged_into=None).count() == 2
    assert IdentityConflict.objects.count() == 1


def test_nothing_is_set_in_motion_by_what_a_file_tells():
    for name in ("到店", "Order Completed", "Customer Registered"):
        WatchedName.objects.create(name_id=names.numbers({name})[name], watcher="journey:1")
    today = f"{database_now():%Y-%m-%d %H:%M:%S}"
    visits = csv_of([["手机号", "事件", "时间", "备注"], [phone(1), "到店", today, "好"]])
    one = looked_at(visits, "events")
    assert tried(one) == imported(one) == {"new": 1}
    assert Event.objects.get().properties == {"备注": "好"}
    assert Reaction.objects.count() == 0
    assert imported(looked_at(visits, "events", last=one.mapping)) == {"same": 1}
    undone(one)
    assert Event.objects.count() == 0


def test_people_who_are_not_here_yet_are_claims_with_tags():
    shop = a_source()
    ingest.record(shop, [an_event(Named("phone", "+8613800000001"), at=NOW)])
    rows = csv_of([["手机", "标签"], [phone(1), "展会"], [phone(2), "展会"]])
    one = looked_at(rows, "tags", people="claims")
    assert imported(one) == {"new": 1, "changed": 1}
    assert CustomerTag.objects.count() == 2
    assert IdentityClaim.objects.get().is_provisional
    ingest.record(shop, [an_event(Named("phone", "+8613800000002"), member("M2"), at=NOW)])
    who = Identity.objects.get(value="M2")
    assert CustomerTag.objects.filter(customer=who.customer).exists()
    unknown = looked_at(csv_of([["手机", "标签"], [phone(9), "展会"]]), "tags", people="known")
    assert imported(unknown) == {"refused": 1}


def test_an_empty_cell_leaves_or_deletes_as_was_said():
    imported(looked_at(csv_of([HEAD, *members(1)])))
    later = csv_of([["会员号", "积分", "喜欢的茶"], ["M00000", "", "红茶"]])
    assert imported(looked_at(later)) == {"changed": 1}
    assert CustomerAttribute.objects.get(key="points").value == 0
    assert imported(looked_at(later, empty="delete")) == {"changed": 1}
    assert CustomerAttribute.objects.get(key="points").value is None


def test_a_consent_needs_its_proof_and_never_beats_a_newer_no():
    head = ["手机号", "渠道", "是否同意", "同意时间", "协议版本", "来源"]
    imported(looked_at(csv_of([["手机号"], [phone(1)], [phone(2)]])))
    who = Identity.objects.order_by("pk").first().customer
    Consent.objects.create(
        customer=who,
        origin_customer=who,
        channel="sms",
        purpose="marketing",
        is_granted=False,
        occurred_at=NOW,
    )
    rows = [
        [phone(1), "短信", "是", "2024-06-18", "会员协议", "门店"],
        [phone(2), "短信", "是", "2024-06-18", "会员协议", ""],
        [phone(2), "短信", "是", "2024-06-18", "会员协议", "门店"],
        [phone(2), "邮件", "是", "", "会员协议", "门店"],
    ]
    one = looked_at(csv_of([head, *rows]), "consents")
    assert tried(one) == imported(one) == {"older": 1, "changed": 1, "refused": 2}
    assert Consent.objects.filter(is_granted=True).count() == 1
    undone(one)
    assert Consent.objects.filter(is_granted=True).count() == 0


def test_products_bookings_and_refunds():
    listed = csv_of([["商品编号", "名称", "价格", "库存"], ["P1", "白茶", "19.90", "5"]])
    one = looked_at(listed, "products")
    assert tried(one) == imported(one) == {"new": 1}
    assert Product.objects.get().price_fen == 1990
    assert imported(looked_at(listed, "products", last=one.mapping)) == {"same": 1}
    cheaper = csv_of([["商品编号", "名称", "价格"], ["P1", "白茶", "18"]])
    two = looked_at(cheaper, "products", last=one.mapping)
    assert imported(two) == {"changed": 1}
    assert (Product.objects.get().price_fen, Product.objects.get().stock) == (1800, 5)
    undone(two)
    assert Product.objects.get().price_fen == 1990
    booked = csv_of(
        [["预约号", "手机号", "预约时间", "项目"], ["B1", phone(1), "2027-01-08 14:00", "洗牙"]]
    )
    three = looked_at(booked, "bookings")
    assert tried(three) == imported(three) == {"new": 1}
    assert Booking.objects.get().status == "booked"
    assert imported(looked_at(booked, "bookings", last=three.mapping)) == {"same": 1}
    undone(three)
    assert Booking.objects.count() == 0
    imported(looked_at(orders(1), "orders"))
    money = csv_of(
        [["退款单号", "订单号", "退款金额", "退款时间"], ["R1", "D0000", "5", "2024-06-20"]]
    )
    four = looked_at(money, "refunds")
    assert tried(four) == imported(four) == {"new": 1}
    assert Order.objects.get().net_fen == 1600
    undone(four)
    assert (Refund.objects.count(), Order.objects.get().net_fen) == (0, 2100)


def test_only_whom_a_file_brought_is_let_in(monkeypatch):
    """Others are in the segment too; whoever came by the file enters once, and nobody before."""
    shop = a_source()
    monkeypatch.setattr(letting_in.LetIn, "window", 3)
    rule = {"condition": "attribute", "attribute": "points", "operator": "is", "value": "1"}
    segment = Segment.objects.create(name="One point", definition=rule)
    ingest.record(shop, [an_event(member("other"), attributes={"points": 1}, at=NOW)])
    membership.refresh_all()
    trigger = {"trigger": "segment", "fields": {"change": "entered", "segment": segment.pk}}
    journey = a_journey(trigger=trigger)
    journey.refresh_from_db()
    rows = [[*row[:3], "1" if n < 8 else "2", *row[4:]] for n, row in enumerate(members(10))]
    one = looked_at(csv_of([HEAD, *rows]))
    imported(one)
    one.refresh_from_db()
    membership.refresh_all()
    automation.process_transitions()
    assert (segment.memberships.count(), Run.objects.count()) == (9, 0)
    begun = letting_in.begin(one, journey, per_hour=None, by=boss(), now=database_now())
    with pytest.raises(Refused):
        letting_in.begin(one, journey, per_hour=None, by=boss(), now=database_now())
    done = worked_off(begun)
    assert (done.done_rows, done.skipped) == (8, {"outside": 2})
    assert Run.objects.count() == 8
    assert not Run.objects.filter(customer=Identity.objects.get(value="other").customer).exists()
