"""segment-analytics-python as a shop's server uses it: url, key, number of events."""

import sys

from segment import analytics

analytics.host, analytics.write_key = sys.argv[1:3]
analytics.max_retries = 8
analytics.flush_at = 7
analytics.on_error = lambda error, items: print("error", error, len(items), file=sys.stderr)

analytics.identify(
    "u0",
    {"name": "小明", "phone": "13800138000", "level": 3, "tags": ["新品", "hot"]},
    anonymous_id="a0",
)
for n in range(int(sys.argv[3])):
    properties = {
        "n": n,
        "text": "龙井 🍵",
        "price": 19.9,
        "nested": {"a": [1, {"b": None}]},
        "on": True,
    }
    analytics.track(
        f"u{n % 3}",
        "Harness",
        properties,
        context={"campaign": {"name": "summer", "source": "wecom"}},
    )
analytics.page("u0", "shop", "Home", {"url": "https://shop.example/"})
analytics.screen("u0", "", "pages/index/index")
analytics.group("u0", "store-1", {"name": "上海店"})
analytics.alias("a1", "u0")
analytics.track(anonymous_id="a0", event="Anonymous")
analytics.track(anonymous_id="a1", event="Anonymous")
analytics.shutdown()
