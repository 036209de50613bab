"""The seam for log-ins: a platform that says who somebody is, given the code that it has given to
its mini-program there.

A provider is one class in the vendor's folder, and one line in its `subject.py` (LOGIN_PROVIDERS).
Its key is its vendor's: who logs in does so by a connection of that vendor.
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from crm_project.registry import Registry
from customers.models import Connection
from events.incoming_items import Named

providers = Registry("CRM_LOGIN_PROVIDERS", "integrations.member_api.providers.LoginProvider")


class CodeRefused(Exception):
    """The platform does not take this code, whoever asks: it is wrong, used, or too old."""


class PersonRefused(Exception):
    """The platform lets this person not log in."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Who it is: `identities` as the platform has proven them; the session is the first one's."""

    identities: Sequence[Named]


class LoginProvider:
    """One platform. It keeps nothing between two calls.

    `exchange` and `phone_of` are asked for a coroutine in the thread of the request, where the
    database may be read; the coroutine itself runs on an event loop and must not. It raises
    CodeRefused, PersonRefused, or CallFailed where there is no answer, and ends within `seconds`.
    """

    key = ""  # of the vendor, in Connection.vendor
    label = ""
    seconds = 3.0
    has_phone = False

    def is_code(self, text: str) -> bool:
        """Whether it has the form of a code; what has not is never sent."""
        raise NotImplementedError

    def exchange(self, connection: Connection, code: str) -> Coroutine[Any, Any, Proven]:
        raise NotImplementedError

    def phone_of(
        self, connection: Connection, code: str, subject: str
    ) -> Coroutine[Any, Any, Named]:
        """The phone behind a code that `subject` (the value of the session's identity) got."""
        raise NotImplementedError

    def phone_price(self, connection: Connection) -> int:
        """What one phone costs, in 1/100 fen, where nobody has set a price of it."""
        return 0

    def phones_a_day(self, connection: Connection) -> int | None:
        """How many are paid for in a day; None: any number."""
        return None
