"""Mechanism two: the due row, a row that is its own place in the queue.

Leasing moves `due_at` forward under SKIP LOCKED and marks the row with a token, so a worker that
dies gives its rows back when the lease ends and a late writer, whose token is gone, changes
nothing. `attempts` is raised by the lease, not by the failure: a row that kills its worker counts
too.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    models,
    transaction,
)
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm_project import failpoints
from crm_project.db.clock import NOW, Now, database_now
from crm_project.db.sets import among, light

log = logging.getLogger(__name__)

LEASE_SECONDS = 8
STUCK_AFTER = 8
# The holder of a row that is leased and overdue has died. Once may be chance; from then on the row
# itself is suspected, and tried alone.
SUSPECTED = Q(token__isnull=False, attempts__gte=2)
LONGEST_DELAY_SECONDS = 3600
MOST_FAILURES = 100  # of one batch and its parts
NOTHING = Q(pk__in=[])
AWAY, SHUT_DOWN = "08", "57P"  # how SQLSTATE begins
# One statement, also for the row that stands in for others: a worker loop looks many times in vain.
# Its clock is that of the whole batch.
LEASE = """
WITH due AS MATERIALIZED ({due} FOR UPDATE OF {table} SKIP LOCKED),
other AS MATERIALIZED ({other} FOR UPDATE OF {table} SKIP LOCKED)
UPDATE {table} SET due_at = {clock} + %s, token = %s, attempts = attempts + 1
  FROM (SELECT pk FROM due UNION ALL SELECT pk FROM other WHERE NOT EXISTS (SELECT 1
    FROM due)) chosen WHERE {table}.id = chosen.pk
RETURNING {table}.id, {clock}
"""

LATER = """
UPDATE {table} SET due_at = %s + make_interval(secs => least(2 ^ least(attempts, 16), %s)),
  error = %s, token = NULL
 WHERE token = %s AND id = ANY(%s::bigint[])
"""


def storable(text: str) -> str:
    """What somebody else said, without what PostgreSQL cannot hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


class DueQuerySet(models.QuerySet):
    def due(self, now: datetime):
        return self.filter(due_at__lte=now)

    def overdue(self, now: datetime):
        """What is late: due, and nobody has paused it."""
        return self.due(now).exclude(self.model.paused())

    def stuck(self):
        """Rows that failed so often that a person should look at them."""
        return self.filter(attempts__gte=STUCK_AFTER, due_at__isnull=False)

    def lease(self, *, limit: int, seconds: int = LEASE_SECONDS) -> tuple[uuid.UUID, list[int]]:
        """Up to `limit` due rows are ours for `seconds`: the token that proves it, and their
        ids."""
        return self.lease_first(limit, seconds, Q(), Q())[:2]

    def lease_first(
        self, limit: int, seconds: int, of: Q, else_one_of: Q
    ) -> tuple[uuid.UUID, list[int], datetime | None]:
        """The same for rows of one kind; where none of them is due, for one row of the other kind.
        And the moment at which they were taken."""
        token, table = uuid.uuid4(), connection.ops.quote_name(self.model._meta.db_table)
        # Our own constant
        due = self.filter(due_at__lte=Now()).order_by("due_at", "pk").values("pk")
        first, values = due.filter(of)[:limit].query.sql_with_params()
        other, more = due.filter(else_one_of)[:1].query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(
                LEASE.format(table=table, due=first, other=other, clock=NOW),
                [*values, *more, timedelta(seconds=seconds), token],
            )
            taken = cursor.fetchall()
        return token, [pk for pk, _at in taken], taken[0][1] if taken else None

    def held(self, token: uuid.UUID, ids: Sequence[int]):
        """Those of `ids` that still carry our token, locked until the transaction ends: the
        fence."""
        return (
            self.filter(among("pk", ids), token=token)
            .order_by("pk")
            .select_for_update(of=("self",))
        )

    def retry_later(
        self, token: uuid.UUID, ids: Collection[int], error: str, now: datetime
    ) -> None:
        """The rows wait, each with its own growing delay, and tell staff why."""
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                LATER.format(table=table),
                [
                    now,
                    LONGEST_DELAY_SECONDS,
                    storable(error)[:2000],
                    token,
                    f"{{{','.join(map(str, ids))}}}",
                ],
            )

    def try_again(self) -> int:
        """Stuck rows are due at once, with a clean slate. The number of rows."""
        return self.update(due_at=database_now(), attempts=0, error="", token=None)


class DueRow(models.Model):
    """A row with something left to do while `due_at` is not null."""

    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    token = models.UUIDField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True, default="")

    objects = DueQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def paused(cls) -> Q:
        """Which rows wait for a person to let their work go on: they keep their time, and are not
        late."""
        return NOTHING

    def done(self, *, due_at: datetime | None = None) -> None:
        """Set in memory what a finished row looks like; the caller writes it in its own
        transaction."""
        self.due_at, self.token, self.attempts, self.error = due_at, None, 0, ""


def due_index(name: str) -> models.Index:
    """The index a due row needs: only the rows that wait."""
    return models.Index(fields=["due_at"], name=name, condition=Q(due_at__isnull=False))


def work_through(
    queue: DueQuerySet,
    handle: Callable[[list, datetime], None],
    *,
    limit: int = 500,
    seconds: int = LEASE_SECONDS,
    columns: Collection[str] = (),
) -> int:
    """Lease one batch and hand it to `handle(rows, now)` in one transaction; the number of rows
    taken. `columns`: all that it looks at.

    When the batch fails, its halves are tried, each in a transaction of its own, and theirs, so
    that a poison row is found after a few, waits by itself and never blocks its neighbours.
    `handle` writes the rows' end itself, and may be called again for rows it failed with. A row
    that kills its holder is tried alone when nothing else is due, and no more after STUCK_AFTER
    deaths.
    """
    token, ids, now = queue.lease_first(
        limit, seconds, ~SUSPECTED, SUSPECTED & Q(attempts__lt=STUCK_AFTER)
    )
    if not ids:
        return 0
    failpoints.reached("due.leased")
    try:
        handle_held(queue, handle, token, ids, columns, now)
    # The one place where any failure becomes data on the row
    except Exception as error:  # noqa: BLE001
        raise_if_away(error)
        Halving(queue, handle, token, columns, ids, seconds).failed(sorted(ids), error)
    return len(ids)


def raise_if_away(error: Exception) -> None:
    """Without the database nothing can be written: the lease gives the rows back. A deadlock or a
    time-out is a failure like any other."""
    said = getattr(error.__cause__, "sqlstate", None) or AWAY
    if isinstance(error, OperationalError | InterfaceError) and said.startswith((AWAY, SHUT_DOWN)):
        raise error


@contextmanager
def kept(rows: models.QuerySet, seconds: int = LEASE_SECONDS) -> Iterator[None]:
    """The lease of these rows lasts as long as the block: a thread renews it, so it ends soon after
    a process that dies or stands still."""
    over = threading.Event()

    def renew():
        while not over.wait(seconds / 4):
            try:
                rows.update(due_at=Now() + timedelta(seconds=seconds))
            except DatabaseError as error:
                log.info("lease not renewed: %s", type(error).__name__)
            finally:
                connection.close()  # this thread's own

    renewer = threading.Thread(target=renew, name="lease", daemon=True)
    renewer.start()
    try:
        yield
    finally:
        over.set()
        renewer.join()


def handle_held(queue, handle, token, ids, columns, now) -> None:
    with transaction.atomic():
        held = queue.held(token, ids)
        rows = list(light(held, *columns) if columns else held)
        if rows:
            handle(rows, now)


class Halving:
    """A batch that failed: its parts are tried, while our lease on all of it is renewed.

    Where very many fail it is not the rows, and looking for each would take as many transactions:
    what is left waits together.
    """

    def __init__(self, queue, handle, token, columns, ids: list[int], seconds: int):
        self.queue, self.handle, self.token, self.columns, self.ids, self.seconds = (
            queue,
            handle,
            token,
            columns,
            ids,
            seconds,
        )
        self.left, self.renewed = MOST_FAILURES, time.monotonic() - seconds

    def failed(self, ids: list[int], error: Exception) -> None:
        self.left -= 1
        if len(ids) == 1 or self.left < 0:
            log.error(
                "due row failed",
                exc_info=error,
                extra={"table": self.queue.model._meta.db_table, "row": ids[0], "rows": len(ids)},
            )
            self.queue.retry_later(
                self.token, ids, f"{type(error).__name__}: {error}", database_now()
            )
            return
        middle = len(ids) // 2
        for half in (ids[:middle], ids[middle:]):
            self.tried(half)

    def tried(self, ids: list[int]) -> None:
        try:
            self.renew()
            handle_held(self.queue, self.handle, self.token, ids, self.columns, database_now())
        except Exception as error:  # noqa: BLE001 -- as in work_through
            raise_if_away(error)
            self.failed(ids, error)

    def renew(self) -> None:
        """Also for rows that a part has finished with and that still carry our token, such as
        messages about to be sent."""
        if time.monotonic() - self.renewed > self.seconds / 4:
            rows = self.queue.model._base_manager.filter(among("pk", self.ids), token=self.token)
            rows.update(due_at=database_now() + timedelta(seconds=self.seconds))
            self.renewed = time.monotonic()
