"""A large batch is given more time, unless the database does not answer anyway."""

import time

from django.db import OperationalError

from crm_project.db import patience
from integrations.doors.problems import Unavailable, as_refused


def left() -> float:
    return round(patience.seconds_left() or 0.0, 1)


def test_a_batch_has_more_time_than_one_item(monkeypatch):
    monkeypatch.setitem(patience._process, "hurry_until", 0.0)
    with patience.for_seconds(patience.DOOR_SECONDS):
        patience.allow(patience.ITEM_SECONDS * 1000)

        assert left() == 7.5


def test_nobody_waits_longer_for_a_database_that_does_not_answer(monkeypatch):
    monkeypatch.setitem(patience._process, "hurry_until", time.monotonic() + 60)
    with patience.for_seconds(patience.DOOR_SECONDS):
        patience.allow(patience.ITEM_SECONDS * 1000)

        assert left() == patience.DOOR_SECONDS


def test_where_there_is_no_deadline_none_begins():
    patience.allow(1.0)

    assert patience.seconds_left() is None


def test_whose_time_is_over_is_told_to_send_less():
    with patience.for_seconds(0):
        late = as_refused(OperationalError())
    early = as_refused(OperationalError())

    assert (late.status, early.status) == (503, 503)
    assert (
        late.detail
        == f"{Unavailable.detail} It took too long: if it was much, send less at a time."
    )
    assert early.detail == Unavailable.detail
