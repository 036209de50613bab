"""What becomes of grants once their message has its end, and of receipts whose message nobody knows
by WeChat's number: looked after by a tick."""

from datetime import datetime, timedelta

from campaigns.delivery import early_receipts
from campaigns.models import EarlyReceipt
from integrations.wechat.subscribe import grants

# By then what is under way was recorded, or nobody will ever record it.
SURE_AFTER, GIVEN_UP_AFTER = timedelta(seconds=40), timedelta(minutes=10)
AT_ONCE = 500


def work(now: datetime) -> int:
    """The number of rows that were changed."""
    return grants.settle(now=now) + adopt(now)


def adopt(now: datetime) -> int:
    """Messages whose answer was lost are known by the number of the receipt that fits them."""
    told: dict[int, list] = {}
    for row in EarlyReceipt.objects.filter(
        detail__has_key="identity",
        received_at__range=(now - GIVEN_UP_AFTER, now - SURE_AFTER),
    ).order_by("received_at")[:AT_ONCE]:
        place = (row.provider_id, row.detail["identity"], row.detail["template"], row.at)
        told.setdefault(row.connection_id, []).append(place)
    found = 0
    for connection_id, places in sorted(told.items()):
        adopted = grants.adopt(connection_id, places)
        early_receipts.wake_for(connection_id, [*adopted], now)
        found += len(adopted)
    return found
