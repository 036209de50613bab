"""What lies outside the rows, or came in and was refused."""

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import DAYS, ById, DataKind, Overdue, Whence, WhyKept
from integrations.doors import spool


class Quarantined(ById):
    key, label, unit = "quarantine", _("refused requests"), DAYS
    what, why, whence = (
        _("what came in and could not be understood, whole (sealed)"),
        WhyKept.SAFETY,
        Whence.SHOP,
    )
    tables, clock, default, most = ("integrations.Quarantine",), "t.received_at", 30, 180
    law = _(
        "nobody has looked through it: as short as the sender needs to be mended (个人信息保护法 19)"  # noqa: E501
    )
    asks, changes = False, ""


class Files(DataKind):
    """Files of this machine, by when they were written."""

    is_cleared = is_settable = True
    unit, asks = DAYS, False
    patterns: tuple[str, ...] = ()

    def folder(self) -> Path:
        raise NotImplementedError

    def step(self, row, before, *, only_count):
        count, oldest = 0, None
        for path in (path for pattern in self.patterns for path in self.folder().glob(pattern)):
            written = written_at(path)
            if written and written < before:
                count, oldest = count + 1, min(filter(None, (oldest, written)))
                if not only_count:
                    path.unlink(missing_ok=True)
        return Overdue(count, oldest), True


def written_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


class SpoolLeftovers(Files):
    key, label = "spool", _("requests put aside")
    what, why, whence = (
        _("requests that waited on this machine's disk and failed for good, whole (sealed)"),
        WhyKept.SAFETY,
        Whence.SHOP,
    )
    default, most, patterns = 30, 180, ("*.failed", "*.part")
    law = Quarantined.law

    def folder(self):
        return spool.folder()


class Mailbox(Files):
    key, label = "mailbox", _("letters of the local mailbox")
    what, why, whence = (
        _("letters that went nowhere, kept to be read here (demo)"),
        WhyKept.SAFETY,
        Whence.OURS,
    )
    default, patterns = 30, ("new/*", "cur/*", "tmp/*")

    def folder(self):
        return settings.MAILBOX
