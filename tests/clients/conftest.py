"""The product, and the clients as their registries hand them out today, in a throw-away folder."""

import os
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM, QUIET
from tests.product import Product

NPM = ["@segment/analytics-node", "sa-sdk-miniprogram", "@rudderstack/rudder-sdk-node"]
NPM += ["@segment/analytics-next", "@rudderstack/analytics-js", "sa-sdk-javascript"]
PYPI = ["segment-analytics-python", "SensorsAnalyticsSDK", "openapi-python-client"]
SMS = ["alibabacloud-dysmsapi20170525", "alibabacloud-tea-openapi", "tencentcloud-sdk-python-sms"]
WECHAT = ["wechatpy[cryptography]==1.8.18"]
DRIVERS = Path(__file__).parent / "drivers"
PIP = [sys.executable, "-m", "pip"]
if not find_spec("pip"):  # the machine's installs for us (Makefile)
    PIP = [f"{sys.base_prefix}/bin/python3", "-m", "pip", "--python", sys.executable]


@pytest.fixture(scope="session")
def product():
    with Product(demo=False) as product:
        product.start()
        yield product


class Clients:
    """The installed clients; `run` lets one of them send."""

    def __init__(self, folder: Path, *, npm: list[str], pypi: list[str]):
        self.folder = folder
        (folder / "package.json").write_text('{"private": true}')
        if npm:
            install(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *npm], folder)
        install(
            [
                *PIP,
                "install",
                "-q",
                "--disable-pip-version-check",
                "--target",
                "python",
                *pypi,
            ],
            folder,
        )

    def run(self, driver: str, *words) -> str:
        path = DRIVERS / driver
        command = [sys.executable if path.suffix == ".py" else "node", str(path)]
        env = {
            **os.environ,
            "NODE_PATH": str(self.folder / "node_modules"),
            "PYTHONPATH": str(self.folder / "python"),
        }
        done = subprocess.run(
            [*command, *map(str, words)],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def install(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


class Site:
    """A web site of another origin than the product: the pages in `drivers`, and the packages that
    npm has installed."""

    def __init__(self, folders: list[Path]):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, folders=folders))
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()


class Pages(SimpleHTTPRequestHandler):
    def __init__(self, *arguments, folders: list[Path]):
        self.folders = folders
        super().__init__(*arguments)

    def translate_path(self, path: str) -> str:
        name = path.partition("?")[0].lstrip("/")
        return str(
            next(
                (folder / name for folder in self.folders if (folder / name).is_file()), "/nowhere"
            )
        )

    def log_message(self, *_):
        """Nothing: the browser's own errors say enough."""


@pytest.fixture(scope="session")
def site(clients):
    with Site([DRIVERS, clients.folder / "node_modules"]) as site:
        yield site


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine; CHROMIUM names one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def clients(tmp_path_factory):
    return Clients(tmp_path_factory.mktemp("clients"), npm=NPM, pypi=PYPI)


@pytest.fixture(scope="session")
def sms_clients(tmp_path_factory):
    return Clients(tmp_path_factory.mktemp("sms-clients"), npm=[], pypi=SMS)


@pytest.fixture(scope="session")
def wechatpy(tmp_path_factory):
    return Clients(tmp_path_factory.mktemp("wechatpy"), npm=[], pypi=WECHAT)
