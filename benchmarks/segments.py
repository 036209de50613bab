"""One segment in full: worked out, and kept by the evaluator; against a bare count(*) over the same
index ranges. Preview."""

import time

from benchmarks.inside import median, report
from benchmarks.rules import counted, saved, six
from crm_project.queue.due import database_now
from customers.models import Segment
from customers.segments import membership, preview, rules

ROUNDS = 3


def seconds(work) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return median([once() for _round in range(ROUNDS)])


def again() -> None:
    Segment.objects.all().work_out_anew()
    membership.refresh_all()


def main() -> None:
    worked_out, whole, limits, previews = {}, {}, {}, {}
    for name, definition in six().items():
        saved({name: definition})
        began = time.perf_counter()
        membership.refresh_all()
        first = time.perf_counter() - began
        limits[name] = seconds(lambda one=definition: counted(one))
        worked_out[name] = seconds(lambda one=definition: rules.Evaluation(database_now()).of(one))
        whole[name] = seconds(again)
        previews[name] = seconds(lambda one=definition: preview.count(one, database_now()))
        figures = {
            "first_pass_s": first,
            "again_s": whole[name],
            "preview_s": previews[name],
            "members": Segment.objects.get().size,
        }
        report(
            f"segment full, {name}",
            worked_out[name],
            limits[name],
            budget=3,
            at_most=True,
            unit="s, evaluated",
            **figures,
        )
        report(
            f"segment kept, {name}",
            whole[name],
            limits[name],
            budget=3,
            at_most=True,
            unit="s, whole pass",
            **figures,
        )
    total, limit = sum(worked_out.values()), sum(limits.values())
    report(
        "six segments full",
        total,
        limit,
        budget=3,
        at_most=True,
        unit="s",
        whole=whole,
        worked_out=worked_out,
        limits=limits,
    )
    report(
        "six previews",
        sum(previews.values()),
        limit,
        budget=3,
        at_most=True,
        unit="s",
        previews=previews,
    )


if __name__ == "__main__":
    main()
