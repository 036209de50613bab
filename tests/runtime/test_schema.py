"""The schema that an empty database begins with."""

import re
from dataclasses import replace

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from crm_project.db import schema
from tests.schema import HEAD, cluster, dumped, from_nothing, migrate

MOST_MISSING = 10  # migrations that a new installation applies one by one


def test_it_knows_our_migrations_but_for_the_last_ones():
    ours = set(MigrationLoader(None).disk_migrations)

    assert schema.recorded() <= ours
    assert len(ours - schema.recorded()) <= MOST_MISSING, "make schema"


@pytest.mark.django_db
def test_a_database_with_tables_is_left_alone():
    assert not schema.load(connection)


@pytest.mark.proof
@pytest.mark.long
def test_it_is_what_the_migrations_make(tmp_path):
    tmp_path.chmod(0o711)

    def made(how) -> list[str]:
        """Line by line, without the order in which migrations were applied. Dumped twice: a check
        of rows is written another way once it was loaded."""
        with cluster(tmp_path / how.__name__) as server:
            how(server)
            again = replace(server, database="again")
            again.create_database()
            with psycopg.connect(again.url) as connection:
                connection.execute(HEAD + dumped(server))
            return sorted(re.sub(r"\(\d+, ('\w+', '\w+',)", r"(\1", dumped(again)).splitlines())

    def from_the_file(server):
        migrate(server, how=["-W", "ignore", "manage.py", "migrate", "--verbosity=0"])

    assert made(from_the_file) == made(from_nothing)
