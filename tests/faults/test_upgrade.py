"""An operator brings new code and new columns in while the shop goes on: nobody is refused, nothing
is lost (`make proof PART=faults`).

A copy of these sources is the first release. The next ones add a column, use it, stop using it, and
drop it (expand and contract); each is brought in as the operator's guide says: new files,
`prepare`, then worker, web and beat start again one after the other, so that old and new code run
at once on the new tables.
"""

import shutil
import threading
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from crm_project.runtime import home
from tests.faults import oracle
from tests.faults.journeys import telling
from tests.faults.provider import Provider
from tests.faults.test_restart import FRESH, KEPT, Client, renew, restart
from tests.product import eventually

pytestmark = pytest.mark.proof
IN_USE_SECONDS = 4  # how long somebody's transaction holds the table that a migration wants
# seconds a request may take meanwhile: a migration waits one second for the lock, and the machine
# is busy
SLOWEST = 3.0

MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [({app!r}, {after!r})]

    operations = [{operations}]
"""
FIELD = '    wave = models.CharField(max_length=10, null=True, default="second", editable=False)\n'
ADD = (
    'migrations.AddField("{model}", "wave", models.CharField(max_length=10, null=True,'
    ' default="second", editable=False))'
)
FORGET = (
    'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("{model}",'
    ' "wave")])'
)
DROP = 'migrations.RunSQL("ALTER TABLE {table} DROP COLUMN wave", migrations.RunSQL.noop)'
HEALTH = '    response["Cache-Control"] = "no-store"\n'
PLACES = {  # both are written to all the time: by the web, by the workers
    "customers": (
        "customer",
        "customers_customer",
        "customers/models/customer.py",
        "class Customer(models.Model):",
        "    id = models.AutoField",
    ),
    "campaigns": (
        "message",
        "campaigns_message",
        "campaigns/models/message.py",
        "class Message(DueRow",
        "    channel = ",
    ),
}


class Sources:
    """A copy of the sources that goes from release to release."""

    def __init__(self, place: Path):
        self.tree = place / "sources"
        skipped = shutil.ignore_patterns(
            ".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis"
        )
        shutil.copytree(home.BASE_DIR, self.tree, ignore=skipped)
        changed = [
            "crm_project/web/health.py",
            *(file for _model, _table, file, *_more in PLACES.values()),
        ]
        self.first = {file: (self.tree / file).read_text() for file in changed}
        self.name_release("1")

    def name_release(self, number: str) -> None:
        """/healthz says which code answers."""
        said = self.first["crm_project/web/health.py"]
        assert said.count(HEALTH) == 1
        (self.tree / "crm_project/web/health.py").write_text(
            said.replace(HEALTH, f'{HEALTH}    response["X-Release"] = "{number}"\n')
        )

    def expand(self) -> None:
        self.name_release("2")
        for app, (model, _table, file, start, before) in PLACES.items():
            head, found, tail = self.first[file].partition(start)
            body, first, rest = tail.partition(before)
            assert all((found, first)), file
            (self.tree / file).write_text(head + found + body + FIELD + first + rest)
            self.migration(app, ADD.format(model=model))

    def forget(self) -> None:
        """The column is there still, and no code knows it."""
        self.name_release("3")
        for app, (model, _table, file, _start, _before) in PLACES.items():
            (self.tree / file).write_text(self.first[file])
            self.migration(app, FORGET.format(model=model))

    def contract(self) -> None:
        self.name_release("4")
        for app, (_model, table, _file, _start, _before) in PLACES.items():
            self.migration(app, DROP.format(table=table))

    def migration(self, app: str, operations: str) -> None:
        folder = self.tree / app / "migrations"
        last = max(path.stem for path in folder.glob("[0-9]*.py"))
        name = f"{max(9000, int(last[:4])) + 1}_release.py"
        (folder / name).write_text(MIGRATION.format(app=app, after=last, operations=operations))


def test_releases_come_and_go_under_load(tmp_path):
    tmp_path.chmod(0o755)
    sources = Sources(tmp_path)
    with Provider() as provider, provider.customer(tree=sources.tree) as product:
        product.publish("Watched", telling("keyed"))
        source = product.made_source("Upgrades")
        clients = [
            Client(product.port, source, keeps=keeps) for keeps in [False] * FRESH + [True] * KEPT
        ]
        for client in clients:
            client.start()

        assert release(product) == "1"
        sources.expand()
        with in_use(product):
            upgraded(product, "2", while_old="1")
        assert eventually(
            lambda: product.count("SELECT count(*) FROM campaigns_message WHERE wave = 'second'"),
            seconds=30,
        )
        assert product.count("SELECT count(*) FROM campaigns_message WHERE wave IS NULL")
        sources.forget()
        upgraded(product, "3", while_old="2")
        sources.contract()
        upgraded(product, "4", while_old="3")
        columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'wave'"
        assert product.count(columns) == 0

        for client in clients:
            client.stop.set()
        for client in clients:
            client.join(40)
        print(
            sum((client.seen for client in clients), Counter()),
            f"worst {max(client.worst for client in clients):.1f} s",
        )
        assert [client.surprises for client in clients] == [{}] * len(clients)
        assert max(client.worst for client in clients) < SLOWEST
        oracle.holds(
            product,
            acknowledged=set().union(*(client.acknowledged for client in clients)),
            channels=["keyed"],
            provider=provider,
        )


def upgraded(product, number: str, *, while_old: str) -> None:
    """As docs/operator.md says it. Between the migration and the restart, the old code works on the
    new tables."""
    product.manage("prepare")
    assert release(product) == while_old
    time.sleep(2)
    restart(product, "worker")
    assert release(product) == while_old  # new workers, old web
    time.sleep(2)
    renew(product.part("web"))
    assert release(product) == number
    restart(product, "beat")


def release(product) -> str:
    request = urllib.request.Request(f"{product.url}/healthz")
    opener = urllib.request.build_opener(AnyStatus)
    with opener.open(request, timeout=30) as answer:
        return answer.headers["X-Release"]


class AnyStatus(urllib.request.HTTPErrorProcessor):
    def http_response(self, request, response):
        return response


@contextmanager
def in_use(product):
    """A transaction holds both tables for a while, as a long report does."""
    tables = ", ".join(table for _model, table, *_more in PLACES.values())
    holder = psycopg.connect(product.address("DATABASE_URL"))
    holder.execute(f"LOCK TABLE {tables} IN ROW SHARE MODE")
    timer = threading.Timer(IN_USE_SECONDS, holder.close)
    timer.start()
    yield
    timer.join()
