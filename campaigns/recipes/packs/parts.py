"""What packs are made of: segments with rules, and tags that a rule gives or that people put on."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class ReadySegment:
    key: str
    name: Promise
    of: tuple[dict, ...]  # all of these fit

    @property
    def rule(self) -> dict:
        return {"op": "all", "of": list(self.of)}


@dataclass(frozen=True)
class ReadyTag:
    """`by` is the segment of the pack whose members carry it; "" where people put it on."""

    key: str
    name: Promise
    by: str = ""


@dataclass(frozen=True)
class Pack:
    segments: tuple[ReadySegment, ...]
    tags: tuple[ReadyTag, ...]


def last(days: int) -> dict:
    return {"window": "last", "window_n": days, "window_unit": "days"}


def next_days(days: int) -> dict:
    return {"window": "next", "window_n": days, "window_unit": "days"}


EVER = {"window": "ever"}


def did(event: str, comparison: str, times: int, window: dict) -> dict:
    return {
        "condition": "did_event",
        "event": event,
        "comparison": comparison,
        "times": times,
        **window,
    }


def orders(measure: str, comparison: str, number: int, window: dict) -> dict:
    return {
        "condition": "orders",
        "measure": measure,
        "comparison": comparison,
        "times": str(number),
        **window,
    }


def bookings(state: str, comparison: str, times: int, window: dict, **more) -> dict:
    return {
        "condition": "booking",
        "state": state,
        "comparison": comparison,
        "times": times,
        **window,
        **more,
    }


def stage(*stages: str) -> dict:
    return {"condition": "lifecycle", "stages": list(stages)}


def birthday(days: int) -> dict:
    return {
        "condition": "attribute_date",
        "attribute": "birthday",
        "comparison": "anniversary",
        "n": days,
        "unit": "days",
    }


def unused_coupon(**more) -> dict:
    return {"condition": "holds_coupon", "state": "unused", **more}


def message(became: str, comparison: str, times: int, days: int) -> dict:
    return {
        "condition": "message",
        "became": became,
        "comparison": comparison,
        "times": times,
        **last(days),
    }
