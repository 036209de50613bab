"""What the demo's local mail server was given: letters that went nowhere, to be read by staff."""

import mailbox
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime

from django.conf import settings

from crm_project.bounds import whole_in
from customers.models import Kind
from customers.privacy.sealing import masked


@dataclass(frozen=True, slots=True)
class KeptLetter:
    key: str
    to: str  # in clear: for whoever looks, `receiver`
    subject: str
    at: object
    mail: EmailMessage

    @property
    def html(self) -> str:
        return self.part("html")

    @property
    def text(self) -> str:
        return self.part("plain")

    def part(self, kind: str) -> str:
        found = self.mail.get_body((kind,))
        return found.get_content() if found else ""

    @property
    def receiver(self) -> str:
        """To whom, masked: an address in clear is told on the customer's page only, to whoever may,
        and that is noted."""
        return masked(Kind.EMAIL, self.to)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [
            (name, value.replace(self.to, self.receiver) if self.to else value)
            for name, value in self.mail.items()
        ]


def is_used() -> bool:
    return settings.MAILBOX.is_dir()


def box() -> mailbox.Maildir:
    return mailbox.Maildir(settings.MAILBOX, factory=None, create=False)


def latest(most: int) -> list[KeptLetter]:
    """The last letters, the newest first."""
    opened = box()
    return [
        found
        for key in sorted(opened.keys(), key=order, reverse=True)[:most]
        if (found := one(key, opened))
    ]


def order(key: str) -> tuple[int, str]:
    seconds = key.partition(".")[0]
    return (whole_in(seconds) or 0, key)


def one(key: str, opened: mailbox.Maildir | None = None) -> KeptLetter | None:
    """The letter of this key; None where it is gone."""
    try:
        mail = message_from_bytes((opened or box()).get_bytes(key), policy=default)
    except (KeyError, FileNotFoundError):
        return None
    return KeptLetter(
        key,
        str(mail["To"] or ""),
        str(mail["Subject"] or ""),
        parsedate_to_datetime(mail["Date"]) if mail["Date"] else None,
        mail,
    )


def forget(addresses: set[str]) -> int:
    """No letter to any of these addresses is kept. The number of letters that went."""
    if not is_used():
        return 0
    opened = box()
    gone = [
        key
        for key in opened.keys()  # noqa: SIM118 (no dictionary)
        if (found := one(key, opened)) and found.to.lower() in addresses
    ]
    for key in gone:
        opened.discard(key)
    return len(gone)
