"""What a source's page gives to copy does what it says: run as it stands there, each snippet's event arrives under its name."""

import html
import json
import re
import subprocess
import sys
import uuid

import pytest

from tests.clients.test_clients import EVENTS, counts
from tests.product import eventually

pytestmark = pytest.mark.proof


def snippets(product, source: dict) -> dict[str, str]:
    """By title, as they are shown."""
    number = product.rows("SELECT id FROM customers_source WHERE key = %s", source["key"])[0]["id"]
    page = product.page(f"/admin/customers/source/{number}/change/")
    found = re.findall(r"<summary[^>]*>(.*?)</summary>\s*<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    return {html.unescape(title): html.unescape(text).replace("hrt_…", source.get("read_token", "")) for title, text in found}


def made(product, key: str, trust: str, *more: str) -> tuple[str, dict]:
    name = f"snippet-{key}-{trust}-{uuid.uuid4().hex[:6]}"
    return name, json.loads(product.manage("source", name, "--format", key, "--trust", trust, "--money-unit", "fen", *more))


def run(clients, title: str, text: str) -> None:
    python = {"PYTHONPATH": str(clients.folder / "python")}
    node = {"NODE_PATH": str(clients.folder / "node_modules")}
    command, more = {
        "curl": (["bash", "-ec", text], {}),
        "SensorsAnalyticsSDK (Python)": ([sys.executable, "-c", text], python),
        "segment-analytics-python": ([sys.executable, "-c", text], python),
        "@segment/analytics-node": (["node", "-e", text], node),
    }[title]
    done = subprocess.run(
        command, cwd=clients.folder, env={"PATH": "/usr/bin:/bin:/usr/local/bin", **more}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("segment", "curl"),
        ("segment", "@segment/analytics-node"),
        ("segment", "segment-analytics-python"),
        ("sensors", "curl"),
        ("sensors", "SensorsAnalyticsSDK (Python)"),
    ],
)
@pytest.mark.parametrize("trust", ["server", "client"])
def test_on_a_server(product, clients, key, title, trust):
    name, source = made(product, key, trust)

    run(clients, title, snippets(product, source)[title])

    assert eventually(lambda: counts(product.rows(EVENTS, name)) == {"Product Viewed": 1}, seconds=10), product.rows(EVENTS, name)
