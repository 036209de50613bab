"""Tests bring their own PostgreSQL and Valkey in a throw-away folder, unless DATABASE_URL and BROKER_URL name real ones.

The addresses are settled when this file is imported, so that any conftest may import models; the servers start in the controller only.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest
from django.conf import settings

from crm_project.runtime import home
from crm_project.runtime.catalogues import compile_catalogues
from crm_project.runtime.ports import free_port
from crm_project.runtime.postgres import UNSAFE
from crm_project.runtime.valkey import Valkey
from tests import template
from tests.servers import start, stop

CONTROLLER = "PYTEST_XDIST_WORKER" not in os.environ
servers = []
processes = []


def settle():
    """The environment holds everything that the settings ask for, among it a folder made for this run."""
    folder = Path(tempfile.mkdtemp(prefix="hutong-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must walk through
    os.environ["HUTONG_DATA"] = str(folder)
    home.prepare()
    (folder / "static").mkdir()
    os.environ["HUTONG_INSECURE_HTTP"] = "1"
    if "DATABASE_URL" not in os.environ:
        # Stories of many passes are told in one transaction each, and their temporary tables keep their locks to its end.
        roomy = {**UNSAFE, "max_locks_per_transaction": "1024"}
        servers.append(template.Migrated(folder / "postgres", free_port(), template.PASSWORD, settings=roomy))
        os.environ["TEST_TEMPLATE"] = template.DATABASE
        os.environ["DATABASE_URL"] = servers[-1].url
    if "BROKER_URL" not in os.environ:
        servers.append(Valkey(folder / "valkey", free_port(), home.secret("VALKEY_PASSWORD")))
        os.environ["BROKER_URL"] = servers[-1].url


def settle_apart(worker: str):
    """One of several processes of a run: the same servers, and of everything else something of its own."""
    number, shared = int(worker.removeprefix("gw")), Path(os.environ["HUTONG_DATA"])
    folder = shared / worker
    folder.mkdir(mode=0o711)
    (folder / "static").mkdir()
    shutil.copy2(shared / "secrets.json", folder)
    os.environ["HUTONG_DATA"] = str(folder)
    home.prepare()
    address, _slash, _database = os.environ["BROKER_URL"].rpartition("/")
    if address.startswith("redis"):
        os.environ |= {"BROKER_URL": f"{address}/{2 * number + 2}", "CACHE_URL": f"{address}/{2 * number + 3}"}


if CONTROLLER:
    settle()
    compile_catalogues()
else:
    settle_apart(os.environ["PYTEST_XDIST_WORKER"])
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
# Pages are rendered without `collectstatic` having run.
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = os.environ.get("TEST_TEMPLATE")
# The hash of a password is not what tests wait for.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
django.setup()

from crm_project.queue import wakeups  # noqa: E402 -- needs Django
from events import names, partitions  # noqa: E402


def pytest_configure():
    if CONTROLLER:
        processes.extend(started(server) for server in servers)


def started(server):
    process = start(server)
    return server.migrate(start, stop, process) if isinstance(server, template.Migrated) else process


def pytest_unconfigure():
    if CONTROLLER:
        for process in reversed(processes):
            stop(process)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Whoever rang is still connected, and a database with a session is not dropped."""
    yield
    if wakeups._current and wakeups._current.line:
        wakeups._current.line.close()


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Numbers of names and made partitions are remembered per process once committed; a test rolls them back."""
    names._numbers.clear()
    partitions._made.clear()
    partitions._term.months, partitions._term.until = partitions.RETENTION_MONTHS, float("inf")
