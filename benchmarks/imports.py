"""Files through the import, rows a second from the stored file to the last commit, against COPY of
the same rows into a bare table in the same run."""

import csv
import io
import os
import time

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from benchmarks.cpu import Meter
from benchmarks.inside import report, scaled
from benchmarks.shop import a_boss
from crm_project.files import uploads
from crm_project.jobs import running
from crm_project.queue.due import database_now
from customers.models import Namespace
from integrations.sync.files import beginning

MOST_ROWS = 100_000
BUDGETS = {"orders": 0.15, "customers": 0.08}
HEADS = {
    "orders": ["订单号", "下单时间", "手机号", "订单状态", "商品编号", "商品名称", "数量", "单价"],
    "customers": ["姓名", "手机号", "会员号", "城市", "积分"],
}


def rows_of(kind: str, n: int) -> list[list[str]]:
    if kind == "customers":
        return [[f"人{k}", f"139{k:08}", f"I{k:08}", "杭州", str(k % 1000)] for k in range(n)]
    return [
        [
            f"I{k:08}",
            "2026-06-18 10:00:00",
            f"137{k % (n // 4 + 1):08}",
            "已完成",
            f"P{k % 50}",
            "白茶",
            "1",
            "19.90",
        ]
        for k in range(n)
    ]


def text_of(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def copied(rows: list[list[str]]) -> float:
    """Seconds that PostgreSQL takes for the same rows, in a table of texts without an index."""
    columns = ", ".join(f"c{n} text" for n in range(len(rows[0])))
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE bare ({columns})")
        with cursor.copy("COPY bare FROM STDIN WITH (FORMAT csv)") as copy:
            copy.write(text_of(rows))
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bare")
    return seconds


def imported(kind: str, rows: list[list[str]], boss) -> tuple[float, float]:
    """Seconds until the last commit, and those of the CPU."""
    content = text_of([HEADS[kind], *rows]).encode()
    brought = SimpleUploadedFile("rows.csv", content)
    file = uploads.received(brought, by=boss, now=database_now())
    shop = Namespace.objects.order_by("pk").first()
    one = beginning.look_at(file, kind=kind, namespace=shop, by=boss, now=database_now())
    began = time.perf_counter()
    with Meter(os.getpid(), int(os.environ["BENCH_POSTGRES_PID"])) as spent:
        job = beginning.go(one, by=boss, now=database_now())
        while running.work():
            pass
    seconds = time.perf_counter() - began
    job.refresh_from_db()
    assert job.memo["counted"] == {"new": len(rows)}, (job.state, job.error, job.memo)
    return seconds, spent.seconds


def main() -> None:
    boss = a_boss()
    for kind, budget in BUDGETS.items():
        rows = rows_of(kind, scaled(MOST_ROWS))
        limit = len(rows) / copied(rows)
        seconds, cpu = imported(kind, rows, boss)
        each = cpu / len(rows) * 1_000_000
        unit = f"rows/s; {len(rows)} rows, {each:.0f} µs of CPU each"
        report(
            f"import of {kind}",
            len(rows) / seconds,
            limit,
            budget=budget,
            at_most=False,
            unit=unit,
            rows=len(rows),
            cpu_us=each,
        )


if __name__ == "__main__":
    main()
