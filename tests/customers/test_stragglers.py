"""Who decided before a merge, an undo or an erasure was known, and commits after it (decision
27)."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from crm_project.queue.due import database_now, work_through
from customers.data_rights import erasing
from customers.identity import following, merging
from customers.models import (
    Consent,
    Customer,
    CustomerTag,
    Erasure,
    Identity,
    Merge,
    Note,
    Tag,
    TagGroup,
)
from customers.segments import membership
from events.incoming_items import ConsentStated
from events.models import Event
from tests.factories import NOW, a_source, a_workspace, an_event, happened, member

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def under_way(write):
    """`write` has done its work in a transaction of another connection that commits when the block
    ends."""
    written, may_commit, failed = threading.Event(), threading.Event(), []

    def hold():
        try:
            with transaction.atomic():
                write()
                written.set()
                may_commit.wait(120)
        except Exception as error:  # noqa: BLE001 -- told to the test
            failed.append(error)
        finally:
            written.set()
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert written.wait(120)
    try:
        yield
    finally:
        may_commit.set()
        thread.join()
    assert not failed


def swept():
    Merge.objects.exclude(due_at=None).update(due_at=database_now())
    work_through(Merge.objects.all(), merging.sweep)


def finished():
    """No merge is due any more; it takes some looks, and as long as anybody else in the cluster has
    a number."""
    return ended(swept, Merge)


def ended(look, model):
    until = time.monotonic() + 60
    while model.objects.exclude(due_at=None).exists() and time.monotonic() < until:
        look()
        time.sleep(0.02)
    return not model.objects.exclude(due_at=None).exists()


def erased():
    Erasure.objects.exclude(due_at=None).update(due_at=database_now())
    erasing.work()


def pair():
    """The elder and the younger, who are about to turn out to be one."""
    a_workspace()
    source = a_source()
    happened(source, an_event(member("elder")), an_event(member("younger")))
    return source, *(
        Identity.objects.get(value=value).customer_id for value in ("elder", "younger")
    )


def merged(survivor, loser, **more):
    return merging.merge(survivor, loser, by="x", identity="x", now=database_now(), **more)


def strays(model):
    """Rows that stand at somebody who is nobody of their own."""
    return model._base_manager.filter(
        customer__in=Customer.objects.exclude(merged_into=None)
    ).count()


def test_what_was_decided_between_a_merges_number_and_its_commit_follows():
    source, survivor, loser = pair()

    with transaction.atomic():
        merged(survivor, loser)  # it has its number, and nobody else sees it yet
        late = under_way(lambda: happened(source, an_event(member("younger"), id="late")))
        late.__enter__()
    try:
        for _look in range(3):
            swept()
        assert Merge.objects.exclude(due_at=None).exists()  # somebody may still write
    finally:
        late.__exit__(None, None, None)

    assert finished()
    assert set(Event.objects.values_list("customer", flat=True)) == {survivor}


def test_what_was_decided_between_an_undos_number_and_its_commit_goes_back():
    source, survivor, loser = pair()
    merge = merged(survivor, loser)
    assert finished()

    with transaction.atomic():
        merging.undo(merge, by="x", now=database_now())
        late = under_way(lambda: happened(source, an_event(member("younger"), id="late")))
        late.__enter__()
    try:
        for _look in range(3):
            swept()
    finally:
        late.__exit__(None, None, None)

    assert finished()
    assert Event.objects.get(external_id="late").customer_id == loser
    assert dict(
        Event.objects.exclude(external_id="late").values_list("origin_customer", "customer")
    ) == {survivor: survivor, loser: loser}


def test_what_was_decided_between_an_erasures_number_and_its_commit_is_erased():
    source, customer, _other = pair()
    boss = User.objects.create_superuser("boss")

    with transaction.atomic():
        erasing.erase(
            Customer.objects.get(pk=customer), by=boss, reason="asked for it", now=database_now()
        )
        late = under_way(lambda: happened(source, an_event(member("elder"), id="late")))
        late.__enter__()
    try:
        for _look in range(3):
            erased()
        assert Erasure.objects.get().done_at is None
    finally:
        late.__exit__(None, None, None)

    assert ended(erased, Erasure)
    assert Erasure.objects.get().done_at is not None
    assert not Event.objects.filter(customer=customer).exists()


def test_a_stragglers_no_wins_over_the_others_yes():
    source, survivor, loser = pair()
    happened(
        source,
        an_event(member("elder"), consents=[ConsentStated("sms", "marketing", True)], at=NOW),
    )

    with transaction.atomic():
        merged(survivor, loser)
        say_no = [ConsentStated("sms", "marketing", False)]
        late = under_way(
            lambda: happened(
                source,
                an_event(member("younger"), consents=say_no, at=NOW.replace(year=2020), id="late"),
            )
        )
        late.__enter__()
    late.__exit__(None, None, None)

    assert finished()
    said = Consent.objects.filter(customer=survivor, channel="sms").order_by("-occurred_at", "-pk")
    assert [one.is_granted for one in said] == [False, True, False]


def test_who_agrees_after_the_merge_is_not_overruled_by_an_old_no():
    source, survivor, loser = pair()
    happened(
        source,
        an_event(member("elder"), consents=[ConsentStated("sms", "marketing", True)], at=NOW),
    )
    merged(survivor, loser)
    happened(
        source,
        an_event(
            member("elder"), consents=[ConsentStated("sms", "marketing", True)], at=database_now()
        ),
        now=database_now(),
    )
    old = {
        "customer_id": loser,
        "origin_customer_id": loser,
        "channel": "sms",
        "purpose": "marketing",
    }
    Consent.objects.create(**old, is_granted=False, occurred_at=NOW.replace(year=2020))

    assert finished()
    latest = (
        Consent.objects.filter(customer=survivor, channel="sms")
        .order_by("-occurred_at", "-pk")
        .first()
    )
    assert (latest.is_granted, strays(Consent)) == (True, 0)


def test_whoever_writes_by_what_an_earlier_transaction_read_writes_for_the_survivor():
    _source, survivor, loser = pair()
    merged(survivor, loser)
    assert finished()

    with transaction.atomic():
        whose = following.whose([survivor, loser])
        Note.objects.create(
            customer_id=whose[loser], origin_customer_id=loser, text="late", by=None, at=NOW
        )

    assert whose == {survivor: survivor, loser: survivor}
    assert Note.objects.get().customer_id == survivor


def test_the_evaluators_pass_sends_after_those_who_were_merged_away_and_written_about():
    """A pass has one old view of everything; what it writes may be for somebody who is nobody of
    their own by then."""
    _source, survivor, loser = pair()
    merged(survivor, loser)
    membership.refresh_all()
    assert finished()
    tag = Tag.objects.create(name="late")
    CustomerTag.objects.create(
        customer_id=loser, origin_customer_id=loser, tag=tag, since=NOW, by="segment:1"
    )

    membership.refresh_all()

    assert finished()
    assert CustomerTag.objects.get().customer_id == survivor


def test_a_chain_of_merges_in_one_call_is_undone_one_by_one():
    source = a_source()
    a_workspace()
    happened(
        source, *[an_event(member(name), attributes={"name": name}) for name in ("a", "b", "c")]
    )
    a, b, c = (Identity.objects.get(value=name).customer_id for name in ("a", "b", "c"))
    pairs = [merging.Pair(b, c), merging.Pair(a, b)]

    with transaction.atomic():
        first, second = merging.merge_many(pairs, by="x", now=database_now())

    assert set(Event.objects.values_list("customer", flat=True)) == {a}
    assert dict(Customer.objects.order_by("pk").values_list("pk", "merged_into")) == {
        a: None,
        b: a,
        c: a,
    }
    with pytest.raises(merging.CannotUndo):
        merging.undo(first, by="x", now=NOW)
    merging.undo(second, by="x", now=NOW)
    assert dict(Event.objects.values_list("origin_customer", "customer")) == {a: a, b: b, c: b}
    merging.undo(first, by="x", now=NOW)
    assert dict(Event.objects.values_list("origin_customer", "customer")) == {a: a, b: b, c: c}
    assert dict(Customer.objects.values_list("pk", "name")) == {a: "a", b: "b", c: "c"}


def test_many_who_join_one_bring_one_tag_of_a_group_and_take_theirs_away_again():
    a_workspace()
    source = a_source()
    happened(source, *[an_event(member(name)) for name in ("a", "b", "c")])
    a, b, c = (Identity.objects.get(value=name).customer_id for name in ("a", "b", "c"))
    group = TagGroup.objects.create(name="level", is_exclusive=True)
    tags = [Tag.objects.create(name=name, group=group) for name in ("silver", "gold", "platinum")]
    for n, (customer, tag) in enumerate(zip((a, b, c), tags, strict=True)):
        CustomerTag.objects.create(
            customer_id=customer,
            origin_customer_id=customer,
            tag=tag,
            since=NOW.replace(minute=n),
            by="x",
        )
    carried = lambda: {  # noqa: E731
        (t.customer_id, t.tag.name)
        for t in CustomerTag.objects.valid(database_now()).select_related("tag")
    }

    with transaction.atomic():
        first, second = merging.merge_many(
            [merging.Pair(a, b), merging.Pair(a, c)], by="x", now=database_now()
        )
    assert carried() == {(a, "platinum")}

    merging.undo(second, by="x", now=database_now())
    assert carried() == {(a, "gold"), (c, "platinum")}
    merging.undo(first, by="x", now=database_now())
    assert carried() == {(a, "silver"), (b, "gold"), (c, "platinum")}


def test_after_an_undo_nobody_keeps_the_others_name():
    source, survivor, loser = pair()
    happened(source, an_event(member("younger"), attributes={"name": "王小明"}, at=NOW))
    merge = merged(survivor, loser)
    assert Customer.objects.get(pk=survivor).name == "王小明"

    merging.undo(merge, by="x", now=NOW)

    assert dict(Customer.objects.values_list("pk", "name")) == {survivor: "", loser: "王小明"}


@pytest.mark.parametrize("gone", [None, ""])
def test_a_name_that_is_deleted_is_gone(gone):
    source, one, _other = pair()
    happened(source, an_event(member("elder"), attributes={"name": "王小明"}, at=NOW))

    happened(
        source,
        an_event(member("elder"), attributes={"name": gone}, at=database_now()),
        now=database_now(),
    )

    assert Customer.objects.get(pk=one).name == ""
