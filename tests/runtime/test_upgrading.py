"""`make upgrade` on a running product: killed at any step the old version stands, and at the end
the new one, without a refused request (`make proof PART=runtime`)."""

import json
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter

import pytest

from crm_project.runtime import home
from crm_project.runtime.upgrade import STEPS
from tests.product import Product, eventually

pytestmark = pytest.mark.proof
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis", "releases"
)
SAID = '{"status": "up", "host": here.name()}'


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The sources as they run, the next release, and one that does not start."""
    place = tmp_path_factory.mktemp("releases")
    place.chmod(0o755)
    found = {}
    for name in ("old", "next", "broken"):
        shutil.copytree(home.BASE_DIR, place / name, ignore=LEFT_OUT, symlinks=True)
        found[name] = place / name
    (found["old"] / ".venv").symlink_to(home.BASE_DIR / ".venv")
    health = found["next"] / "crm_project/web/health.py"
    text = health.read_text()
    assert text.count(SAID) == 1
    health.write_text(text.replace(SAID, SAID.replace("{", '{"release": "next", ', 1)))
    web = found["broken"] / "crm_project/runtime/web.py"
    web.write_text(web.read_text() + "\nraise SystemExit('broken')\n")
    return found


@pytest.fixture(scope="module")
def product(places):
    with Product(demo=False, tree=places["old"]) as product:
        product.start()
        yield product


def answer(product) -> dict:
    with urllib.request.urlopen(f"{product.url}/livez", timeout=30) as said:
        return json.load(said)


def upgraded(product, to, **more) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "crm_project.runtime.upgrade"],
        cwd=product.tree,
        env={**product.env, "TO": str(to), "PYTHONPATH": "", **more},
        capture_output=True,
        text=True,
        timeout=900,
    )


def is_well(product) -> bool:
    try:
        with urllib.request.urlopen(f"{product.url}/healthz", timeout=30) as said:
            return said.status == 200
    except urllib.error.URLError:
        return False


@pytest.mark.parametrize("step", STEPS[:6])
def test_killed_before_a_step_the_old_version_stands(product, places, step, tmp_path):
    killed = tmp_path / "killed"
    done = upgraded(product, places["next"], HUTONG_FAIL_POINT=f"upgrade.{step}:1:{killed}")
    assert (done.returncode, killed.exists()) == (-9, True), done.stdout + done.stderr
    assert "release" not in answer(product)
    product.part("worker").terminate()  # who starts again is the old one too
    assert eventually(lambda: is_well(product), seconds=120)
    assert "release" not in answer(product)


def test_a_release_that_does_not_start_changes_nothing(product, places):
    done = upgraded(product, places["broken"])
    assert done.returncode == 1
    assert "the version of before goes on" in done.stdout
    assert "release" not in answer(product)
    assert is_well(product)


class Asks(threading.Thread):
    """Somebody who asks all the time."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.over, self.seen = url, threading.Event(), Counter()

    def run(self):
        while not self.over.is_set():
            try:
                with urllib.request.urlopen(f"{self.url}/livez", timeout=60) as said:
                    self.seen[said.status] += 1
            except OSError as error:
                self.seen[type(error).__name__] += 1


def test_the_new_version_takes_over_without_a_refused_request(product, places):
    asks = Asks(product.url)
    asks.start()
    done = upgraded(product, places["next"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert eventually(lambda: answer(product).get("release") == "next", seconds=30)
    time.sleep(2)
    asks.over.set()
    asks.join(70)
    assert set(asks.seen) == {200}, asks.seen
    assert asks.seen[200] > 20
    assert eventually(lambda: is_well(product), seconds=60)
    assert list((product.data / "backups").glob("hutong-*.zip"))


def test_after_a_start_the_new_version_is_there_still(product):
    product.stop()
    product.start()
    assert answer(product)["release"] == "next"
    assert product.part("web").cwd() == str((product.data / "releases" / "next").resolve())
