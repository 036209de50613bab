"""Who is in a group of a product now, for as long as a page waits."""

from datetime import datetime

from django.db import OperationalError
from pyroaring import BitMap

from customers.segments import rules
from customers.segments.conditions.base import ConditionFailed
from customers.segments.preview import SECONDS, at_most


def people(definitions: list[dict], now: datetime) -> list[BitMap] | None:
    """Of each rule, worked out together, so that what they share is asked once; None where that
    takes longer than a page waits."""
    try:
        with at_most(SECONDS):
            evaluation = rules.Evaluation(now)
            return [evaluation.of(definition) for definition in definitions]
    except OperationalError:
        return None
    except ConditionFailed as failed:
        if failed.is_too_slow:
            return None
        raise
