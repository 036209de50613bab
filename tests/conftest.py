"""Tests bring their own PostgreSQL and Valkey in a throw-away folder, unless DATABASE_URL and BROKER_URL name real ones.

The addresses are settled when this file is imported, so that any conftest may import models; the servers start in the controller only.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import django
import pytest
from django.conf import settings

from crm_project.runtime import home, lifeline
from crm_project.runtime.catalogues import compile_catalogues
from crm_project.runtime.ports import free_port
from crm_project.runtime.postgres import UNSAFE, Postgres
from crm_project.runtime.valkey import Valkey

CONTROLLER = "PYTEST_XDIST_WORKER" not in os.environ
servers = []
processes = []


def settle():
    """The environment holds everything that the settings ask for; the folder that was made for it."""
    folder = Path(tempfile.mkdtemp(prefix="hutong-tests-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must walk through
    os.environ["HUTONG_DATA"] = str(folder)
    home.prepare()
    (folder / "static").mkdir()
    os.environ["HUTONG_INSECURE_HTTP"] = "1"
    if "DATABASE_URL" not in os.environ:
        servers.append(Postgres(folder / "postgres", free_port(), home.secret("POSTGRES_PASSWORD"), settings=UNSAFE))
        os.environ["DATABASE_URL"] = servers[-1].url
    if "BROKER_URL" not in os.environ:
        servers.append(Valkey(folder / "valkey", free_port(), home.secret("VALKEY_PASSWORD")))
        os.environ["BROKER_URL"] = servers[-1].url
    return folder


if CONTROLLER:
    DATA = settle()
    compile_catalogues()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
# Pages are rendered without `collectstatic` having run.
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
# The hash of a password is not what tests wait for.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
django.setup()

from events import names, partitions  # noqa: E402 -- needs Django


def pytest_configure():
    if CONTROLLER:
        for server in servers:
            start(server)


def start(server):
    server.prepare()
    kwargs = server.popen() if isinstance(server, Postgres) else {}
    process = subprocess.Popen(
        server.command(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: lifeline.die_with_parent(signal.SIGINT),
        **kwargs,
    )
    processes.append(process)
    until = time.monotonic() + 30
    while not server.answers():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{type(server).__name__} did not start")
        time.sleep(0.05)


def pytest_unconfigure():
    if CONTROLLER:
        for process in reversed(processes):
            process.send_signal(signal.SIGINT)
            process.wait(20)
        shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Numbers of names and made partitions are remembered per process once committed; a test rolls them back."""
    names._numbers.clear()
    partitions._made.clear()
