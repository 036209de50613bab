"""What the accounts of sending and the stocks of coupons keep of somebody who is forgotten: that,
and when, but neither to whom nor what."""

from urllib.parse import urlsplit

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat

from campaigns import coupons
from campaigns.models import Coupon, CouponMove, GoalReached, Link, Run, RunStep
from crm_project.db.sets import literal
from customers.data_rights.erasing import Eraser
from customers.data_rights.traces import is_named_in

MESSAGES = """
UPDATE campaigns_message SET content = '{}', facts = '{}', error = '', provider_id = '',
  content_digest = '', alternatives = '[]', due_at = NULL, token = NULL,
       state = CASE WHEN state NOT IN ('queued', 'sending', 'waiting') THEN state
                    WHEN sent_at IS NULL THEN 'cancelled' ELSE 'unknown' END,
       reason = CASE WHEN state IN ('queued', 'sending', 'waiting') THEN 'erased' ELSE reason END
 WHERE customer_id = ANY(%(ids)s::int[])
RETURNING id, coupon_id
"""


class Accounts(Eraser):
    """Targeted is still queued + sent + skipped + ..., stock and budget still add up, and nobody
    under way goes on."""

    key = "campaigns"
    keeps = (
        "campaigns.Message",
        "campaigns.Coupon",
        "campaigns.Run",
        "campaigns.Assignment",
        "campaigns.Suppression",
    )

    def erase(self, customers, now):
        with connection.cursor() as cursor:
            cursor.execute(MESSAGES, {"ids": literal(customers)})
            riding = [pk for pk, coupon in cursor.fetchall() if coupon]
        coupons.follow(riding, now=now)
        runs = Run.objects.filter(customer__in=customers)
        gone = {
            "state": Run.State.EXITED,
            "outcome": "erased",
            "ended_at": now,
            "awaits": [],
            "awaits_name": None,
            "due_at": None,
            "token": None,
        }
        runs.filter(state=Run.State.ACTIVE).update(**gone)
        runs.update(
            facts={},
            keys=None,
            event_id=None,
            event_occurred_at=None,
            error="",
            awaits=[],
            watched_until=None,
            held_at=None,
            entry_key=saying_nothing("erased-"),
        )
        GoalReached.objects.filter(run__customer__in=customers).update(event_id=None)
        RunStep.objects.filter(run__customer__in=customers).update(outcome="")
        theirs = Coupon.objects.filter(customer__in=customers)
        CouponMove.objects.filter(coupon__in=theirs).exclude(order_number="").update(
            order_number="erased"
        )
        theirs.exclude(order_number="").update(order_number=saying_nothing("erased-"))

    def sweep_unowned_rows(self, wanted, at):
        forget_addresses(wanted)
        return True


def forget_addresses(wanted: set[str]) -> int:
    """An address that a letter led to and that names the person leads to its site and nothing else.
    How many did."""
    naming = [link for link in Link.objects.iterator() if is_named_in(link.url, wanted)]
    for link in naming:
        at = urlsplit(link.url)
        Link.objects.filter(pk=link.pk).update(
            url=f"{at.scheme}://{at.hostname or ''}/#erased-{link.pk}"
        )
    return len(naming)


def saying_nothing(prefix: str) -> Concat:
    """A text that is the row's own and says nothing."""
    return Concat(Value(prefix), F("pk"))
