"""What people have allowed: one row for each accept, taken by one message, never by two.

accept      told by WeChat's push and by the mini-program; both reports of one accept are one row
withdraw    what is free is void, also what was accepted before and is told later
take        a free row is the message's, in the transaction that claims it; once for each message
give_back   the message did not leave
settle      what has become of the messages: spent, free again; unknown for a day is spent

A repeat changes nothing. Reports about one person wait for each other by the lock on their openid's
row; messages take rows by conditional updates, so that no lock is needed there.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection as database
from django.db import transaction
from django.db.models import Q

from campaigns.models import Message
from crm_project.db.sets import among, literal
from customers.models import Identity
from integrations.wechat.subscribe.accepting import PAIRED_WITHIN, Accepting, Report, whose
from integrations.wechat.subscribe.models import Grant, SubscribeTemplate

UNKNOWN_FOR = timedelta(hours=24)  # after which nobody waits for WeChat's word any more
# Of a refusal the platform's clock says nothing: what was accepted in these seconds may be newer.
SAME_MOMENT = timedelta(seconds=2)
SaidBy, State = Grant.SaidBy, Grant.State

# The best row of each: what WeChat itself has told, then the oldest. Rows that somebody else takes
# at this moment are not waited for.
TAKE = """
WITH found AS MATERIALIZED (
  SELECT a.message, free.id
    FROM unnest(%(messages)s::bigint[], %(identities)s::bigint[], %(templates)s::bigint[])
         AS a (message, identity, template)
   CROSS JOIN LATERAL (
     SELECT id FROM integrations_grant
      WHERE identity_id = a.identity AND template_id = a.template AND state = 'free'
        AND NOT is_lasting
      ORDER BY push_key IS NULL, accepted_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) AS free)
UPDATE integrations_grant g SET state = 'reserved', message_id = found.message, changed_at = %(now)s
  FROM found WHERE g.id = found.id AND g.state = 'free' RETURNING g.message_id
"""
LEFT = """
SELECT identity_id, template_id, bool_or(is_lasting), count(*) FROM integrations_grant
 WHERE state = 'free' AND identity_id = ANY(%s::bigint[]) GROUP BY 1, 2
"""
GIVE_BACK = """
UPDATE integrations_grant g SET message_id = NULL, changed_at = %(now)s,
       state = CASE WHEN EXISTS (SELECT FROM integrations_grant w
                                  WHERE w.identity_id = g.identity_id AND w.is_withdrawal
                                    AND w.template_id = g.template_id
                                    AND w.accepted_at >= g.accepted_at)
                    THEN 'void' ELSE 'free' END
 WHERE g.message_id = ANY(%(messages)s::bigint[]) AND g.state = 'reserved'
"""
# Whoever lies in `sending` is still looked after by delivery.
SPENT = """
UPDATE integrations_grant g SET state = 'spent', changed_at = %(now)s
  FROM campaigns_message m
 WHERE g.state = 'reserved' AND m.id = g.message_id AND m.sent_at IS NOT NULL
   AND (m.state IN ('sent', 'failed')
        OR m.state NOT IN ('sending', 'queued') AND m.sent_at <= %(before)s)
"""
NEVER_LEFT = """
SELECT m.id FROM integrations_grant g JOIN campaigns_message m ON m.id = g.message_id
 WHERE g.state = 'reserved' AND m.sent_at IS NULL AND m.state IN ('skipped', 'failed', 'cancelled')
"""


class Left(NamedTuple):
    """What may still be sent: so many messages, or any number."""

    n: int
    is_lasting: bool

    def __bool__(self) -> bool:
        return self.is_lasting or self.n > 0


def accept(identity: Identity, reports: Iterable[Report], *, now: datetime) -> int:
    """Each accept has its row. The number of rows that are new."""
    return accept_each([(identity, one) for one in reports], now=now)


@transaction.atomic
def accept_each(reports: Collection[tuple[Identity, Report]], *, now: datetime) -> int:
    """The same for many people, in this order."""
    known = locked({identity.pk for identity, _one in reports})
    given = [(known[identity.pk], one) for identity, one in reports if identity.pk in known]
    return Accepting(given, now).carry_out() if given else 0


def locked(identities: Collection[int]) -> dict[int, Identity]:
    """The rows as they are now, ours until the end of the transaction; an erased one is absent."""
    rows = Identity.objects.select_for_update(no_key=True).filter(among("id", identities))
    return {one.pk: one for one in rows.order_by("pk")}


@transaction.atomic
def withdraw(
    identity: Identity,
    templates: Iterable[SubscribeTemplate],
    *,
    at: datetime,
    now: datetime,
    said_by: str = SaidBy.PUSH,
) -> int:
    """What was accepted until then allows nothing more; what a message has taken is its own. The
    number of rows that are void now."""
    known = locked([identity.pk]).get(identity.pk)
    if known is None:
        return 0
    found = 0
    for template in templates:
        theirs = Grant.objects.filter(identity=known, template=template)
        free = theirs.filter(state=State.FREE, accepted_at__lte=at)
        found += free.update(state=State.VOID, changed_at=now)
        mark, is_new = Grant.objects.get_or_create(
            identity=known,
            template=template,
            is_withdrawal=True,
            defaults={
                **whose(known, template),
                "accepted_at": at,
                "said_by": said_by,
                "state": State.VOID,
                "changed_at": now,
            },
        )
        if not is_new and mark.accepted_at < at:
            mark.accepted_at = at
            mark.save(update_fields=["accepted_at"])
    return found


def refused(identity: Identity, template: SubscribeTemplate, *, now: datetime) -> None:
    """WeChat says 43101: nothing is left of what we believed to have."""
    withdraw(identity, [template], at=now - SAME_MOMENT, now=now)


@transaction.atomic
def doubt(
    identity: Identity, template: SubscribeTemplate, *, since: datetime, now: datetime
) -> None:
    """WeChat says 43101 of a template that is limited. In the period that began at `since` it may
    mean that it is too soon; said before that already, and nothing sent in between, it means that
    nothing is allowed."""
    known = locked([identity.pk]).get(identity.pk)
    row = (
        known
        and Grant.objects.filter(
            identity=known, template=template, is_lasting=True, state=State.FREE
        ).first()
    )
    if row is None:
        return
    is_believed = row.refused_at and row.refused_at < since
    if is_believed and not was_sent(known, template, row.refused_at):
        refused(known, template, now=now)
    else:
        Grant.objects.filter(pk=row.pk).update(refused_at=now)


def was_sent(identity: Identity, template: SubscribeTemplate, since: datetime) -> bool:
    return Message.objects.filter(
        customer=identity.customer_id,
        connection_id=template.connection_id,
        state=Message.State.SENT,
        sent_at__gte=since,
        content__template=template.key,
    ).exists()


def withdraw_all(identity: Identity, *, at: datetime, now: datetime) -> int:
    """Nothing that they have allowed so far is used any more."""
    templates = SubscribeTemplate.objects.filter(
        pk__in=Grant.objects.filter(identity=identity).values("template")
    )
    return withdraw(identity, templates, at=at, now=now)


# -- for messages


def left(identities: Collection[int]) -> dict[tuple[int, int], Left]:
    """By identity and template what may still be sent; absent where it is nothing."""
    with database.cursor() as cursor:
        cursor.execute(LEFT, [literal(identities)])
        return {
            (identity, template): Left(n, is_lasting)
            for identity, template, is_lasting, n in cursor
        }


def left_of(customers: Collection[int]) -> tuple[int, int]:
    """How many messages may be sent to all of them, and how many of them may be sent any number."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE NOT is_lasting),"
            " count(DISTINCT customer_id) FILTER (WHERE is_lasting) FROM integrations_grant"
            " WHERE state = 'free' AND customer_id = ANY(%s::int[])",
            [literal(customers)],
        )
        return cursor.fetchone()


def take(wanted: Collection[tuple[int, int, int]], *, now: datetime) -> set[int]:
    """(message, identity, template): the messages that have a row of their own now."""
    if not wanted:
        return set()
    messages = [message for message, _identity, _template in wanted]
    having = set(
        Grant.objects.filter(message_id__in=messages, state=State.RESERVED).values_list(
            "message_id", flat=True
        )
    )
    lacking = sorted(one for one in wanted if one[0] not in having)
    if lacking:
        given = zip(
            ("messages", "identities", "templates"), zip(*lacking, strict=True), strict=True
        )
        with database.cursor() as cursor:
            cursor.execute(TAKE, {name: list(column) for name, column in given} | {"now": now})
            having |= {message for (message,) in cursor.fetchall()}
    return having


def give_back(messages: Collection[int], *, now: datetime) -> int:
    """The rows of these messages are free again, unless what they stand for was withdrawn
    meanwhile."""
    if not messages:
        return 0
    with database.cursor() as cursor:
        cursor.execute(GIVE_BACK, {"messages": literal(messages), "now": now})
        return cursor.rowcount


def settle(*, now: datetime) -> int:
    """Rows whose message has left are spent, rows whose message never will are free; of a message
    of which nobody knows, after a day, it is taken to have left. The number of rows."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(SPENT, {"before": now - UNKNOWN_FOR, "now": now})
        spent = cursor.rowcount
        cursor.execute(NEVER_LEFT)
        return spent + give_back([message for (message,) in cursor.fetchall()], now=now)


def openids(
    messages: Collection[int], lasting_of: Collection[tuple[int, int, int]]
) -> dict[int, str]:
    """By message the openid whose row it has; of long-term templates (message, customer, template)
    an openid that allows it."""
    found = dict(
        Grant.objects.filter(message_id__in=messages).values_list("message_id", "identity__value")
    )
    if lasting_of:
        rows = Grant.objects.filter(
            is_lasting=True,
            state=State.FREE,
            customer__in={customer for _m, customer, _t in lasting_of},
        ).order_by("accepted_at")
        allowed: dict[tuple[int, int], str] = {}
        for customer, template, openid in rows.values_list(
            "customer", "template", "identity__value"
        ):
            allowed[customer, template] = openid
        found |= {
            message: allowed[customer, template]
            for message, customer, template in lasting_of
            if (customer, template) in allowed
        }
    return found


def openids_of(messages: Collection[int]) -> dict[int, int]:
    """By message the row of the openid whose grant it has."""
    rows = Grant.objects.filter(message_id__in=messages)
    return dict(rows.values_list("message_id", "identity"))


# -- receipts of messages whose answer was lost


def adopt(connection_id: int, told: Iterable[tuple[str, int, str, datetime]]) -> dict[str, int]:
    """(WeChat's id, identity, template key, when): receipts of which no message is known. The
    oldest message whose answer was lost and that fits has the id from now on. By id the message."""
    found: dict[str, int] = {}
    for provider_id, identity, template, at in told:
        openid = Identity.objects.filter(pk=identity).first()
        if openid is None:
            continue
        with transaction.atomic():
            lost = Message.objects.select_for_update(skip_locked=True).filter(
                Q(customer_id=openid.customer_id) | Q(origin_customer_id=openid.origin_customer_id),
                connection_id=connection_id,
                state=Message.State.UNKNOWN,
                provider_id="",
                sent_at__lte=at + PAIRED_WITHIN,
                content__template=template,
            )
            if one := lost.order_by("sent_at", "pk").first():
                one.provider_id = provider_id
                one.save(update_fields=["provider_id"])
                found[provider_id] = one.pk
    return found
