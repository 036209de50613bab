"""A message as a test, to its author and to nobody else.

Who the author is among the customers they say themselves and somebody else confirms, with the
addresses that the customer has then; what they are is looked at again when the test leaves. It
walks the ordinary way, is marked in its words, costs what it costs, and counts in nothing else: not
in numbers, caps, holdout or attribution (`Message.is_test`).
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery import outbox
from campaigns.delivery.channels import Channel, channels, named
from campaigns.delivery.checks import Check
from campaigns.delivery.rendering import digest_of
from campaigns.models import Message, TestPerson
from customers.approval import deciding
from customers.approval.kinds import Kind
from customers.models import AuditEntry, Customer
from customers.privacy import sealing

MOST, WITHIN = 20, timedelta(hours=1)  # tests of one author
KEY = "test:"
NOT_THEIRS = "test_address"


class CannotTest(ValueError):
    """Nothing was sent, in words for the author."""


def person_of(user) -> TestPerson | None:
    return TestPerson.objects.select_related("customer").filter(user=user).first()


def name_oneself(user, customer: Customer, now: datetime) -> TestPerson:
    """The author says that this customer is themselves; nothing is sent before somebody else has
    confirmed it. Raises customers.approval.kinds.Refused."""
    with transaction.atomic():
        TestPerson.objects.filter(user=user).delete()
        person = TestPerson.objects.create(
            user=user,
            customer=customer,
            origin_customer=customer,
            digests=digests(customer),
            named_at=now,
        )
        deciding.ask(TestPersons(), person, by=user, now=now)
        AuditEntry.objects.create(
            by=user, act="test_person.name", subject=f"customer:{customer.pk}", details={}
        )
    return person


def digests(customer: Customer) -> dict[str, list[str]]:
    """By channel: the addresses by which the customer is reached, hashed."""
    return {
        one.key: sorted(here)
        for one in channels
        if (here := addresses(one(), {customer.pk}).get(customer.pk))
    }


def addresses(channel: Channel, customers: set[int]) -> dict[int, set[str]]:
    return {
        pk: {sealing.digest("test_address", str(one.value)) for one in known}
        for pk, known in channel.addresses(customers).items()
    }


def is_theirs(person: TestPerson, channel: str, here: set[str] | None) -> bool:
    """Whether all of these addresses were confirmed as the author's."""
    return bool(person.confirmed_at and here and here <= set(person.digests.get(channel, ())))


def send(
    texts: dict[str, str], *, channel: str, purpose: str, by, now: datetime, filled_for=None
) -> None:
    """The texts, filled in already, go to their author. Raises CannotTest."""
    person = person_of(by)
    if person is None or person.confirmed_at is None:
        raise CannotTest(_("Say first which customer you are, and have it confirmed."))
    here = addresses(channels[channel](), {person.customer_id}).get(person.customer_id)
    if not here:
        raise CannotTest(
            _("You cannot be reached there: %(channel)s.") % {"channel": named(channel)}
        )
    if not is_theirs(person, channel, here):
        raise CannotTest(_("Your address there is another one by now: have it confirmed again."))
    with transaction.atomic():
        TestPerson.objects.select_for_update().get(pk=person.pk)  # one at a time
        sent = Message.objects.filter(customer=person.customer_id, is_test=True)
        if sent.filter(created_at__gt=now - WITHIN).count() >= MOST:
            raise CannotTest(_("At most %(n)d tests an hour.") % {"n": MOST})
        said = marked(texts, channel)
        intent = outbox.Intent(
            person.customer_id,
            person.customer_id,
            f"{KEY}{by.pk}:{uuid.uuid4()}",
            channel,
            purpose,
            said,
            facts={"test_by": by.pk},
            is_test=True,
            content_digest=digest_of(said),  # what people are called is no template
        )
        outbox.queue([intent], now=now)
        AuditEntry.objects.create(
            by=by,
            act="message.test",
            subject=f"customer:{person.customer_id}",
            details={
                "channel": channel,
                "key": intent.effect_key,
                "filled_for": filled_for and filled_for.pk,
            },
        )


def marked(texts: dict[str, str], channel: str) -> dict[str, str]:
    """With the word in the line that is read first; in the language in which messages speak."""
    with translation.override(settings.LANGUAGE_CODE):
        return channels[channel]().marked(texts, _("[Test] %(text)s"))


class OnlyToThemselves(Check):
    """A test leaves only to addresses that are confirmed as its author's, by the time it leaves."""

    key = "test"

    def stops(self, messages, now):
        tests = [m for m in messages if m.is_test]
        if not tests:
            return {}
        authors = {m.facts.get("test_by") for m in tests} - {None}
        people = {one.user_id: one for one in TestPerson.objects.filter(user__in=authors)}
        here = {
            channel: addresses(
                channels[channel](), {m.customer_id for m in tests if m.channel == channel}
            )
            for channel in {m.channel for m in tests}
        }
        stopped = {}
        for m in tests:
            person = people.get(m.facts.get("test_by"))
            confirmed = here[m.channel].get(m.customer_id)
            if (
                person is None
                or person.customer_id != m.customer_id
                or not is_theirs(person, m.channel, confirmed)
            ):
                stopped[m.pk] = NOT_THEIRS
        return stopped


class TestPersons(Kind):
    """Somebody else confirms which customer a member of the staff is."""

    __test__ = False

    key, label = "test_person", gettext_lazy("who somebody of the staff is, for tests")
    model, permission, is_switched = TestPerson, "customers.view_customer", False

    def is_needed(self, row: TestPerson) -> bool:
        return True

    def name(self, row: TestPerson) -> str:
        return str(row.user)

    def content(self, row: TestPerson) -> dict:
        return {"user": str(row.user), "customer": row.customer_id, "addresses": row.digests}

    def words(self, content: dict) -> list[tuple[str, str]]:
        customer = Customer.objects.filter(pk=content["customer"]).first()
        return [
            (_("account"), content["user"]),
            (_("customer"), str(customer or content["customer"])),
            (_("channels"), ", ".join(named(key) for key in sorted(content["addresses"]))),
        ]

    def approved(self, row: TestPerson, now: datetime) -> None:
        TestPerson.objects.filter(pk=row.pk).update(confirmed_at=now)

    def rejected(self, row: TestPerson, now: datetime) -> None:
        TestPerson.objects.filter(pk=row.pk, confirmed_at=None).delete()
