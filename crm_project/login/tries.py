"""Wrong passwords, and when the next one is no longer looked at.

Ten for one name from one network (an IPv4 address, the /64 of an IPv6 address), twenty names or a
hundred tries from one network (of IPv6: ten times as many from its /48), and nothing from there is
looked at for a quarter of an hour. A name alone, tried from everywhere, is only slowed down: after
twenty tries one is looked at each 2, 4, 8 … 60 seconds. A device on which this user has logged in
before is bound by neither, and counts for itself.

A try is counted before the password is looked at, so that many at once are counted too, and taken
back when it was right. What is refused costs one read and writes nothing. Rows are hashes, one per
name and network that was looked at, and gone after their quarter of an hour.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count

from crm_project.models import LoginTries
from crm_project.queue.due import database_now
from crm_project.web.addresses import network

PERIOD = timedelta(minutes=15)
MOST_OF_NAME_FROM_NETWORK = 10
MOST_NAMES_FROM_NETWORK = 20
MOST_FROM_NETWORK = 100
WIDER = 10  # so many times as much from a /48
FREE_OF_NAME = 20
LONGEST_DELAY = timedelta(seconds=60)
MOST_ROWS = 200_000

COUNT = """
INSERT INTO crm_project_logintries AS t (key, tries, names, tried_at, until)
SELECT key, 1, 0, %(now)s, %(until)s FROM unnest(%(keys)s::text[]) WITH ORDINALITY AS k(key, n)
  ORDER BY key
ON CONFLICT (key) DO UPDATE SET tries = CASE WHEN t.until > excluded.tried_at THEN t.tries + 1
  ELSE 1 END,
  names = CASE WHEN t.until > excluded.tried_at THEN t.names ELSE 0 END,
    tried_at = excluded.tried_at, until = excluded.until
RETURNING key, tries, names
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """Of one row: more tries, or more names, are not looked at; past `free` tries there is a
    growing pause."""

    tries: int | None = None
    names: int | None = None
    free: int | None = None

    def bars(self, row: LoginTries, now: datetime, *, is_counted: bool = False) -> bool:
        """Before this try is counted, or after."""
        tries, names = row.tries - is_counted, row.names
        if (self.tries is not None and tries >= self.tries) or (
            self.names is not None and names >= self.names + is_counted
        ):
            return True
        return (
            self.free is not None
            and not is_counted
            and tries >= self.free
            and now < row.tried_at + delay(tries - self.free + 1)
        )


def delay(step: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(step, 10)), LONGEST_DELAY)


class TooManyTries(Exception):
    """This try is not looked at; `is_soon` where the next one may be within a minute."""

    def __init__(self, *, is_soon: bool = False):
        super().__init__()
        self.is_soon = is_soon


class Try:
    """One try to log in by `name` from `address`; `device` is what a known one is called, else
    ""."""

    def __init__(self, name: str, address: str, device: str = ""):
        name, net, wide = name.strip().casefold(), network(address), network(address, 48)
        self.pair = key_of("pair", name, device or net)
        if device:
            self.limits = {self.pair: Limit(tries=MOST_OF_NAME_FROM_NETWORK)}
            self.networks = []
            return
        self.limits = {
            self.pair: Limit(tries=MOST_OF_NAME_FROM_NETWORK),
            key_of("name", name): Limit(free=FREE_OF_NAME),
            key_of("network", net): Limit(MOST_FROM_NETWORK, MOST_NAMES_FROM_NETWORK),
        }
        self.networks = [key_of("network", net)]
        if wide != net:
            self.limits[key_of("network", wide)] = Limit(
                WIDER * MOST_FROM_NETWORK, WIDER * MOST_NAMES_FROM_NETWORK
            )
            self.networks.append(key_of("network", wide))

    def begin(self) -> None:
        """It is counted. Raises Refused, having written nothing, where it is not to be looked
        at."""
        now = database_now()
        for row in LoginTries.objects.filter(pk__in=self.limits, until__gt=now):
            if self.limits[row.key].bars(row, now):
                raise TooManyTries(is_soon=self.limits[row.key].free is not None)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(COUNT, {"now": now, "until": now + PERIOD, "keys": list(self.limits)})
            counted = {
                key: LoginTries(key=key, tries=tries, names=names, tried_at=now)
                for key, tries, names in cursor
            }
            if counted[self.pair].tries == 1 and self.networks:
                self.name_more(1)
                for key in self.networks:
                    counted[key].names += 1
        if any(self.limits[key].bars(row, now, is_counted=True) for key, row in counted.items()):
            raise TooManyTries

    def succeed(self) -> None:
        """It was right: of this name from here nothing stays counted."""
        with transaction.atomic():
            forgotten = LoginTries.objects.filter(pk=self.pair).delete()[0]
            with connection.cursor() as cursor:
                rest = [key for key in self.limits if key != self.pair]
                cursor.execute(
                    "UPDATE crm_project_logintries SET tries = tries - 1 WHERE key = ANY(%s) AND"
                    " tries > 0",
                    [rest],
                )
            if forgotten and self.networks:
                self.name_more(-1)

    def name_more(self, number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE crm_project_logintries SET names = greatest(names + %s, 0) WHERE key ="
                " ANY(%s)",
                [number, self.networks],
            )


def key_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:40]


def forget_old(now: datetime) -> None:
    """What is over is gone; where there is very much all the same, so is the oldest."""
    LoginTries.objects.filter(until__lte=now).delete()
    surplus = LoginTries.objects.aggregate(n=Count("pk"))["n"] - MOST_ROWS
    if surplus > 0:
        LoginTries.objects.filter(
            pk__in=list(LoginTries.objects.order_by("until").values_list("pk", flat=True)[:surplus])
        ).delete()
