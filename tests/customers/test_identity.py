"""Who is meant, by whom it is said, and what is believed (decisions 1, 3)."""

import threading

import pytest
from django.db import connection

from customers.identity import merging
from customers.models import Customer, Identity, IdentityClaim, IdentityConflict, Merge
from events.incoming_items import Named
from events.models import Event
from tests.factories import NOW, a_source, an_event, happened, member, visitor

pytestmark = pytest.mark.django_db


def openid(value):
    return Named("wx_openid", value, scope="wx1")


def phone(value, verified=False):
    return Named("phone", value, verified=verified)


def customers_of(outcomes):
    return [
        Customer.objects.get(pk=o.customer_id).merged_into_id or o.customer_id for o in outcomes
    ]


def test_unknown_identities_make_one_customer_who_is_found_again():
    source = a_source()

    first, second = happened(source, an_event(member(1), openid("o1")), an_event(openid("o1")))
    (third,) = happened(source, an_event(member(1)))

    assert first.customer_id == second.customer_id == third.customer_id
    assert Customer.objects.count() == 1
    assert set(Identity.objects.values_list("kind", flat=True)) == {"member_id", "wx_openid"}


def test_a_batch_of_strangers_makes_one_customer_each():
    source = a_source()

    happened(
        source, *[an_event(member(n)) for n in range(50)], *[an_event(member(n)) for n in range(50)]
    )

    assert Customer.objects.count() == 50


def test_a_visitor_joins_the_member_when_a_trusted_source_names_both():
    server = a_source()
    client = a_source(trust="client")
    happened(client, an_event(visitor("a1")))
    happened(server, an_event(member(1)))

    happened(server, an_event(member(1), visitor("a1")))

    assert Customer.objects.alive().count() == 1
    assert Event.objects.values("customer").distinct().count() == 1


def test_a_client_claim_attaches_and_merges_nothing():
    server, client = a_source(), a_source(trust="client")
    (victim,) = happened(server, an_event(member(1), phone("+8613800138000", verified=True)))

    (thief,) = happened(
        client, an_event(visitor("thief"), member(1), phone("+8613800138000", verified=True))
    )
    happened(server, an_event(member(1)))

    assert thief.customer_id != victim.customer_id
    assert Event.objects.filter(customer=thief.customer_id).count() == 1
    assert IdentityClaim.objects.filter(customer=thief.customer_id).count() == 2
    assert not Merge.objects.exists()


def test_events_with_nothing_but_a_claim_gather_on_one_provisional_customer_apart_from_the_trusted_one():  # noqa: E501
    server, client = a_source(), a_source(trust="client")
    (trusted,) = happened(server, an_event(member(1)))

    outcomes = happened(client, an_event(member(1)), an_event(member(1)))
    outcomes += happened(client, an_event(member(1)))

    assert len({o.customer_id for o in outcomes}) == 1
    assert outcomes[0].customer_id != trusted.customer_id
    assert Customer.objects.get(pk=outcomes[0].customer_id).is_provisional


def test_a_provisional_customer_joins_when_a_trusted_source_first_names_the_claimed_value():
    server, client = a_source(), a_source(trust="client")
    (claimed,) = happened(client, an_event(member(1)))

    (named,) = happened(server, an_event(member(1)))

    assert Customer.objects.alive().count() == 1
    assert Event.objects.filter(customer=Customer.objects.alive().get()).count() == 2
    assert customers_of([claimed, named]) == [Customer.objects.alive().get().pk] * 2


def test_a_believed_client_source_resolves_like_a_server():
    client = a_source(trust="client", believe_identities=True)

    first, second = happened(client, an_event(visitor("a1"), member(1)), an_event(member(1)))

    assert first.customer_id == second.customer_id


def test_two_member_ids_are_never_joined_and_wait_for_staff():
    source = a_source()
    happened(source, an_event(member(1), openid("o1")), an_event(member(2)))

    (outcome,) = happened(source, an_event(member(2), openid("o1")))

    assert outcome.customer_id == Identity.objects.get(kind="member_id", value="2").customer_id
    assert Customer.objects.alive().count() == 2
    assert IdentityConflict.objects.count() == 1


def test_customers_known_by_different_strong_kinds_merge_when_named_together():
    source = a_source()
    older, younger = happened(source, an_event(openid("o1")), an_event(member(1)))

    happened(source, an_event(member(1), openid("o1")))

    assert Customer.objects.get(pk=younger.customer_id).merged_into_id == older.customer_id
    assert set(Event.objects.values_list("customer", flat=True)) == {older.customer_id}


def test_two_members_with_one_typed_phone_stay_two():
    source = a_source()

    one, two = happened(
        source,
        an_event(member(1), phone("+8613800138000")),
        an_event(member(2), phone("+8613800138000")),
    )

    assert one.customer_id != two.customer_id


def test_the_same_member_id_in_another_shop_is_somebody_else():
    from tests.factories import a_namespace

    (here,) = happened(a_source(), an_event(member(1)))
    (there,) = happened(a_source(namespace=a_namespace("school")), an_event(member(1)))

    assert here.customer_id != there.customer_id


def test_phones_are_stored_as_hashes_and_sealed():
    happened(a_source(), an_event(member(1), phone("+8613812345678")))

    identity = Identity.objects.get(kind="phone")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT value || encode(sealed, 'escape') FROM customers_identity WHERE kind = 'phone'"
        )
        stored = cursor.fetchone()[0]

    assert "13812345678" not in stored
    assert identity.sealed == "+8613812345678"
    assert identity.masked_value == "138****5678"


def test_a_merge_can_be_undone():
    source = a_source()
    one, two = happened(
        source,
        an_event(openid("o1"), attributes={"level": "gold"}),
        an_event(member(1), attributes={"level": "normal"}, at=NOW),
    )
    happened(source, an_event(member(1), openid("o1")))

    moved = merging.undo(Merge.objects.get(), by="staff", now=NOW)

    assert Customer.objects.alive().count() == 2
    assert set(
        Event.objects.filter(customer=two.customer_id).values_list("origin_customer", flat=True)
    ) == {two.customer_id}
    assert Identity.objects.get(kind="member_id").customer_id == two.customer_id
    assert moved["customers.Identity"] == 1
    assert Customer.objects.get(pk=one.customer_id).attributes.get(key="level").value == "gold"
    assert Customer.objects.get(pk=two.customer_id).attributes.get(key="level").value == "normal"


@pytest.mark.django_db(transaction=True)
def test_the_same_new_person_named_by_many_requests_at_once_is_one_customer():
    source = a_source()
    gate = threading.Barrier(16)

    def post(n):
        gate.wait()
        happened(
            source,
            an_event(member(1), openid("o1"), id=f"e{n}"),
            an_event(member(n % 3 + 10), id=f"f{n}"),
        )
        connection.close()

    threads = [threading.Thread(target=post, args=(n,)) for n in range(16)]
    [t.start() for t in threads]
    [t.join() for t in threads]

    assert Customer.objects.count() == 4
    assert Event.objects.count() == 32
