"""Shop, school and clinic live for an hour (MINUTES=60); the audit finds nobody wrongly in or out
of any segment."""

import os
import subprocess
import time

import pytest

from tests.product import Product, eventually

pytestmark = pytest.mark.proof
MINUTES = float(os.environ.get("MINUTES", "60"))
INSIDE = "from crm_project.queue.due import database_now\nfrom tests.segments import hour"


def test_the_audit_finds_no_drift():
    with Product(demo=True) as product:
        product.start()
        others = [
            subprocess.Popen(
                [*product.command, "simulate", name], env=product.env, cwd=product.tree
            )
            for name in ("school", "clinic")
        ]
        try:
            assert eventually(
                lambda: product.count("SELECT count(*) FROM campaigns_couponbatch"), seconds=120
            )
            assert product.ask("hour.opened(database_now())", INSIDE) >= 60
            assert eventually(
                lambda: (
                    not product.count(
                        "SELECT count(*) FROM customers_segment WHERE evaluated_version <> version"
                    )
                ),
                seconds=120,
            )
            until, found = time.monotonic() + MINUTES * 60, {}
            while time.monotonic() < until:
                time.sleep(min(60, MINUTES * 60))
                found = product.ask("hour.audited()", INSIDE)
                print(found, flush=True)
                assert not found["drifting"], found
                assert not found["unknown"], found
        finally:
            for other in others:
                other.terminate()
                other.wait(30)
        assert found["segments"] >= 60
        assert found["inhabited"] >= 30
        assert found["transitions"] > found["members"]
