"""POST /api/v1/me/phone: the phone that the platform has verified, for the code of its button. Each
is paid for: counted before it is asked for, and no more than so many a day."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec
from django.db import connection as database
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from msgspec import Meta

from campaigns.delivery import costs
from crm_project.queue.due import database_now
from crm_project.runtime.front import wsgi
from crm_project.web.addresses import network_of
from customers.models import Connection
from customers.privacy.sealing import masked
from events.incoming_items import Named
from integrations.doors.problems import Refused, TooManyRequests, Unknown, answer
from integrations.member_api import attempts, platforms, sessions
from integrations.member_api.authentication import Member, NoSession
from integrations.member_api.models import PhoneLookups
from integrations.member_api.providers import CodeRefused, LoginProvider, PersonRefused
from integrations.member_api.session import Forbidden
from integrations.member_api.views import MemberCall
from integrations.native.fields import Item

UPDATED = "Profile Updated"
AGAIN = 3600  # seconds

COUNT = """
INSERT INTO integrations_phonelookups AS p (connection_id, day, number, cost)
VALUES (%(connection)s, %(day)s, 1, %(price)s)
ON CONFLICT (connection_id, day) DO UPDATE SET number = p.number + 1, cost = p.cost + %(price)s
  WHERE p.number < %(most)s
RETURNING number
"""
GIVE_BACK = """
UPDATE integrations_phonelookups SET number = number - 1, cost = greatest(cost - %(price)s, 0)
 WHERE connection_id = %(connection)s AND day = %(day)s AND number > 0
"""
NO_BOUND = 2**31 - 1


class PhoneCode(Item, kw_only=True):
    code: Annotated[str, Meta(min_length=1, max_length=512)]


class PhoneKnown(msgspec.Struct):
    """200: `attached`: the phone is this person's. `in_review`: by what we know it is somebody
    else's, and staff will look at it; the log-in goes on."""

    status: Literal["attached", "in_review"]
    phone: str


@extend_schema(exclude=True)
class Phone(MemberCall):
    def post(self, request):
        """The phone that the platform has verified"""
        form, member = self.body_as(PhoneCode), request.user
        provider = platforms.provider_of(member.connection)
        if not provider.has_phone:
            raise Unknown("This platform tells no phones.", code="no_phones")
        address = network_of(request)
        attempts.codes.check(address)
        price = price_of(member.connection, provider)
        is_first = wsgi.PARKED not in request.META
        try:
            if not provider.is_code(form.code):
                raise CodeRefused
            if is_first:
                count(member.connection, price, provider.phones_a_day(member.connection))
            phone = self.asked(
                member.connection,
                provider,
                lambda: provider.phone_of(
                    member.connection, form.code, member.session.identity.value
                ),
            )
        except CodeRefused:
            give_back(member.connection, price, when=provider.is_code(form.code))
            attempts.codes.count(address)
            raise Refused(
                "The code is wrong, used or too old: get another one.",
                code="invalid_code",
                path="$.code",
            ) from None
        except PersonRefused:
            give_back(member.connection, price)
            raise Forbidden from None
        except Refused as refused:
            if refused.code == "busy":  # nobody was asked
                give_back(member.connection, price)
            raise
        return answer(attach(member, phone, database_now()))


def price_of(connection: Connection, provider: LoginProvider) -> int:
    """In 1/100 fen, as people have set it, else as the provider knows it."""
    found = costs.Prices(costs.PHONE, database_now()).of(connection.pk, "")
    return provider.phone_price(connection) if found is None else found


def count(connection: Connection, price: int, most: int | None) -> None:
    """One more is asked for today. Raises TooManyRequests where the day's number is used up."""
    values = {"connection": connection.pk, "day": day_of(database_now()), "price": price}
    with database.cursor() as cursor:
        cursor.execute(COUNT, values | {"most": NO_BOUND if most is None else most})
        is_counted = bool(most != 0 and cursor.fetchone())
    if not is_counted:
        raise TooManyRequests(
            "As many phones as are paid for in a day were asked for already.",
            code="daily_limit",
            retry_after=AGAIN,
        )


def give_back(connection: Connection, price: int, *, when: bool = True) -> None:
    """The platform has told no phone, and takes nothing for it."""
    if when:
        values = {"connection": connection.pk, "day": day_of(database_now()), "price": price}
        with database.cursor() as cursor:
            cursor.execute(GIVE_BACK, values)


def day_of(now: datetime) -> date:
    return timezone.localdate(now)


class Sum(NamedTuple):
    number: int
    cost: int  # 1/100 fen


def told(connection: Connection) -> tuple[int, Sum]:
    """How many phones were told today; how many in thirty days, and for how much."""
    today = day_of(database_now())
    rows = PhoneLookups.objects.filter(connection=connection, day__gt=today - timedelta(days=30))
    found = list(rows.values_list("day", "number", "cost"))
    return (
        sum(number for day, number, _cost in found if day == today),
        Sum(sum(number for _day, number, _cost in found), sum(cost for *_, cost in found)),
    )


def attach(member: Member, phone: Named, now: datetime) -> PhoneKnown:
    """The verified phone joins whoever has logged in, by the rules of identities: where that is a
    contradiction, both wait for staff. Raises NoSession where they were erased meanwhile."""
    own, source = member.session.identity, sessions.source_of(member.connection)
    named = [Named(own.kind, own.value, own.scope, proven=True), phone]
    sessions.record(member.connection, UPDATED, named, f"{own.value}:{phone.value}", now)
    mine = sessions.identity_of(source, named[0])
    theirs = sessions.identity_of(source, phone)
    if mine is None:
        raise NoSession
    is_mine = theirs is not None and theirs.customer_id == mine.customer_id
    return PhoneKnown("attached" if is_mine else "in_review", masked("phone", phone.value))
