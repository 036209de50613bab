"""Tests bring their own PostgreSQL and Valkey in a throw-away folder, unless DATABASE_URL and
BROKER_URL name real ones.

The addresses are settled when this file is imported, so that any conftest may import models. Where
several processes share the tests (`pytest -n 2`), each has servers of its own: numbers of
transactions are those of a whole cluster, so in a shared one nothing settles in one process as long
as a test of another keeps its transaction open.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import django
import pytest
from django.conf import settings
from django.utils import translation

from crm_project.runtime import home
from crm_project.runtime.catalogues import compile_catalogues
from crm_project.runtime.ports import free_port
from crm_project.runtime.postgres import UNSAFE
from crm_project.runtime.valkey import Valkey
from tests import proofs, template
from tests.clock import MovedClock
from tests.servers import start, stop

WORKER = os.environ.get(
    "PYTEST_XDIST_WORKER"
)  # none in the controller, and where one process runs all tests
OURS = "TEST_SERVERS"  # which servers are not the caller's but ours to start, told to the workers
LONG = "long"  # tests of this mark begin first, so that the end is not waiting for one process
servers = []
processes = []


def settle():
    """The environment holds everything that the settings ask for, among it a folder made for this
    run."""
    folder = Path(tempfile.mkdtemp(prefix="hutong-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[OURS] = " ".join(sorted({"DATABASE_URL", "BROKER_URL"} - os.environ.keys()))
    settle_in(folder)


def settle_apart(worker: str):
    """One of several processes of a run: the keys of the others, and of everything else something
    of its own."""
    number, shared = int(worker.removeprefix("gw")), Path(os.environ["HUTONG_DATA"])
    folder = shared / worker
    folder.mkdir()
    shutil.copy2(shared / "secrets.json", folder)
    settle_in(folder)
    address, _slash, _database = os.environ["BROKER_URL"].rpartition("/")
    if "BROKER_URL" not in os.environ[OURS].split() and address.startswith("redis"):
        os.environ |= {
            "BROKER_URL": f"{address}/{2 * number + 2}",
            "CACHE_URL": f"{address}/{2 * number + 3}",
        }


def settle_in(folder: Path):
    """The servers that are ours are going to lie here, at addresses of this process."""
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must walk through
    os.environ["HUTONG_DATA"] = str(folder)
    home.prepare()
    (folder / "static").mkdir()
    os.environ["HUTONG_INSECURE_HTTP"] = "1"
    ours = os.environ[OURS].split()
    if "DATABASE_URL" in ours:
        # Stories of many passes are told in one transaction each, and their temporary tables keep
        # their locks to its end.
        roomy = {**UNSAFE, "max_locks_per_transaction": "1024"}
        servers.append(
            template.Migrated(
                folder / "postgres",
                free_port(),
                template.PASSWORD,
                settings=roomy,
                database=template.DATABASE,
            )
        )
        os.environ["DATABASE_URL"] = servers[-1].url
    if "BROKER_URL" in ours:
        servers.append(Valkey(folder / "valkey", free_port(), home.secret("VALKEY_PASSWORD")))
        os.environ["BROKER_URL"] = servers[-1].url


if WORKER:
    settle_apart(WORKER)
else:
    settle()
    compile_catalogues()
# Other settings are named apart: pytest-django would read them before there are addresses.
os.environ.setdefault(
    "DJANGO_SETTINGS_MODULE", os.environ.get("TEST_SETTINGS", "crm_project.settings")
)
# Pages are rendered without `collectstatic` having run.
settings.STORAGES["staticfiles"]["BACKEND"] = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)
# The hash of a password is not what tests wait for.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
django.setup()

from crm_project.queue import wakeups  # noqa: E402 -- needs Django
from events import names, partitions  # noqa: E402
from tests import emptying  # noqa: E402


def pytest_configure(config):
    """Our servers run. A controller of several processes needs none, but makes the cluster that
    theirs are copied from."""
    is_controller = not WORKER and bool(config.getoption("tx", None))
    wanted = [server for server in servers if not is_controller or not template.place().exists()]
    processes.extend(started(server) for server in wanted)
    if not WORKER:
        config.pluginmanager.register(proofs.Notes())
    if is_controller:
        pytest_unconfigure()
        # Where a worker finds it, pytest-django reads the settings before the worker has addresses
        # of its own.
        os.environ.pop("DJANGO_SETTINGS_MODULE")


def started(server):
    process = start(server)
    return (
        server.migrate(start, stop, process) if isinstance(server, template.Migrated) else process
    )


def pytest_unconfigure():
    while processes:
        stop(processes.pop())


def pytest_sessionstart(session):
    """What a process of its own shares with another is not noticed before both write at once."""
    assert str(settings.HUTONG_DATA) == os.environ["HUTONG_DATA"]
    assert os.environ["BROKER_URL"] == settings.BROKER_URL
    assert (settings.DATABASES["default"]["PORT"] or None) == urlsplit(
        os.environ["DATABASE_URL"]
    ).port


def pytest_xdist_auto_num_workers(config):
    """One more than there are processors: a process whose test waits for servers that start, die or
    come back leaves its own to another."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=place_in_line)


def place_in_line(item) -> tuple[int, bool]:
    """As pytest-django wants it, tests that empty the database after those that take back what they
    did; of each kind the long ones first, and before all the long ones that use another database
    than ours."""
    marker, is_long = (
        item.get_closest_marker("django_db"),
        item.get_closest_marker(LONG) is not None,
    )
    if {"transactional_db", "live_server"} & {*item.fixturenames} or (
        marker and marker.kwargs.get("transaction")
    ):
        return 2, not is_long
    if marker or "db" in item.fixturenames:
        return 1, not is_long
    return (0 if is_long else 3), not is_long


if "DATABASE_URL" in os.environ[OURS].split():

    @pytest.fixture(scope="session")
    def django_db_setup(django_test_environment):
        """The database came with the cluster (tests/template.py), and goes with it."""
        emptying.install()

else:

    @pytest.fixture(scope="session")
    def django_db_setup(django_db_setup):
        """Whoever rang is still connected, and a database with a session is not dropped."""
        yield
        if wakeups._current and wakeups._current.line:
            wakeups._current.line.close()


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Numbers of names and made partitions are remembered per process once committed; a test rolls
    them back. And whoever asked for a page in Chinese leaves its thread speaking Chinese: what
    tests read is English."""
    translation.activate("en")
    names._numbers.clear()
    partitions._made.clear()
    partitions._term.months, partitions._term.until = partitions.RETENTION_MONTHS, float("inf")


@pytest.fixture
def moved_clock(db):
    """The clock of the database, to be moved: `moved_clock.to(moment)`,
    `by(days=1)`, `stand(moment)`.
    With `django_db(transaction=True)` other processes see it too."""
    clock = MovedClock()
    yield clock
    clock.end()
