"""Queues of real brokers: read, acknowledged after the commit, whatever dies in between."""

import contextlib
import json
import uuid

import pytest
from django.db import connection

from crm_project.queue.due import database_now
from customers.models import Connection
from events.models import Event, Order
from integrations.connections.vendors import vendors
from integrations.doors import quarantine, replaying
from integrations.models import Quarantine, QueueState
from integrations.sync.queue import consuming
from integrations.sync.queue.brokers import open_for
from integrations.sync.queue.format import QueueFormat
from integrations.sync.queue.taking import QuarantineFull, take
from tests.product import eventually
from tests.sync.brokers import a_queue_at, broker, consumer, orders
from tests.sync.disks import full_disk

KINDS = ("rabbitmq", "redis", "valkey")
EACH = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def local_brokers(settings):
    settings.OUTBOUND_HOSTS = ["127.0.0.1"]
    quarantine._used.clear()


@pytest.fixture
def at(request):
    """At each broker a queue of this test's own."""
    made = []

    def make(kind):
        made.append(broker(kind, f"hutong-test-{uuid.uuid4().hex[:12]}"))
        return made[-1]

    yield make
    for one in made:
        one.close()


@contextlib.contextmanager
def reading(queue):
    """A reader in a thread of this process."""
    reader = consuming.Reader(queue, consuming.version_of(queue))
    reader.start()
    try:
        yield reader
    finally:
        reader.stopping.set()
        reader.join(15)
        assert not reader.is_alive()


@contextlib.contextmanager
def running(process):
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.django_db(transaction=True)
@EACH
def test_messages_are_stored_and_gone_from_the_queue(kind, at):
    there = at(kind)
    queue = a_queue_at(there, door="orders", at_once=40)
    batch = json.dumps({"batch": [json.loads(one) for one in orders(range(100, 105))]}).encode()
    there.publish([*orders(range(100)), batch, b"{", *orders([7])])
    with reading(queue):
        assert eventually(lambda: taken(queue) == 103, seconds=20, every=0.05)
        assert eventually(lambda: there.left() == 0, seconds=10, every=0.05)

    assert Order.objects.count() == Event.objects.count() == 105
    state = QueueState.objects.get()
    assert (state.stored, state.known, state.refused) == (105, 1, 1)
    assert state.last_error == ""
    assert Quarantine.objects.get().code == "invalid_json"


def taken(queue) -> int:
    state = QueueState.objects.filter(queue=queue).first()
    return state.taken if state else 0


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
@EACH
def test_a_killed_reader_loses_and_doubles_nothing(kind, at, tmp_path):
    """After the rows are written and before they are committed; after the commit and before the
    broker knows."""
    there = at(kind)
    queue = a_queue_at(there, door="customers", at_once=50)
    people = [
        json.dumps({"identities": {"member_id": f"m{n}"}, "registered": True}).encode()
        for n in range(400)
    ]
    there.publish(people)
    points = f"queue.stored:2:{tmp_path / 'a'}", f"queue.committed:3:{tmp_path / 'b'}"
    for point in points:
        assert consumer(point).wait(120) == -9
    with running(consumer()):
        assert eventually(lambda: Event.objects.count() >= 400, seconds=100, every=0.1)
        assert eventually(lambda: there.left() == 0, seconds=20, every=0.1)

    assert Event.objects.count() == 400
    assert QueueState.objects.get(queue=queue).refused == 0


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["rabbitmq", "valkey"])
def test_what_a_reader_left_comes_again_to_the_next(kind, at):
    """Also where it named nothing: the message names it, and nothing is doubled."""
    there = at(kind)
    queue = a_queue_at(there, door="customers")
    there.publish(
        [b'{"identities": {"member_id": "m1"}}'],
        **({"message_id": "one"} if kind == "rabbitmq" else {}),
    )
    for _time in range(2):
        one = open_for(queue)
        messages = one.take(10, 5)
        take(queue, messages)
        one.close()
    last = open_for(queue)
    again = last.take(10, 5)
    counts = take(queue, again)
    last.settle(again)
    last.close()

    assert (counts.stored, counts.known) == (0, 1)
    assert Event.objects.count() == 1
    assert there.left() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["rabbitmq", "valkey"])
def test_each_message_may_say_what_it_is(kind, at):
    there = at(kind)
    queue = a_queue_at(there)
    said = {"application_headers": {"door": "orders"}} if kind == "rabbitmq" else {"door": "orders"}
    there.publish(orders([1]), **said)
    there.publish(orders([2]))
    one, found = open_for(queue), []
    while len(found) < 2:
        found += one.take(10, 5)
    counts = take(queue, found)
    one.close()

    assert (counts.stored, counts.refused) == (1, 1)
    assert Quarantine.objects.get().code == "unknown_door"


@pytest.mark.django_db
def test_what_another_consumer_of_the_group_left_is_claimed(at, monkeypatch):
    from integrations.sync.queue.brokers import streams

    monkeypatch.setattr(streams, "ABANDONED", 1)
    there = at("valkey")
    queue = a_queue_at(there, door="orders")
    there.publish(orders([1, 2]))
    there.line.xgroup_create(there.queue, "hutong", id="0")
    there.line.xreadgroup("hutong", "somebody else", {there.queue: ">"})
    one = open_for(queue)
    found = eventually(lambda: one.take(10, 0.05), seconds=5, every=0.02)
    take(queue, found)
    one.settle(found)
    one.close()

    assert len(found) == 2
    assert there.left() == 0


@pytest.mark.django_db
def test_an_entry_without_a_body_is_refused(at):
    there = at("valkey")
    queue = a_queue_at(there, door="orders")
    there.line.xadd(there.queue, {"a": "1", "b": "2"})
    one = open_for(queue)
    counts = take(queue, one.take(10, 5))
    one.close()

    assert counts.refused == 1
    assert Quarantine.objects.get().code == "no_body"


@pytest.mark.django_db
def test_nothing_is_taken_while_the_quarantine_has_no_room(at, monkeypatch):
    there = at("valkey")
    queue = a_queue_at(there, door="orders")
    there.publish([b"{"])
    monkeypatch.setattr(quarantine, "MOST_BYTES", 10)
    one = open_for(queue)
    with pytest.raises(QuarantineFull):
        take(queue, one.take(10, 5))
    one.close()

    assert there.left() == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_disk_is_full_messages_wait_at_the_broker(at):
    there = at("valkey")
    queue = a_queue_at(there, door="orders")
    there.publish(orders(range(50)))
    with full_disk("events_event"), reading(queue):
        said = eventually(
            lambda: QueueState.objects.filter(queue=queue).exclude(last_error="").first(),
            seconds=15,
            every=0.05,
        )
    assert said.last_error
    assert (Order.objects.count(), taken(queue), there.left()) == (0, 0, 50)
    with reading(queue):
        assert eventually(lambda: there.left() == 0, seconds=20, every=0.05)
    assert Order.objects.count() == Event.objects.count() == 50
    assert Quarantine.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_poisonous_message_stands_in_nobodys_way(at, monkeypatch):
    """Whatever is wrong with it: bytes, contents, or what nobody foresaw."""
    there = at("valkey")
    queue = a_queue_at(there, door="orders", at_once=100)
    real = QueueFormat.items_of

    def breaking(self, source, message, now):
        if b'A13"' in message.body:
            raise ZeroDivisionError
        return real(self, source, message, now)

    monkeypatch.setattr(QueueFormat, "items_of", breaking)
    poison = [b"", b"{", b"\xff\xfe\x00", b"[" * 5000, b'{"number": "\\u0000"}', b"null", b"7"]
    bodies = orders(range(60))
    for place, one in enumerate(poison):
        bodies.insert(place * 8, one)
    there.publish(bodies)
    with reading(queue):
        assert eventually(lambda: there.left() == 0, seconds=30, every=0.05)
    assert Order.objects.count() == 59
    assert Quarantine.objects.count() == len(poison) + 1
    assert "not_storable" in set(Quarantine.objects.values_list("code", flat=True))


@pytest.mark.django_db
def test_what_was_refused_is_tried_again_by_its_queue(at):
    there = at("valkey")
    queue = a_queue_at(there, door="")
    there.publish(orders([1]))
    one = open_for(queue)
    take(queue, one.take(10, 5))
    one.close()
    row = Quarantine.objects.get()
    assert not replaying.replay(row, database_now())
    queue.door = "orders"
    queue.save()

    assert replaying.replay(row, database_now())
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_why_a_queue_is_not_read_stands_in_its_state(at):
    there = at("rabbitmq")
    queue = a_queue_at(there, door="orders")
    queue.queue = "there-is-none"
    queue.save()
    with reading(queue):
        said = eventually(
            lambda: QueueState.objects.filter(queue=queue).exclude(last_error="").first(),
            seconds=15,
            every=0.05,
        )
    assert said.last_error == "The broker has no queue of this name."


@pytest.mark.django_db(transaction=True)
def test_one_reader_at_a_time(at):
    """The second waits; it goes on where the first has ended."""
    there = at("valkey")
    queue = a_queue_at(there, door="orders")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('hutong consume'), %s)", [queue.pk])
    there.publish(orders([1]))
    with reading(queue) as reader:
        assert not eventually(lambda: taken(queue), seconds=1, every=0.1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('hutong consume'), %s)", [queue.pk])
        assert eventually(lambda: taken(queue), seconds=20, every=0.1)
        assert reader.is_alive()


@pytest.mark.django_db
@EACH
def test_the_accounts_form_tests_it(kind, at):
    there = at(kind)
    queue = a_queue_at(there)
    vendor, account = vendors[queue.connection.vendor](), queue.connection
    assert vendor.test(account).is_well
    account.settings = {**account.settings, "password": "wrong", "user": "nobody"}
    if kind != "redis":  # that one asks for no password
        assert not vendor.test(account).is_well
    account.settings = {**account.settings, "port": 1}
    assert not vendor.test(account).is_well
    assert Connection.objects.filter(pk=account.pk).exists()


@pytest.mark.django_db
def test_a_broker_of_our_own_network_needs_the_operators_word(settings):
    settings.OUTBOUND_HOSTS = []
    form = vendors["rabbitmq"].Form({"host": "127.0.0.1", "port": 5672, "user": "guest"})
    assert "host" in form.errors
    form = vendors["rabbitmq"].Form({"host": "mq.example.com", "port": 5672, "user": "guest"})
    assert not form.errors
