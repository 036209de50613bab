"""E-mail over SMTP: MJML or paragraphs, a plain part, links that tell who followed them, one click
to get no more."""

import html
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr

from django.conf import settings
from django.db import DataError, transaction
from django.utils import translation
from django.utils.translation import pgettext_lazy

from campaigns.delivery import links
from campaigns.delivery.channels import Address, Channel, Parcel, SendFailed
from campaigns.models import Link
from crm_project.db.clock import reckoned_now
from crm_project.db.sets import among
from customers.models import Identity, Kind, Purpose, Workspace
from customers.privacy.sealing import NotDecipherable, digest, not_readable
from customers.segments.conditions.base import asked
from integrations.email import letter, servers, smtp
from integrations.email.blocks import reading, rendering
from integrations.email.content import EmailContent
from integrations.email.servers import MailServer

log = logging.getLogger(__name__)
NOWHERE = "#"  # where the link under a preview leads: nobody is unsubscribed from it


class Email(Channel):
    key, label = "email", pgettext_lazy("channel", "e-mail")
    Content = EmailContent
    headline = "subject"
    preview_template = "email/preview.html"
    batch_size = 100
    has_connections = True

    def carrier(self):
        """Every server that letters may be given to."""
        hosts = {}
        for lane in servers.lanes():
            with suppress(servers.Unusable):
                if server := servers.through(lane):
                    hosts[server.host] = True
        return ", ".join(hosts)

    def addresses(self, customer_ids):
        lanes = servers.lanes()
        if not lanes:
            return {}
        known = Identity.objects.filter(
            among("customer", customer_ids), kind=Kind.EMAIL, sealed__isnull=False
        )
        rows = known.order_by("first_seen_at", "pk").only(
            "customer", "kind", "scope", "value", "sealed"
        )
        return {
            row.customer_id: [Address(lane, value) for lane in lanes]
            for row in rows
            if (value := readable(row))
        }  # the latest, where there are several

    def reached(self, customers):
        return asked(
            "SELECT DISTINCT customer_id FROM customers_identity WHERE kind = 'email' {among}",
            {},
            among=customers,
        )

    def labelled(self, content):
        return [
            (name, *(reading.words(name, text, content) or (label, text)))
            for name, label, text in super().labelled(content)
        ]

    def in_words(self, content):
        if content.get("blocks") and not content.get("text"):
            try:
                return html.unescape(rendering.plain(content))
            except letter.BrokenLetter:
                return ""
        return super().in_words(content)

    def shown(self, filled, purpose):
        try:
            with translation.override(settings.LANGUAGE_CODE):
                return letter.composed(
                    filled,
                    letter.Foot(
                        Workspace.get().name, NOWHERE if purpose == Purpose.MARKETING else ""
                    ),
                )
        except letter.BrokenLetter as broken:
            return {"problem": broken}

    def send(self, parcels):
        """What is wrong with one letter, whatever it is, is that letter's: the others go."""
        try:
            server = servers.through(parcels[0].connection_id)
            trouble = "gone"
        except servers.Unusable as error:
            server, trouble = None, str(error)
        if server is None:  # nothing has left
            unusable = SendFailed(
                f"unusable: {trouble}", retry_after=smtp.LATER, is_of_account=True
            )
            return {parcel.message_id: unusable for parcel in parcels}
        sender, broken = Workspace.get().name, {}
        letters = each(
            parcels, broken, lambda parcel: letter.composed(parcel.content, foot(parcel, sender))
        )
        urls = each(
            parcels,
            broken,
            lambda parcel: [
                url for url in letter.addresses(letters[parcel.message_id].html) if is_tracked(url)
            ],
        )
        numbers = numbered([url for found in urls.values() for url in found])
        written = each(
            parcels,
            broken,
            lambda parcel: as_bytes(parcel, letters[parcel.message_id], numbers, server),
        )
        return smtp.posted(
            server,
            [
                smtp.Envelope(p.message_id, p.address, written[p.message_id])
                for p in parcels
                if p.message_id in written
            ],
            broken,
        )


def each(
    parcels: Sequence[Parcel], broken: dict[int, SendFailed], make: Callable
) -> dict[int, object]:
    """What `make` makes of each that is not broken yet, by message."""
    found = {}
    for parcel in parcels:
        if parcel.message_id not in broken:
            try:
                found[parcel.message_id] = make(parcel)
            except Exception as error:
                if not isinstance(error, letter.BrokenLetter | MessageError):
                    log.exception("a letter cannot be written", extra={"row": parcel.message_id})
                broken[parcel.message_id] = SendFailed(str(error))
    return found


def numbered(urls: Sequence[str]) -> dict[str, int]:
    """By address; where the database refuses one, the letters go without those that it cannot hold,
    which then lead straight."""
    try:
        with transaction.atomic():
            return links.numbers(urls)
    except (DataError, ValueError) as error:
        if len(urls) < 2:
            log.warning("an address of a letter cannot be kept: %s", type(error).__name__)
            return {}
        middle = len(urls) // 2
        return numbered(urls[:middle]) | numbered(urls[middle:])


def foot(parcel: Parcel, sender: str) -> letter.Foot:
    """Marketing can be stopped from the letter itself; a letter of service cannot."""
    return letter.Foot(
        sender, unsubscribe_url(parcel) if parcel.purpose == Purpose.MARKETING else ""
    )


def unsubscribe_url(parcel: Parcel) -> str:
    return f"{settings.PUBLIC_URL}/u/{links.code(links.UNSUBSCRIBE, parcel.message_id)}"


def is_tracked(url: str) -> bool:
    """Not our own, and not longer than a row holds."""
    return not url.startswith(f"{settings.PUBLIC_URL}/") and len(url.encode()) <= Link.MOST_BYTES


def tracked(page: str, message_id: int, numbers: dict[str, int]) -> str:
    """Links lead through us, a picture of one point tells that the letter was opened, and a link
    that nobody sees tells scanners apart."""

    def lead(url: str) -> str:
        number = numbers.get(url)
        return (
            f"{settings.PUBLIC_URL}/l/{links.code(links.CLICK, message_id, number)}"
            if number
            else url
        )

    trap = (
        f'<a href="{settings.PUBLIC_URL}/l/{links.code(links.CLICK, message_id)}"'
        ' style="display:none" tabindex="-1" aria-hidden="true"></a>'
    )
    point = (
        f'<img src="{settings.PUBLIC_URL}/o/{links.code(links.OPEN, message_id)}.gif" width="1"'
        ' height="1" alt="">'
    )
    return letter.with_end(letter.linked(page, lead), trap + point)


def as_bytes(
    parcel: Parcel, one: letter.Letter, numbers: dict[str, int], server: MailServer
) -> bytes:
    """The letter as MIME. Raises whatever the library says of one that cannot be written down."""
    name, sender = parseaddr(server.sender)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((name, sender))
    mail["To"] = parcel.address
    mail["Subject"] = one.subject
    mail["Date"] = format_datetime(reckoned_now())
    mail["Message-ID"] = f"<{digest('letter', parcel.effect_key)}@{sender.rpartition('@')[2]}>"
    if parcel.purpose == Purpose.MARKETING:
        mail["List-Unsubscribe"] = f"<{unsubscribe_url(parcel)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    mail.set_content(one.text)
    mail.add_alternative(tracked(one.html, parcel.message_id, numbers), subtype="html")
    return mail.as_bytes()


def readable(row: Identity) -> str | None:
    """One that cannot be opened stops no other."""
    try:
        return row.sealed
    except NotDecipherable:
        not_readable(row)
        return None
