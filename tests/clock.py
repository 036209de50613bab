"""The clock of the tests' database, which they may move: all processes that work on it see that."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from crm_project.db import clock

MAKE = """
CREATE OR REPLACE FUNCTION hutong_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT {now} $$
"""
AS_IT_IS = "statement_timestamp()"


class MovedClock:
    """Time goes on from wherever it was moved to. The function is replaced: it is still inlined,
    and every plan that holds it, in whatever session, is made anew at its next statement."""

    ahead = timedelta()

    def to(self, moment: datetime) -> datetime:
        """It is this moment now."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return self.be(moment - cursor.fetchone()[0])

    def by(self, **span) -> datetime:
        """So much later than it was: days=1, minutes=5."""
        return self.be(self.ahead + timedelta(**span))

    def be(self, ahead: timedelta) -> datetime:
        self.ahead = ahead
        micros = ahead // timedelta(microseconds=1)
        self.made(f"{AS_IT_IS} + interval '{micros} microseconds'")
        return clock.database_now()

    def stand(self, moment: datetime) -> datetime:
        """It is this moment, and remains so."""
        self.made(f"'{moment.isoformat()}'::timestamptz")
        return clock.database_now()

    def end(self) -> None:
        """As it was; a test inside of a transaction takes that back itself."""
        if not connection.in_atomic_block:
            self.made(AS_IT_IS)
        clock.noted(datetime.now(UTC))

    def made(self, now: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(MAKE.format(now=now))
