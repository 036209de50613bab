"""The phones behind a platform: what each has received, and what becomes of what is sent to it."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from enum import StrEnum

from demo.vendors.sms import texts
from demo.vendors.sms.catalogue import Kind


class Fate(StrEnum):
    DELIVERED = "delivered"
    OFF = "off"  # switched off, out of reach, suspended
    GONE = "gone"  # nobody has this number
    BLACKLISTED = "blacklisted"  # with the carriers
    REJECTED = "rejected"  # by the carrier, for what it says
    SILENT = "silent"  # no receipt ever comes


@dataclass
class Text:
    """One message to one number that the platform has accepted."""

    id: str
    number: str
    sign: str
    content: str
    kind: Kind
    template: str
    sent_at: float = 0
    cost: int = 0
    reference: str = ""  # ours: OutId, SessionContext
    extend: str = ""
    due: Fate = Fate.DELIVERED  # what its receipt will say
    why: str = ""  # the platform's own code for it
    fate: Fate | None = None  # None: not known yet
    settled_at: float | None = None

    @property
    def parts(self) -> int:
        return texts.parts(self.content)

    def row(self) -> dict:
        return {**asdict(self), "parts": self.parts}


@dataclass(frozen=True)
class Reply:
    id: str
    number: str
    content: str
    sign: str
    extend: str
    at: float


class Phones:
    def __init__(self):
        self.texts: dict[str, list[Text]] = defaultdict(list)  # by number
        self.fates: dict[str, Fate] = {}
        self.why: dict[str, str] = {}  # the code of receipts, where somebody has set one
        self.opted_out: set[tuple[str, str]] = set()  # (signature, number)
        self.do_not_disturb: set[str] = set()  # numbers that this vendor refuses at once

    def accept(self, text: Text) -> None:
        """It is on its way. Where nothing stands against it, its number's fate decides."""
        if text.due is Fate.DELIVERED:
            text.due = self.fates.get(text.number, Fate.DELIVERED)
            text.why = self.why.get(text.number, "")
        self.texts[text.number].append(text)

    def inbox(self, number: str) -> list[Text]:
        """What its owner has read; where the carrier never says so, it was read all the same."""
        return [text for text in self.texts[number] if text.due in {Fate.DELIVERED, Fate.SILENT}]

    def all(self) -> list[Text]:
        return [text for texts_ in self.texts.values() for text in texts_]

    def last(self, number: str, sign: str = "") -> Text | None:
        """What was sent to it last, with this signature or any."""
        sent = reversed(self.texts[number])
        return next((text for text in sent if sign in {"", text.sign}), None)
