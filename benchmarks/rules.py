"""Segments as marketers build them: six typical ones, and two hundred."""

from random import Random

from benchmarks.inside import connect
from customers.models import Segment, Tag
from customers.segments import rules
from demo.past.crowd import CITIES, TAGS
from demo.past.visits import NAMES

MONTH = {"window": "last", "window_n": 30, "window_unit": "days"}
QUARTER = {"window": "last", "window_n": 90, "window_unit": "days"}


def attribute(name: str, value: str, operator: str = "is") -> dict:
    return {"condition": "attribute", "attribute": name, "operator": operator, "value": value}


def tagged(*names: str, mode: str = "any") -> dict:
    return {
        "condition": "tag",
        "mode": mode,
        "tags": [str(Tag.objects.get(name=name).pk) for name in names],
    }


def did(event: str, times: int, where: list | None = None, window: dict = MONTH) -> dict:
    return {
        "condition": "did_event",
        "event": event,
        "comparison": ">=",
        "times": times,
        "where": where or [],
        **window,
    }


def bought(measure: str, comparison: str, number: int) -> dict:
    return {
        "condition": "orders",
        "measure": measure,
        "comparison": comparison,
        "times": str(number),
        **QUARTER,
    }


def everything(*parts: dict) -> dict:
    return {"op": "all", "of": list(parts)}


def six() -> dict[str, dict]:
    abandoned = {
        "condition": "a_and_no_b",
        "first": "Product Added",
        "second": "Order Completed",
        "within_n": 24,
        "within_unit": "hours",
    }
    abandoned |= {"same_product": True, **MONTH}
    dear = did("Product Viewed", 3, [["price_fen", ">", "5000"]])
    return {
        "attributes": everything(attribute("level", "gold"), attribute("city", "上海")),
        "tags": everything(tagged("爱茶", "咖啡"), tagged("新客", mode="none")),
        "event with a property": everything(dear),
        "A and no B": everything(abandoned),
        "orders between": everything(bought("net", ">=", 100), bought("net", "<=", 500)),
        "nested": everything(
            attribute("level", "gold"),
            {"op": "any", "of": [dear, tagged("送礼")]},
            bought("count", ">=", 1),
        ),
    }


def two_hundred(dice: Random) -> list[dict]:
    """Narrow ones, of one to three conditions that are drawn from about as many different ones as
    there are segments."""
    leaves = [attribute("city", city) for city in CITIES[::2]] + [
        attribute("points", str(n), ">") for n in (500, 1000, 2000, 5000)
    ]
    leaves += [
        did(name, n, window={**MONTH, "window_n": days})
        for name in NAMES[4:]
        for n in (2, 4)
        for days in (7, 14, 30)
    ]
    leaves += [bought("net", ">=", n) for n in range(200, 1000, 50)] + [
        tagged(name) for name in TAGS
    ]
    return [everything(*dice.sample(leaves, dice.choice([1, 2, 2, 3]))) for _n in range(200)]


def saved(definitions: dict[str, dict]) -> list[Segment]:
    """They exist and wait for their first full pass; what was there before is gone."""
    Segment.objects.all().delete()
    for definition in definitions.values():
        rules.check(definition)
    return [
        Segment.objects.create(name=name, definition=definition)
        for name, definition in definitions.items()
    ]


def ranges(definition: dict) -> list[tuple[str, list]]:
    """Per condition the bare count(*) over the index range that it asks about."""
    counts = {
        "attribute": (
            (
                "SELECT count(*) FROM customers_customerattribute WHERE key = %s AND value ="
                " to_jsonb(%s::text)"
            ),
            ["attribute", "value"],
        ),
        "tag": (
            "SELECT count(*) FROM customers_customertag WHERE tag_id = ANY(%s::int[])",
            ["tags"],
        ),
        "did_event": (EVENTS, ["event", "window_n"]),
        "a_and_no_b": (EVENTS, ["first", "window_n"]),
        "orders": (
            "SELECT count(*) FROM events_order WHERE paid_at > now() - make_interval(days => %s)",
            ["window_n"],
        ),
    }
    found = []
    for leaf in definition.get("of", []):
        if "condition" in leaf:
            sql, names = counts[leaf["condition"]]
            found.append((sql, [leaf[name] for name in names]))
        else:
            found += ranges(leaf)
    return found


EVENTS = (
    "SELECT count(*) FROM events_event WHERE name_id = (SELECT id FROM events_eventname WHERE name"
    " = %s) "
)
EVENTS += "AND occurred_at > now() - make_interval(days => %s) AND occurred_at <= now()"


def counted(definition: dict) -> None:
    with connect() as database:
        for sql, values in ranges(definition):
            database.execute(sql, values).fetchone()
