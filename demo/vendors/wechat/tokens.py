"""Access tokens: stable ones and those of the older API, which know nothing of each other."""

import re
from dataclasses import dataclass

from demo.vendors.clock import Clock
from demo.vendors.wechat.dice import Dice
from demo.vendors.wechat.errors import Refused
from demo.vendors.wechat.quotas import today

LIFETIME = 7200  # seconds
EARLY = 300  # so long before its end a stable token is replaced; both are good until then
FORCED_A_DAY = 20
FORCED_APART = 30  # seconds
FORM = re.compile(r"[A-Za-z0-9_-]{1,512}")


@dataclass
class Token:
    value: str
    expires_at: float
    is_revoked: bool = False


class Tokens:
    """The tokens of one app."""

    def __init__(self, appid: str, clock: Clock, dice: Dice):
        self.appid, self.clock, self.dice = appid, clock, dice
        self._all: dict[str, Token] = {}
        self._stable: Token | None = None
        self._plain: Token | None = None
        self._forced: list[tuple[str, float]] = []  # day, time

    def stable(self, *, force: bool) -> dict:
        """The current one, or a new one if forced or near its end; 300 seconds or more are left."""
        now = self.clock.now()
        if force:
            self._may_force(now)
            self._end(self._stable)
        if force or self._stable is None or self._is_near_its_end(self._stable, now):
            self._stable = self._issue(now)
        return {
            "access_token": self._stable.value,
            "expires_in": int(self._stable.expires_at - now),
        }

    def plain(self) -> dict:
        """A new one; the one before is good no more, whoever holds it."""
        self._end(self._plain)
        self._plain = self._issue(self.clock.now())
        return {"access_token": self._plain.value, "expires_in": LIFETIME}

    def knows(self, value: str) -> bool:
        return value in self._all

    def check(self, value: str) -> None:
        token = self._all[value]
        if token.is_revoked:
            raise Refused(40001)
        if token.expires_at <= self.clock.now():
            raise Refused(42001)

    def expire(self) -> None:
        """All of them have reached their end."""
        for token in self._all.values():
            token.expires_at = min(token.expires_at, self.clock.now())

    def _issue(self, now: float) -> Token:
        token = Token("91_" + self.dice.text(f"token {self.appid}", 133), now + LIFETIME)
        self._all[token.value] = token
        return token

    @staticmethod
    def _is_near_its_end(token: Token, now: float) -> bool:
        return token.is_revoked or token.expires_at - now < EARLY

    @staticmethod
    def _end(token: Token | None) -> None:
        if token:
            token.is_revoked = True

    def _may_force(self, now: float) -> None:
        """What two within 30 seconds are answered is not documented; "too often" is taken."""
        day = today(self.clock)
        if self._forced and now - self._forced[-1][1] < FORCED_APART:
            raise Refused(45011)
        if sum(when == day for when, _at in self._forced) >= FORCED_A_DAY:
            raise Refused(45009)
        self._forced.append((day, now))


def stable_token(asked) -> dict:
    """POST /cgi-bin/stable_token"""
    app = asked.app_by_secret(asked.body)
    return app.tokens.stable(force=asked.body.get("force_refresh") is True)


def token(asked) -> dict:
    """GET /cgi-bin/token"""
    return asked.app_by_secret(asked.query).tokens.plain()
