"""What the tests share that tell random stories: each leaves nothing behind, and after each step
stored must equal full."""

from contextlib import contextmanager

from django.db import transaction

from customers.models import EvaluatorClock, Membership, Segment
from customers.segments import membership, rules
from customers.segments.shards import Shard
from events import names, partitions


@contextmanager
def undone():
    """Hypothesis tells many stories in one test: each leaves nothing behind."""
    names._numbers.clear()
    partitions._made.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def assert_right(segments, now):
    evaluation = rules.Evaluation(now)
    for segment in segments:
        stored = set(
            Membership.objects.filter(segment=segment).values_list("customer_id", flat=True)
        )
        assert stored == set(evaluation.of(segment.definition)), (segment.definition, now)
        assert Segment.objects.get(pk=segment.pk).size == len(stored)


def look(now, of=1, step=5000):
    """As many passes of each of `of` shards as it takes; a pass has room for `step` customers whom
    time alone has touched."""
    for number in range(of):
        has_more = True
        while has_more:
            EvaluatorClock.objects.update(step=step)
            has_more = membership.Pass(now, Shard(number, of)).done().has_more
