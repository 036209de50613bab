"""Published cases of other systems through our stored JSON: full, and kept incrementally."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from customers.models import Customer, Membership, Segment
from customers.segments import membership, rules
from tests.factories import a_source, an_event, happened, member

pytestmark = pytest.mark.django_db
CASES = json.loads((Path(__file__).parent.parent / "vectors/segment_cases.json").read_text())[
    "cases"
]
T0 = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def ours(rule):
    """The case's rule as we store it."""
    if rule["op"] == "and":
        return {"op": "all", "of": [ours(part) for part in rule["of"]]}
    if rule["op"] == "did":
        window = (
            {"window": "last", "window_n": rule["within_seconds"], "window_unit": "seconds"}
            if "within_seconds" in rule
            else {}
        )
        count = rule["count"]
        return {
            "condition": "did_event",
            "event": rule["event"],
            "comparison": count["cmp"],
            "times": count["n"],
            "where": rule.get("where", []),
            **window,
        }
    if rule["op"] == "last_did":
        return {
            "condition": "last_did",
            "event": rule["event"],
            "where": words(rule["where"]),
            "has": words(rule["has"]),
        }
    if rule["op"] == "has_been":
        return {
            "condition": "has_been",
            "attribute": rule["path"],
            "value": rule["value"],
            "comparison": rule["cmp"],
            "n": rule["seconds"],
            "unit": "seconds",
        }
    if rule.get("cmp") == "within_seconds":
        return {
            "condition": "attribute_date",
            "attribute": rule["path"],
            "comparison": "last",
            "n": rule["value"],
            "unit": "seconds",
        }
    operator = {"=": "is", "!=": "is_not"}.get(rule["cmp"], rule["cmp"])
    return {
        "condition": "attribute",
        "attribute": rule["path"],
        "operator": operator,
        "value": str(rule.get("value", "")),
    }


def words(filters):
    return [[name, {"=": "is"}.get(op, op), *value] for name, op, *value in filters]


def is_ours(rule):
    if rule.get("op") == "and":
        return all(is_ours(part) for part in rule["of"])
    return "op" in rule


def stated(attributes):
    """{"t": n} is a time n seconds from the beginning."""
    return {
        k: (T0 + timedelta(seconds=v["t"])).isoformat() if isinstance(v, dict) and "t" in v else v
        for k, v in attributes.items()
    }


def story(case):
    """What happens in the case, in order of time: (seconds, item)."""
    told = []
    for name, person in case["people"].items():
        told.append((-1000, an_event(member(name), name="Born")))
        told += [
            (at, an_event(member(name), name="Said", attributes=stated(attributes)))
            for at, attributes in person["attrs"]
        ]
        told += [
            (at, an_event(member(name), name=event, properties=more[0] if more else {}))
            for event, at, *more in person["events"]
        ]
    for at, item in told:
        item.occurred_at = T0 + timedelta(seconds=at)
    return sorted(told, key=lambda one: one[0])


@pytest.mark.parametrize("case", [c for c in CASES if is_ours(c["rule"])], ids=lambda c: c["id"])
def test_the_case_holds_in_full_and_incrementally(case):
    definition = ours(case["rule"])
    if "where" in definition:
        definition["where"] = words(definition["where"])
    for part in definition.get("of", []):
        if "where" in part:
            part["where"] = words(part["where"])
    segment = Segment.objects.create(name=case["id"], definition=definition)
    source, told, names = a_source(), story(case), {}

    for check in case["checks"]:
        now = T0 + timedelta(seconds=check["at"])
        due = [item for at, item in told if T0 + timedelta(seconds=at) <= now]
        told = [(at, item) for at, item in told if T0 + timedelta(seconds=at) > now]
        for outcome, item in zip(happened(source, *due, now=now), due, strict=True):
            names[outcome.customer_id] = item.identities[0].value
        membership.Pass(now).done()

        expected = sorted(check["members"])
        assert sorted(names[pk] for pk in rules.Evaluation(now).of(definition)) == expected
        assert (
            sorted(
                names[pk]
                for pk in Membership.objects.filter(segment=segment).values_list(
                    "customer_id", flat=True
                )
            )
            == expected
        )
    assert Customer.objects.count() == len(case["people"])
