"""The toys are kinds like all others."""

import pytest
from django.db import connection

from crm_project.jobs.kinds import jobs
from tests.jobs import toy


@pytest.fixture
def toys(db, monkeypatch):
    monkeypatch.setattr(jobs, "by_key", {**jobs.by_key, **toy.KINDS})
    with connection.cursor() as cursor:
        cursor.execute(toy.TABLE)
        cursor.execute("TRUNCATE toy_done")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS toy_done")
