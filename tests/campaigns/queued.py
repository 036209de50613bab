"""Messages waiting to leave, for the tests of delivery."""

import itertools

from campaigns.delivery import outbox
from campaigns.models import Message
from crm_project.queue.due import database_now
from customers.models import Consent

count = itertools.count(1)


def intent(customer, *, channel="in_app", **more) -> outbox.Intent:
    number = next(count)
    content = (
        {"title": "Hello", "body": f"text {number}"}
        if channel == "in_app"
        else {"body": f"text {number}"}
    )
    defaults = {"effect_key": f"effect {number}", "purpose": "marketing", "content": content}
    return outbox.Intent(
        customer_id=customer.pk,
        origin_customer_id=customer.pk,
        channel=channel,
        **{**defaults, **more},
    )


def a_message(customer, **more) -> Message:
    now = more.pop("now", None) or database_now()
    wanted = intent(customer, **more)
    outbox.queue([wanted], now=now)
    return Message.objects.get(effect_key=wanted.effect_key)


def agree(*customers, channel="loopback", purpose="marketing", is_granted=True, at=None):
    """They stated that they want (or do not want) this."""
    at = at or database_now()
    Consent.objects.bulk_create(
        [
            Consent(
                customer=c,
                origin_customer=c,
                channel=channel,
                purpose=purpose,
                is_granted=is_granted,
                occurred_at=at,
            )
            for c in customers
        ]
    )


def outcome(message) -> tuple[str, str]:
    return Message.objects.values_list("state", "reason").get(pk=message.pk)
