"""SensorsAnalyticsSDK as a shop's server uses it: url, token, number of events. It does not retry:
whoever calls it does."""

import sys
import time

from sensorsanalytics import BatchConsumer, SensorsAnalytics
from sensorsanalytics.sdk import SensorsAnalyticsException

LOST = (SensorsAnalyticsException, OSError)

url, token, count = sys.argv[1:]
consumer = BatchConsumer(f"{url}/sa?project=default&token={token}", max_size=7)
sa = SensorsAnalytics(consumer)


def sent(call, *arguments):
    """The batch keeps what was not answered, so only the flush is repeated."""
    try:
        call(*arguments)
    except LOST:
        flushed()


def flushed():
    for _attempt in range(20):
        try:
            return consumer.flush()
        except LOST:
            time.sleep(0.2)
    raise SystemExit("never answered")


sent(sa.track_signup, "u0", "a0")
for n in range(int(count)):
    sent(
        sa.track,
        f"u{n % 3}",
        "Harness",
        {"n": n, "text": "龙井 🍵", "price": 19.9, "tags": ["新品", "hot"], "on": True},
        True,
    )
sent(sa.track, "a0", "Anonymous", {}, False)
sent(sa.profile_set, "u0", {"name": "小明", "level": 3}, True)
sent(sa.profile_set_once, "u0", {"channel": "wecom"}, True)
sent(sa.profile_increment, "u0", {"points": 10}, True)
sent(sa.profile_increment, "u0", {"points": 5}, True)
sent(sa.profile_append, "u0", {"interests": ["茶"]}, True)
sent(sa.profile_unset, "u0", ["level"], True)
sent(sa.item_set, "sku", "S1", {"name": "龙井", "price": 19900})
flushed()
