"""The product, and the clients as their registries hand them out today, in a throw-away folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.product import Product

NPM = ["@segment/analytics-node", "sa-sdk-miniprogram", "@rudderstack/rudder-sdk-node"]
PYPI = ["segment-analytics-python", "SensorsAnalyticsSDK"]
DRIVERS = Path(__file__).parent / "drivers"


@pytest.fixture(scope="session")
def product():
    with Product(demo=False) as product:
        product.start()
        yield product


class Clients:
    """The installed clients; `run` lets one of them send."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "package.json").write_text('{"private": true}')
        install(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *NPM], folder)
        install([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", "python", *PYPI], folder)

    def run(self, driver: str, *words) -> str:
        path = DRIVERS / driver
        command = [sys.executable if path.suffix == ".py" else "node", str(path)]
        env = {**os.environ, "NODE_PATH": str(self.folder / "node_modules"), "PYTHONPATH": str(self.folder / "python")}
        done = subprocess.run([*command, *map(str, words)], cwd=self.folder, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def install(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def clients(tmp_path_factory):
    return Clients(tmp_path_factory.mktemp("clients"))
