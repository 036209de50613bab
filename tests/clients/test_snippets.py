"""What a source's page gives to copy does what it says: run as it stands there, each snippet's
event arrives under its name."""

import html
import json
import re
import subprocess
import sys
import uuid

import pytest

from tests.clients.conftest import DRIVERS
from tests.clients.test_clients import EVENTS, counts
from tests.product import eventually

pytestmark = pytest.mark.proof

BARE = {
    "@segment/analytics-next": (
        "/@segment/analytics-next/dist/umd/index.js",
        "const { AnalyticsBrowser } = AnalyticsNext",
    ),
    "@rudderstack/analytics-js": (
        "/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
        "const { RudderAnalytics } = rudderanalytics",
    ),
    "sa-sdk-javascript": (
        "/sa-sdk-javascript/sensorsdata.min.js",
        "const sensors = window.sensorsDataAnalytic201505",
    ),
}


WX = str(DRIVERS / "wx.cjs")
# The program comes to the front, and its library sends every six seconds.
SHOWN = (
    "wx.shown.forEach((show) => show({ path: 'pages/index/index', query: {}, scene: 1001 }));"
    " setTimeout(() => process.exit(0), 9000)"
)


def snippets(product, source: dict) -> dict[str, str]:
    """By title, as they are shown."""
    number = product.rows("SELECT id FROM customers_source WHERE key = %s", source["key"])[0]["id"]
    page = product.page(f"/admin/customers/source/{number}/change/")
    found = re.findall(r"<summary[^>]*>(.*?)</summary>\s*<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    secrets = {"hrt_…": source.get("read_token", ""), "whsec_…": source.get("secret", "")}
    return {
        html.unescape(title): re.sub(
            "hrt_…|whsec_…", lambda blank: secrets[blank[0]], html.unescape(text)
        )
        for title, text in found
    }


def made(product, key: str, trust: str, *more: str) -> tuple[str, dict]:
    name = f"snippet-{key}-{trust}-{uuid.uuid4().hex[:6]}"
    return name, json.loads(
        product.manage(
            "source", name, "--format", key, "--trust", trust, "--money-unit", "fen", *more
        )
    )


def required(text: str) -> str:
    """As node takes it, where WeChat's tools bundle it."""
    return re.sub(
        r'^import (\w+) from ("[^"]+");$', r"const \1 = require(\2);", text, flags=re.MULTILINE
    )


def run(clients, title: str, text: str) -> None:
    python = {"PYTHONPATH": str(clients.folder / "python")}
    node = {"NODE_PATH": str(clients.folder / "node_modules")}
    command, more = {
        "curl": (["bash", "-ec", text], {}),
        "curl, openssl": (["bash", "-ec", text], {}),
        "Python": (["bash", "-ec", text], {}),
        "Node": (["bash", "-ec", text], {}),
        "wx.request": (["node", "-r", WX, "-e", f"const visitorId = 'visitor-1'\n{text}"], node),
        "sa-sdk-miniprogram": (["node", "-r", WX, "-e", f"{required(text)}\n{SHOWN}"], node),
        "SensorsAnalyticsSDK (Python)": ([sys.executable, "-c", text], python),
        "segment-analytics-python": ([sys.executable, "-c", text], python),
        "@segment/analytics-node": (["node", "-e", text], node),
    }[title]
    done = subprocess.run(
        command,
        cwd=clients.folder,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", **more},
        capture_output=True,
        text=True,
        timeout=60,
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

    assert eventually(
        lambda: counts(product.rows(EVENTS, name)) == {"Product Viewed": 1}, seconds=10
    ), product.rows(EVENTS, name)


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("segment", "@segment/analytics-next"),
        ("segment", "@rudderstack/analytics-js"),
        ("sensors", "sa-sdk-javascript"),
    ],
)
def test_in_a_page(product, chromium, site, key, title):
    name, source = made(product, key, "client", "--origin", site.origin)
    library, bound = BARE[title]
    text = re.sub(r"^import .*$", bound, snippets(product, source)[title], flags=re.MULTILINE)
    page = chromium.new_context().new_page()
    page.goto(f"{site.origin}/segment_browser.html?url=http://127.0.0.1:1&key=none")
    page.set_content(f'<script src="{site.origin}{library}"></script><script>{{{text}}}</script>')

    assert eventually(
        lambda: (
            page.wait_for_timeout(300)
            or counts(product.rows(EVENTS, name)).get("Product Viewed") == 1
        ),
        seconds=20,
    ), product.rows(EVENTS, name)
    page.context.close()


@pytest.mark.parametrize(
    ("key", "trust", "title"),
    [
        ("native", "server", "curl, openssl"),
        ("native", "server", "Python"),
        ("native", "server", "Node"),
        ("native", "client", "curl"),
        ("native", "client", "wx.request"),
        ("sensors", "client", "sa-sdk-miniprogram"),
    ],
)
def test_of_our_own_and_in_a_mini_program(product, clients, key, trust, title):
    name, source = made(product, key, trust)

    run(clients, title, snippets(product, source)[title])

    assert eventually(
        lambda: counts(product.rows(EVENTS, name)).get("Product Viewed") == 1, seconds=10
    ), product.rows(EVENTS, name)
