"""The seam to whatever carries a message: one file and one line in CRM_CHANNELS."""

from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple

from django import forms
from pyroaring import BitMap

from campaigns.delivery import content
from campaigns.models import Message
from crm_project.registry import Registry
from customers.models import Purpose


class SendFailed(Exception):
    """The provider did not take the message. `permanent`: it never will, to this address, which
    gets nothing more of the purpose that it names (`suppresses`; "": of any). Else it may be tried
    again. `is_of_account`: our account there is the trouble, whoever is written to; then the text
    must name nobody. `is_of_text`: it takes no such words; the message has failed, and the address
    is none the worse.

    A channel raises nothing else for what it understands: an outcome it cannot know is any other
    exception.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        is_of_account: bool = False,
        is_of_text: bool = False,
        suppresses: str = "",
    ):
        super().__init__(message)
        self.permanent = permanent
        self.suppresses = suppresses
        self.retry_after = retry_after
        self.is_of_account = is_of_account
        self.is_of_text = is_of_text


class LiquidField(forms.CharField):
    """A text of a message, with fields to fill in."""

    def __init__(self, *, is_long: bool = False, **kwargs):
        super().__init__(**({"widget": forms.Textarea} if is_long else {}), **kwargs)

    def validate(self, value):
        super().validate(value)
        content.check(value)


class Address(NamedTuple):
    """Where somebody is reached, and through which connection: `value` means something to that
    account only (an openid). None: the installation itself, without an account at a vendor."""

    connection_id: int | None
    value: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message as a channel gets it: rendered, addressed, with the key that makes a repeat
    harmless. All parcels of one call leave through one connection."""

    message_id: int
    customer_id: int
    address: str
    content: dict[str, str]
    effect_key: str
    purpose: str = Purpose.MARKETING
    connection_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The vendor has it, and says how many parts it counts (what an SMS costs)."""

    provider_id: str
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class WaitsForPerson:
    """The vendor has laid the message before somebody of ours, who sends it by hand (a mass task of
    WeCom) until that moment. A receipt says that they did."""

    provider_id: str
    until: datetime


class Later(NamedTuple):
    """Not now: asked again after so many seconds, with this reason until then."""

    reason: str
    seconds: float


Results = dict[int, str | Sent | WaitsForPerson | SendFailed]


class Channel:
    """Base class. `key` is stored in rows and never renamed."""

    key: str
    label: str
    headline = "title"  # the field of a content by which a list calls it
    preview_template = "campaigns/phone.html"  # shows what `shown` returns
    # the customer's program fetches it from our own database: recorded is delivered, exactly once
    is_pull = False
    # its preview shows the longest real values too: the vendor refuses what is too long
    shows_longest = False
    is_markup = True  # values are escaped for HTML; a plain-text channel only loses < and >
    quiet_hours_apply = True
    # by purpose: from when until when the law lets it disturb people, in Beijing's time
    lawful_hours: dict[str, tuple[time, time]] = {}
    # leaves through accounts at a vendor (`Connection`), one of which is chosen for each message
    # when it is queued
    has_connections = False
    # an order is credited to a message of this channel so long after it; None: the workspace's days
    touch_window: timedelta | None = None
    granted_by_default = False  # consent to marketing where none was stated (decision 22)
    idempotency_window: timedelta | None = (
        None  # how long the provider takes a repeat of one effect key for the same message
    )
    # at most fenced at once: what a crash may leave in doubt (sender.py sees to it that a pause
    # holds within a second)
    batch_size = 500

    def carrier(self) -> str:
        """Whom outside of the shop a message and its address are given to, by name; nobody:
        empty."""
        return ""

    class Content(forms.Form):
        """The fields of a message, each a LiquidField."""

    @property
    def has_idempotency_key(self) -> bool:
        return self.idempotency_window is not None

    def addresses(self, customer_ids: Collection[int]) -> dict[int, list[Address]]:
        """Where those of the customers who can be reached on this channel are reached, through
        connections that are active; the one to take first stands first."""
        raise NotImplementedError

    def reached(self, customers: BitMap) -> BitMap:
        """Those who have an address here. A channel that can tell so of a million without their
        addresses does."""
        return BitMap(self.addresses(list(customers))) if customers else customers

    def labelled(self, content: dict) -> list[tuple[str, str, object]]:
        """(its name, its label, what it says) of each text, for whoever reads a content line by
        line."""
        fields = self.Content.base_fields
        return [
            (name, str(fields[name].label or name) if name in fields else name, text)
            for name, text in content.items()
        ]

    def in_words(self, content: dict) -> str:
        """What a message said, without how it was laid out: a letter in markup is looked at on the
        message's own page."""
        body = content.get("body", "")
        return content.get("text") or ("" if body.lstrip().startswith("<") else body)

    def connection_of(self, content: dict[str, str]) -> int | None:
        """The connection that a content is bound to (a template of one account); None: any."""
        return None

    def unfit(self, content: dict[str, str], purpose: str) -> str:
        """Why a content, as it is written, may not be sent for this purpose, in words: asked before
        a campaign or a journey begins. Empty where it may."""
        return ""

    def may_carry(self, connection_id: int | None, content: dict[str, str]) -> bool:
        """Whether this text can leave by this connection at all, filled in or not: some vendors
        send only what they have approved. Asked after `addresses`, by the same instance."""
        return self.connection_of(content) in (None, connection_id)

    def forecast(self, content: dict[str, str], purpose: str) -> tuple[int, int | None] | None:
        """How many parts a filled text has, and what it costs one person in 1/100 fen (None: no
        price is set); None where this channel costs nothing."""
        return None

    def marked(self, texts: dict[str, str], mark: str) -> dict[str, str]:
        """A filled text with the mark of a test in the line that is read first; `mark` has a place
        for what the line says, `%(text)s`."""
        first = self.headline if self.headline in texts else next(iter(texts))
        return {**texts, first: mark % {"text": texts[first]}}

    def more_of(self, customers: BitMap) -> str:
        """What else is to be known of those whom it reaches, in words: how often."""
        return ""

    # -- its own word on messages; what it says is by their ids

    def judge(
        self, messages: list[Message], addresses: dict[int, Address], *, now: datetime
    ) -> dict[int, str]:
        """Why some of them cannot leave by this channel (another may carry them), before they are
        filled in; writes nothing."""
        return {}

    def judge_text(self, messages: list[Message], *, now: datetime) -> dict[int, str]:
        """The same, once they are filled in (`message.filled`)."""
        return {}

    def reserve(self, messages: list[Message], *, now: datetime) -> dict[int, str | Later]:
        """What each of them needs to leave is set aside for it, in the transaction that claims
        them; by message why that cannot be, or not yet. Done again for the same message it changes
        nothing."""
        return {}

    def release(self, messages: list[Message], *, now: datetime) -> None:
        """These did not leave: what was set aside for them is free again. In the transaction that
        says so; not called where nobody can know."""

    def room(self, connection_id: int | None) -> int | None:
        """How many messages may leave through this connection at this moment, by the speed that
        was agreed on with its vendor; None: as many as wait. Asked before each batch."""
        return None

    def parts(self, parcel: Parcel) -> int:
        """How many parts the vendor will count it as: what it costs is their price."""
        return 1

    def price_kind(self, parcel: Parcel) -> str:
        """Under which `Price.kind` it falls."""
        return ""

    def shown(self, filled: dict[str, str], purpose: str) -> object:
        """A filled text as its preview shows it: as it would be sent for this purpose."""
        return filled

    def send(self, parcels: list[Parcel]) -> Results | Awaitable[Results]:
        """Per message the provider's id (or Sent), WaitsForPerson or SendFailed; one that is
        missing cannot be known. Done within 20 s.

        A coroutine runs in the process's one event loop, beside those of other batches and channels
        (delivery/sending.py).
        """
        raise NotImplementedError


channels: Registry["Channel"] = Registry("CRM_CHANNELS", "campaigns.delivery.channels.Channel")


def named(key: str) -> str:
    """As people call the channel, also one that is no longer installed."""
    return str(channels[key].label) if key in channels else key


def in_words(channel_key: str, filled: dict[str, str]) -> str:
    """What this content says, as a person skims it."""
    channel = channels.by_key.get(channel_key, Channel)
    return content.readable(channel().in_words(filled))


def headline(channel_key: str, filled: dict[str, str]) -> str:
    """What a list calls this content; of a channel that is gone, its title."""
    name = channels[channel_key].headline if channel_key in channels else Channel.headline
    return content.readable(filled.get(name, ""))
