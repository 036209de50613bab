"""Lines of the log say what failed and where, and never with whose data."""

import io
import json
import logging

import pytest
import structlog
from django.db import IntegrityError, connection

from crm_project import logs

CANARY = "13800007777"


@pytest.fixture
def said():
    """What the formatter of our logs makes of a record: the parsed line."""
    formatter = logs.configure("INFO")["formatters"]["json"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    formatter.pop("()")
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(**formatter))

    def said(name: str, *args, **more) -> dict:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        try:
            logger.error(*args, **more)
        finally:
            logger.removeHandler(handler)
        return json.loads(stream.getvalue().splitlines()[-1])

    return said


def failing():
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        raise KeyError(f"nobody is {CANARY}") from error


def test_an_exception_is_told_by_kind_and_place(said):
    try:
        failing()
    except KeyError:
        line = said("integrations.x", "it failed", exc_info=True)

    assert CANARY not in json.dumps(line)
    assert line["event"] == "it failed"
    assert line["exception"].startswith("builtins.KeyError\n")
    assert "test_logs.py" in line["exception"]
    assert "because of builtins.ValueError" in line["exception"]


@pytest.mark.django_db
def test_a_broken_rule_of_the_database_is_named_without_the_row(said):
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO customers_namespace (key, name) VALUES (%s, ''), (%s, '')",
                [CANARY, CANARY],
            )
    except IntegrityError:
        line = said("hutong.doors", "not stored", exc_info=True)

    assert CANARY not in json.dumps(line)
    assert "23505 customers_namespace customers_namespace_key" in line["exception"]


@pytest.mark.parametrize(
    ("name", "args", "event"),
    [
        (
            "django.security.DisallowedHost",
            (f"Invalid HTTP_HOST header: {CANARY}",),
            "refused by Django",
        ),
        ("django.request", ("%s: %s", "Internal Server Error", f"/x/{CANARY}"), "…: …"),
        ("some.library", ("%d of %s", 3, CANARY), "3 of …"),
        ("some.library", ("%d of %04d", 3, 7), "3 of 0007"),
        (
            "celery.app.trace",
            (
                "Task %(name)s[%(id)s] %(description)s: %(exc)s",
                {"name": "t", "id": "7", "description": CANARY, "exc": CANARY},
            ),
            "Task t[7] …: …",
        ),
        ("campaigns.x", ("row %s failed", "7"), "row 7 failed"),
    ],
)
def test_other_libraries_lines_keep_their_words_and_numbers(said, name, args, event):
    assert said(name, *args)["event"] == event
