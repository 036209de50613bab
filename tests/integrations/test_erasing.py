"""Forgetting a person: twelve canaries come in by every door, plainly and packed, and afterwards
none is anywhere."""

import base64
import inspect
import io
import json
import shutil
import time
import uuid
import zipfile
from datetime import timedelta
from mailbox import Maildir
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from campaigns.delivery import policy
from campaigns.delivery.channels import channels
from campaigns.models import Coupon, CouponMove, Link, Message, Run
from crm_project.celery import app
from crm_project.files import storing
from crm_project.hosts import here
from crm_project.jobs.models import Job
from crm_project.models import Host
from crm_project.queue.due import database_now
from customers.data_rights import erasing, exporting, revealing, sweeping
from customers.data_rights.sweeping import Sweeps
from customers.identity import merging
from customers.models import (
    AuditEntry,
    Customer,
    ErasedIdentity,
    Erasure,
    Export,
    Identity,
    IdentityClaim,
    ListMember,
    Membership,
    Segment,
    Tag,
    Workspace,
)
from customers.segments import membership
from customers.tags import tagging
from events.models import CustomerStage, Event, Interest, Order, OrderLine, Refund
from integrations.doors import spool
from integrations.models import Quarantine
from integrations.privacy.erasing import is_named_in
from tests.admin.rows import a_run
from tests.campaigns.test_segment_conditions import a_redeemed
from tests.factories import (
    NOW,
    a_batch,
    a_customer,
    a_source,
    a_template,
    an_event,
    an_order,
    happened,
    member,
)
from tests.integrations.conftest import Sender
from tests.integrations.foreign import a_segment, a_sensors, basic, call, collect
from tests.segments.leaves import GOLD, interested

pytestmark = pytest.mark.django_db
CANARY = {
    "member": "m-canary-7731",
    "phone": "13987654321",
    "email": "canary@seven.example",
    "openid": "oCANARYopenid99",
    "unionid": "uCANARYunion99",
    "anonymous": "anon-canary-5522",
    "name": "金丝雀王小明",
    "real_name": "金丝雀真名",
    "id_card": "440300199909099999",
    "address": "金丝雀路七号",
    "order": "ORDER-CANARY-1",
    "text": "canary-free-text",
}
WHO = {
    "member_id": CANARY["member"],
    "phone": CANARY["phone"],
    "email": CANARY["email"],
    "anonymous_id": CANARY["anonymous"],
}


@pytest.fixture(autouse=True)
def folders_are_empty():
    yield
    shutil.rmtree(spool.folder(), ignore_errors=True)
    shutil.rmtree(settings.MAILBOX, ignore_errors=True)
    spool._memory.counted_at = -spool.COUNT_SECONDS


@pytest.fixture
def boss():
    return User.objects.create_superuser("boss")


def spellings(text: str) -> set[str]:
    """As it may stand in a dump: plain, URL-encoded, JSON-escaped, in base64 at each of the three
    places of a group."""
    raw = text.encode()
    packed = {base64.b64encode(b"x" * n + raw).decode()[4 * (n > 0) : -4] for n in range(3)}
    return {
        text,
        quote(text),
        json.dumps(text)[1:-1],
        raw.hex(),
        *(part for part in packed if len(part) > 5),
    }


def dump() -> str:
    """Every table as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind IN ('r', 'p') AND NOT"
            " relispartition AND relnamespace = current_schema()::regnamespace"
        )
        tables = [name for (name,) in cursor.fetchall()]
        text = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t")
            text += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    return "\n".join(text)


def files() -> str:
    """What lies in the data folder outside the database."""
    found = [
        path
        for folder in (spool.folder(), settings.MAILBOX, settings.HUTONG_DATA / "backups")
        if folder.is_dir()
        for path in folder.rglob("*")
        if path.is_file()
    ]
    return "\n".join(path.read_bytes().decode("latin-1") for path in found)


def broker() -> str:
    """Every value that the cache's server holds."""
    client = cache._cache.get_client()
    return " ".join(str(client.dump(key)) + str(key) for key in client.scan_iter("*"))


def found(text: str) -> set[str]:
    return {
        kind for kind, value in CANARY.items() for spelled in spellings(value) if spelled in text
    }


def everywhere(caplog) -> list[str]:
    """The lines that still say something."""
    lines = f"{dump()}\n{files()}\n{broker()}\n{caplog.text}".splitlines()
    return [line[:300] for line in lines if found(line)]


def through_every_door():
    """Whatever a shop, a school, a clinic and their clients know of one person."""
    server, client = Sender(a_source(app_id="wx1")), Sender(a_source(trust="client"))
    personal = {name: CANARY[name] for name in ("name", "real_name", "id_card", "address")} | {
        "phone": CANARY["phone"]
    }
    odd = {
        "b64": base64.b64encode(CANARY["text"].encode()).decode(),
        "url": quote(CANARY["address"]),
        "esc": json.dumps(CANARY["name"]),
    }
    at = database_now().isoformat()
    common = {"occurred_at": at, "identities": WHO}
    openid = {
        "openid": CANARY["openid"],
        "unionid": CANARY["unionid"],
        "member_id": CANARY["member"],
    }
    said = [
        server.post(
            "customers",
            {
                "id": "c1",
                "identities": WHO,
                "attributes": {**personal, "likes": CANARY["text"]},
                "registered": True,
            },
        ),
        server.post(
            "events",
            {
                "id": "e1",
                "name": "Viewed",
                **common,
                "properties": {**personal, **odd, "note": CANARY["text"]},
            },
        ),
        server.post(
            "events", {"id": "e2", "name": "Viewed", "occurred_at": at, "identities": openid}
        ),
        server.post(
            "orders",
            {
                "number": CANARY["order"],
                "status": "paid",
                **common,
                "total_fen": 100,
                "paid_fen": 100,
                "lines": [{"product_id": "p", "quantity": 1, "price_fen": 100}],
            },
        ),
        server.post(
            "refunds",
            {
                "number": "R-" + CANARY["text"],
                "order_number": CANARY["order"],
                "amount_fen": 1,
                "occurred_at": at,
                "reason": CANARY["name"],
            },
        ),
        server.post(
            "bookings",
            {
                "number": "B-" + CANARY["text"],
                "status": "booked",
                "kind": "class",
                "starts_at": at,
                "place": CANARY["address"],
                **common,
            },
        ),
        server.post(
            "measurements",
            {
                "id": "M1",
                "kind": "weight",
                "value": 71.5,
                "unit": "kg",
                "text": CANARY["text"],
                **common,
            },
        ),
        server.post(
            "consents",
            {
                **common,
                "channel": "sms",
                "purpose": "marketing",
                "granted": True,
                "proof": CANARY["text"],
            },
        ),
        client.post(
            "events",
            {
                "id": "e3",
                "name": "Claimed",
                "occurred_at": at,
                "identities": {"member_id": CANARY["member"]},
                "properties": odd,
            },
        ),
        client.post(
            "events",
            {
                "id": "e4",
                "name": "Seen",
                "occurred_at": at,
                "identities": {"anonymous_id": CANARY["anonymous"]},
            },
        ),
    ]
    _source, key = a_segment(trust="server")
    said += [
        call(
            key,
            "identify",
            userId=CANARY["member"],
            anonymousId=CANARY["anonymous"],
            traits=personal,
        ),
        call(
            key,
            "track",
            userId=CANARY["member"],
            event="Seen",
            properties={**odd, "x": CANARY["text"]},
        ),
    ]
    _source, strict = a_segment(is_strict=True)
    said += [
        call(
            strict,
            "track",
            anonymousId=CANARY["anonymous"],
            event="Never heard of",
            properties={**personal, **odd},
        )
    ]
    _source, token = a_sensors(trust="server")
    said += [
        collect(
            token,
            {
                "type": "track",
                "event": "Seen",
                "distinct_id": CANARY["member"],
                "time": 1,
                "properties": {**odd, "$is_login_id": True},
            },
        )
    ]
    assert [answer.status_code for answer in said if answer.status_code >= 300] == [], [
        answer.content for answer in said
    ]
    return server, key


def spooled(key):
    """A request that waits for the database."""
    body = json.dumps(
        {"userId": CANARY["member"], "event": "Waited", "properties": {"x": CANARY["text"]}}
    ).encode()
    meta = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v1/track",
        "CONTENT_TYPE": "application/json",
        "HTTP_AUTHORIZATION": basic(key),
    }
    spool.keep(meta, body, database_now())


def written_by_staff(customer, boss):
    """Tags with a reason, a letter in the mailbox, a run, a copy, a look at the phone."""
    tagging.put_on(
        Tag.objects.create(name="VIP"), [customer.pk], by="user:boss", why=CANARY["name"], now=NOW
    )
    run = a_run()
    whose = {"customer": customer, "origin_customer": customer}
    Run.objects.filter(pk=run.pk).update(
        **whose,
        facts={"event": {"note": CANARY["text"]}},
        entry_key=CANARY["text"],
        keys=[CANARY["text"]],
        due_at=NOW,
    )
    coupon = a_redeemed(customer, a_batch(), NOW)
    Coupon.objects.filter(pk=coupon.pk).update(order_number=CANARY["order"])
    CouponMove.objects.create(
        coupon=coupon,
        state="redeemed",
        order_number=CANARY["order"],
        amount_fen=100,
        by="order",
        at=NOW,
    )
    text = {"title": CANARY["name"], "body": CANARY["address"]}
    more = {"channel": "email", "purpose": "marketing", "created_at": NOW}
    Message.objects.create(
        **whose,
        **more,
        effect_key="t1",
        content=text,
        state="sent",
        sent_at=NOW,
        provider_id=CANARY["text"],
    )
    Message.objects.create(**whose, **more, effect_key="t2", content=text, due_at=NOW)
    box = Maildir(settings.MAILBOX)
    box.add(f"To: {CANARY['email']}\nSubject: hello\n\n{CANARY['text']}".encode())
    exporting.export(customer, by=boss, reason="asked for it", now=database_now())
    searched(boss, "q=" + quote(CANARY["phone"]), reason=CANARY["name"])
    searched(boss, "q=" + quote("金丝雀"))
    searched(boss, "q=139+8765+4321", said={"note": CANARY["phone"]})
    for_everybody(customer, boss)
    revealing.reveal(
        Identity.objects.filter(customer=customer, kind="phone").get(),
        boss,
        f"calls {CANARY['name']} {CANARY['phone']}",
        database_now(),
    )


def searched(boss, query: str, *, reason="", said=None):
    """Somebody has exported what they found by this, and it may still be fetched."""
    until = database_now() + timedelta(days=1)
    file = storing.make(by=boss, name="export.csv", content_type="", expires_at=until)
    storing.append(file, CANARY["name"].encode())
    listed = {"act": "export", "list": "customers.customer", "last_id": 1}
    Job.objects.create(
        kind="bulk",
        params={**listed, "query": query, "said": said or {"format": "csv"}},
        reason=reason,
        by=boss,
        state="done",
        result=file,
        created_at=NOW,
        ended_at=NOW,
        expires_at=until,
    )


def for_everybody(customer, boss):
    """What is nobody's and names them all the same: addresses of letters, rules, texts, histories
    of the admin, dashboards' memory."""
    for address in (
        f"/p?phone={CANARY['phone']}",
        f"/u/{quote(CANARY['name'])}",
        f"/m/{CANARY['member']}?x=1",
        f"/?e={quote(CANARY['email'])}",
    ):
        Link.objects.create(url=f"https://shop.example{address}")
    Link.objects.create(url="https://shop.example/canary-cages")
    rule = {
        "condition": "attribute",
        "attribute": "phone",
        "operator": "is",
        "value": CANARY["phone"],
    }
    Segment.objects.create(name=f"calls of {CANARY['phone']}", definition=rule)
    a_template(content={"title": f"Call {CANARY['phone']}", "body": CANARY["email"]})
    for model, row in (
        (Customer, customer),
        (Identity, Identity.objects.filter(customer=customer).first()),
    ):
        LogEntry.objects.create(
            user=boss,
            content_type=ContentType.objects.get_for_model(model),
            object_id=str(row.pk),
            object_repr=CANARY["name"],
            action_flag=2,
        )
    kind = ContentType.objects.get_for_model(Segment)
    LogEntry.objects.create(
        user=boss,
        content_type=kind,
        object_id="1",
        object_repr=f"calls of {CANARY['phone']}",
        action_flag=1,
    )


@pytest.mark.django_db(transaction=True)
def test_after_erasing_no_canary_is_anywhere(boss, caplog, monkeypatch):
    server, key = through_every_door()
    customer = Customer.objects.get(pk=Identity.objects.get(kind="member_id").customer_id)
    happened(server.source, an_event(member("elder")))
    elder = Customer.objects.get(pk=Identity.objects.get(value="elder").customer_id)
    merging.merge(customer.pk, elder.pk, by="x", identity="x", now=database_now())
    written_by_staff(customer, boss)
    spooled(key)
    assert found(dump()) >= {
        "member",
        "anonymous",
        "openid",
        "unionid",
        "name",
        "order",
        "text",
        "address",
        "phone",
        "email",
    }
    assert found(files()) >= {"email", "text"}
    assert Quarantine.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_ledger")
        ledger = cursor.fetchone()[0]

    erasing.erase(
        customer,
        by=boss,
        reason=f"asked by {CANARY['name']}, {CANARY['phone']}",
        now=database_now(),
    )
    until = time.monotonic() + 300  # as long as anybody else in the cluster has a number
    while Erasure.objects.exclude(due_at=None).exists() and time.monotonic() < until:
        Erasure.objects.exclude(due_at=None).update(due_at=database_now())
        erasing.work()

    assert everywhere(caplog) == []
    done = Erasure.objects.get()
    assert (done.wanted, done.due_at) == (None, None)
    assert done.done_at is not None
    assert not Quarantine.objects.exists()
    assert not list(spool.waiting())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_ledger")
        assert cursor.fetchone()[0] >= ledger

    # A letter's address leads on to its site; what only looks alike stays.
    assert Link.objects.filter(url__startswith="https://shop.example/#erased-").count() == 4
    assert Link.objects.filter(url="https://shop.example/canary-cages").exists()

    # What the books need stays, and adds up.
    order = Order.objects.get()
    assert (order.paid_fen, order.refunded_fen, order.number) == (100, 1, f"erased-{order.pk}")
    assert OrderLine.objects.filter(order=order).count() == 1
    assert Refund.objects.get().order_number == order.number
    assert set(Message.objects.values_list("state", "reason")) == {
        ("sent", ""),
        ("cancelled", "erased"),
    }
    run, move = Run.objects.get(), CouponMove.objects.get()
    assert (run.state, run.due_at) == ("exited", None)
    assert (move.state, move.order_number, move.amount_fen) == ("redeemed", "erased", 100)
    assert not Customer.objects.alive().filter(pk__in=[customer.pk, elder.pk]).exists()
    assert [
        model
        for model in (Identity, IdentityClaim, Event, Export)
        if model.objects.exclude(customer__erased_at=None).exists()
    ] == []


def test_what_workers_are_asked_names_nobody():
    """A message in the broker's file says which task, and at most which place in a line."""
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}

    taken = {name: set(inspect.signature(task.run).parameters) for name, task in ours.items()}
    assert len(taken) >= 15
    assert {
        name: names
        for name, names in taken.items()
        if names - {"self", "_later", "succeeds", "number"}
    } == {}


def test_of_a_coupons_move_nothing_else_is_ever_changed(boss):
    coupon = a_redeemed(a_person(), a_batch(), NOW)
    move = CouponMove.objects.create(
        coupon=coupon, state="redeemed", order_number="A1", amount_fen=100, by="order", at=NOW
    )
    one = CouponMove.objects.filter(pk=move.pk)

    for change in (
        {"amount_fen": 1},
        {"order_number": "A2"},
        {"order_number": "erased", "amount_fen": 1},
        {"state": "issued"},
    ):
        with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
            one.update(**change)
    with (
        pytest.raises(IntegrityError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM campaigns_couponmove")
    assert one.values_list("state", "order_number", "amount_fen").get() == ("redeemed", "A1", 100)


def a_person(number="1", **more):
    happened(a_source(), an_event(member(number), **more))
    return Customer.objects.get(pk=Identity.objects.get(value=number).customer_id)


def test_a_merge_of_somebody_who_is_erased_cannot_be_undone_and_both_are_erased(boss):
    survivor, loser = a_person("1"), a_person("2")
    merge = merging.merge(survivor.pk, loser.pk, by="x", identity="x", now=NOW)

    erasing.erase(loser, by=boss, reason="asked for it", now=NOW)

    assert Customer.objects.filter(erased_at=None).count() == 0
    with pytest.raises(merging.CannotUndo):
        merging.undo(merge, by="x", now=NOW)


def test_whoever_comes_back_gets_no_marketing_also_after_a_merge(boss):
    gone = a_person("1")
    erasing.erase(gone, by=boss, reason="asked for it", now=NOW)
    back, other = a_person("1", at=NOW + timedelta(days=1)), a_customer()
    assert back.pk != gone.pk
    back.refresh_from_db()
    assert back.is_barred
    assert not other.is_barred

    messages = [
        Message(pk=n, customer=whose, origin_customer=whose, channel="in_app", purpose=purpose)
        for n, (whose, purpose) in enumerate(
            [(back, "marketing"), (back, "service"), (other, "marketing")]
        )
    ]
    context = policy.PolicyContext(channels["in_app"](), Workspace.get(), NOW)
    stopped = policy.barred(messages, context)
    assert {pk: verdict.reason for pk, verdict in stopped.items()} == {0: "erased"}
    merging.merge(other.pk, back.pk, by="x", identity="x", now=NOW)
    other.refresh_from_db()
    assert other.is_barred


def test_nobody_else_is_touched_and_a_second_time_changes_nothing(boss):
    gone, other = a_person("1", attributes={"name": "A"}), a_person("2", attributes={"name": "B"})
    before = Event.objects.filter(customer=other).count()
    erasing.erase(gone, by=boss, reason="asked for it", now=NOW)
    erased = Customer.objects.get(pk=gone.pk)

    with pytest.raises(erasing.CannotErase):
        erasing.erase(gone, by=boss, reason="asked for it", now=NOW)
    Erasure.objects.update(due_at=database_now())
    erasing.work()

    assert Customer.objects.get(pk=gone.pk).erased_at == erased.erased_at
    assert Event.objects.filter(customer=other).count() == before
    assert Customer.objects.get(pk=other.pk).name == "B"
    assert ErasedIdentity.objects.count() == 1


def test_nothing_that_was_concluded_about_a_person_stays(boss):
    gone = a_person("1")
    interested(gone, 5)
    an_order(gone, source=a_source())
    membership.refresh_all()
    assert CustomerStage.objects.filter(customer=gone).exists()

    erasing.erase(gone, by=boss, reason="asked for it", now=NOW)
    membership.refresh_all()

    kept = {label for eraser in erasing.erasers for label in eraser.keeps}
    still = {
        model._meta.label
        for model, fields in erasing.pointing()
        for field in fields
        if model.objects.filter(**{field: gone}).exists()
    }
    assert still <= kept
    assert not Interest.objects.exists()


def test_a_segment_is_as_many_as_stay(boss):
    gone, stays = (
        a_person("1", attributes={"level": "gold"}),
        a_person("2", attributes={"level": "gold"}),
    )
    Segment.objects.create(name="gold", definition=GOLD)
    by_hand = Segment.objects.create(name="callers", kind="list")
    ListMember.objects.bulk_create(
        ListMember(segment=by_hand, customer=one, origin_customer=one) for one in (gone, stays)
    )
    membership.refresh_all()
    assert set(Segment.objects.values_list("size", flat=True)) == {2}

    erasing.erase(gone, by=boss, reason="asked for it", now=NOW)
    membership.refresh_all()

    assert set(Segment.objects.values_list("size", flat=True)) == {1}
    assert set(Membership.objects.values_list("customer", flat=True)) == {stays.pk}


@pytest.mark.parametrize("reason", ["", "   ", "no"])
def test_it_asks_for_the_right_and_a_reason(boss, reason):
    customer = a_person()
    with pytest.raises(erasing.CannotErase):
        erasing.erase(customer, by=boss, reason=reason, now=NOW)
    with pytest.raises(erasing.CannotErase):
        erasing.erase(
            customer, by=User.objects.create_user("guest"), reason="asked for it", now=NOW
        )
    with pytest.raises(exporting.CannotExport):
        exporting.export(customer, by=boss, reason=reason, now=NOW)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b'{"phone": "13987654321"}',
        b"data=" + quote(base64.b64encode(b'{"x": "13987654321"}').decode()).encode(),
        base64.b64encode(base64.b64encode(b'["+8613987654321"]')),
        b'{"name": "\\u91d1\\u4e1d\\u96c0"}',
        quote("金丝雀").encode(),
        b"CANARY@Seven.example",
    ],
)
def test_bytes_are_read_as_deep_as_senders_pack_them(raw):
    wanted = {"13987654321", "金丝雀", "canary@seven.example"}

    assert is_named_in(raw, wanted)
    assert not is_named_in(raw, {"nobody at all"})


# -- the pages


@pytest.fixture
def staff(client):
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(
            codename__in=["view_customer", "export_customer", "erase_customer"]
        )
    )
    client.force_login(user)
    return client


def test_a_copy_holds_everything_and_is_for_its_maker_alone(staff, boss):
    through_every_door()
    customer = Customer.objects.get(pk=Identity.objects.get(kind="member_id").customer_id)
    address = reverse("admin:customers_customer_export", args=[customer.pk])
    assert "form" in staff.get(address).content.decode()
    assert staff.post(address, {"reason": ""}).status_code == 200
    assert not Export.objects.exists()

    staff.post(address, {"reason": "asked for it"})
    export = Export.objects.get()
    link = reverse("admin:customers_customer_download", args=[export.pk])
    answer = staff.get(link)
    assert answer["Content-Type"] == "application/zip"
    content = zipfile.ZipFile(io.BytesIO(answer.content)).read("customer.json").decode()
    assert {kind for kind, value in CANARY.items() if value in content} == set(CANARY)
    assert {"events.Event", "events.OrderLine", "events.Refund", "customers.Consent"} <= json.loads(
        content
    )["data"].keys()
    assert CANARY["phone"] not in str(list(AuditEntry.objects.values()))

    other = staff.__class__()
    other.force_login(boss)
    assert other.get(link).status_code == 404
    Export.objects.update(expires_at=database_now())
    assert staff.get(link).status_code == 410
    assert exporting.forget_old(database_now()) == 1


def test_the_page_erases_only_after_a_reason_and_a_yes(staff):
    customer = a_person()
    address = reverse("admin:customers_customer_erase", args=[customer.pk])

    for data in ({}, {"reason": "asked for it"}, {"sure": "on"}):
        assert staff.post(address, data).status_code == 200
    assert Customer.objects.alive().count() == 1

    assert staff.post(address, {"reason": "asked for it", "sure": "on"}).status_code == 302
    assert Customer.objects.alive().count() == 0
    assert staff.get(address).status_code == 404
    customer.refresh_from_db()
    assert staff.get(customer.get_absolute_url()).status_code == 200


def worked_until_done(seconds: float = 60) -> bool:
    """Whether the only erasure is over within this time."""
    until = time.monotonic() + seconds
    while not Erasure.objects.get().done_at and time.monotonic() < until:
        Erasure.objects.exclude(due_at=None).update(due_at=database_now())
        erasing.work()
    return bool(Erasure.objects.get().done_at)


def test_an_erasure_waits_for_every_host_that_was_heard_of_lately(boss, monkeypatch):
    person = a_person("1", attributes={"name": "A"})
    now = database_now()
    ours = Host.objects.create(key=here.key(), name="ours", seen_at=now)
    other = Host.objects.create(key=uuid.uuid4(), name="other", seen_at=now - timedelta(days=29))
    Host.objects.create(key=uuid.uuid4(), name="of old", seen_at=now - timedelta(days=31))
    Host.objects.create(key=uuid.uuid4(), name="gone", seen_at=now, gone_at=now)
    erasing.erase(person, by=boss, reason="asked for it", now=now)

    Sweeps().work()
    assert Erasure.objects.get().hosts == []  # a request may still be under way to the disk
    monkeypatch.setattr(sweeping, "UNDER_WAY", timedelta())
    Sweeps().work()
    Sweeps().work()
    assert Erasure.objects.get().hosts == [ours.key]
    assert not worked_until_done(3)

    Host.objects.filter(key=other.key).update(gone_at=now)
    assert worked_until_done()


def test_a_host_answers_for_its_disk_once_nothing_there_names_the_person(boss, monkeypatch):
    _server, key = through_every_door()
    person = Customer.objects.get(pk=Identity.objects.get(kind="member_id").customer_id)
    Host.objects.create(key=here.key(), name="ours", seen_at=database_now())
    erasing.erase(person, by=boss, reason="asked for it", now=database_now())
    spooled(key)
    monkeypatch.setattr(sweeping, "UNDER_WAY", timedelta())

    Sweeps().work()
    assert Erasure.objects.get().hosts == []
    Sweeps().work()
    assert Erasure.objects.get().hosts == [here.key()]
    assert not list(spool.waiting())
