"""Whose session it is when two customers become one, and two again."""

import pytest

from crm_project.queue.due import database_now
from customers.data_rights import erasing
from customers.identity import merging
from customers.models import Customer
from integrations.member_api import attempts, platforms, sessions
from integrations.member_api.models import MemberSession
from tests.factories import a_customer
from tests.integrations.member import Phone
from tests.integrations.wechat.test_own_messages import a_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def device(app) -> Phone:
    attempts.forget()
    platforms.forget()
    return Phone(app)


@pytest.fixture
def person(platform):
    return platform.person()


def joined(customer, other):
    now = database_now()
    return merging.merge(customer.pk, other.pk, by="test", identity="", now=now)


def test_a_session_goes_with_its_openid_through_a_merge_and_its_undoing(device, person):
    """Joined with somebody else they see what is theirs together; parted again, only their own."""
    device.log_in(person.login()["code"])
    own = MemberSession.objects.get().identity.customer
    known = a_customer()
    mine, theirs = (a_message(one, "in_app") for one in (own, known))

    def seen() -> set[int]:
        answer = device.ask("GET", "me/messages")
        assert answer.status_code == 200
        return {one["id"] for one in answer.json()["results"]}

    assert seen() == {mine}
    for pair in ((own, known), (known, own)):  # whichever of the two stays
        merge = joined(*pair)
        assert sessions.customer_of(MemberSession.objects.get()).pk == merge.customer_id
        assert seen() == {mine, theirs}
        merging.undo(merge, by="test", now=database_now())
        assert sessions.customer_of(MemberSession.objects.get()).pk == own.pk
        assert seen() == {mine}
    assert MemberSession.objects.get().revoked_at is None


def test_a_log_in_after_a_merge_is_the_same_person(device, person):
    device.log_in(person.login()["code"])
    own = MemberSession.objects.get().identity.customer
    merge = joined(own, a_customer())

    device.log_in(person.login()["code"])

    assert {sessions.customer_of(one).pk for one in MemberSession.objects.all()} == {
        merge.customer_id
    }
    erased = Customer.objects.get(pk=merge.customer_id)
    erasing.erase(erased, by=None, reason="asked", now=database_now())
    assert device.ask("GET", "me/messages").status_code == 401
