"""A client generated from the description by a generator of others reads, pages on, writes and
redeems, and understands the refusals."""

import json
import os
import subprocess
import sys
import time
import uuid

import httpx
import pytest

from crm_project.runtime import home
from integrations.doors.signatures import sign

pytestmark = pytest.mark.proof

COUPON = """
from datetime import timedelta
from campaigns import coupons
from campaigns.coupons.issuing import Wanted
from campaigns.models import CouponBatch
from crm_project.queue.due import database_now
from customers.models import Customer, Identity, Namespace
now = database_now()
shop = Namespace.objects.get(key=%(shop)r)
batch = CouponBatch.objects.create(namespace=shop, name="generated", kind="amount", amount_off_fen=1000, stock=10)
holder = Identity.objects.get(kind="member_id", scope=shop.key, value="10086").customer
wanted = Wanted(holder.pk, holder.pk, "generated:" + shop.key)
coupon = coupons.issue(batch, [wanted], by="test", now=now - timedelta(minutes=1))[wanted.effect_key]
"""  # noqa: E501


def test_a_generated_client(product, clients):
    shop = f"generated-{uuid.uuid4().hex[:6]}"
    source = json.loads(product.manage("source", shop, "--namespace", shop))
    description = clients.folder / "schema.json"
    description.write_bytes(httpx.get(f"{product.url}/api/schema?format=json").content)
    python = {**os.environ, "PYTHONPATH": str(clients.folder / "python")}
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--path",
        str(description),
    ]
    command += [
        "--output-path",
        str(clients.folder / "python" / "generated"),
        "--meta",
        "none",
        "--overwrite",
    ]
    made = subprocess.run(
        command, env=python, cwd=clients.folder, capture_output=True, text=True, timeout=120
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Endpoint" not in made.stdout, (
        made.stdout
    )  # what it could not understand it would leave out

    # The signing is three lines of anybody's own; here they are the product's.
    (clients.folder / "python" / "signing.py").write_text(
        (home.BASE_DIR / "integrations" / "doors" / "signatures.py").read_text()
    )
    words = [product.url, source["key"], source["secret"], source["read_token"]]
    httpx.post(
        f"{product.url}/api/v1/customers", **signed(source, {"identities": {"member_id": "10086"}})
    ).raise_for_status()
    code = product.ask("coupon.code", COUPON % {"shop": shop})
    said = json.loads(clients.run("generated_client.py", *words, code))

    assert said["customer"]["status"] == said["order"]["status"] == "stored"
    assert said["again"]["status"] == "duplicate"
    assert (said["bad"]["code"], said["bad"]["path"]) == ("wrong_length", "$.number")
    assert (said["mixed"]["accepted"], said["mixed"]["duplicate"]) == (0, 1)
    assert [(one["index"], one["code"]) for one in said["mixed"]["rejected"]] == [
        (1, "wrong_length")
    ]
    assert said["none"]["code"] == "nothing_accepted"
    assert [(one["index"], one["code"], one["path"]) for one in said["none"]["rejected"]] == [
        (0, "wrong_length", "$.number"),
        (1, "wrong_length", "$.number"),
    ]
    assert said["pages"] == [["O-4", "O-3"], ["O-2", "O-1"], ["O-0"]]
    assert said["coupons"] == [[code, "issued"]]
    assert (said["redeemed"]["state"], said["redeemed"]["discount_fen"]) == ("redeemed", 1000)
    assert said["unknown"]["code"] == "unknown_coupon"
    assert said["nobody"]["code"] == "unauthorized"
    assert len(said["found"]) == 1


def signed(source: dict, body: dict) -> dict:
    content, now = json.dumps(body).encode(), int(time.time())
    headers = {
        "Authorization": f"Bearer {source['key']}",
        "Content-Type": "application/json",
        "webhook-id": "g-1",
        "webhook-timestamp": str(now),
    }
    return {
        "content": content,
        "headers": headers | {"webhook-signature": sign(source["secret"], "g-1", now, content)},
    }
