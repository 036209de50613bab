"""POST /api/v1/consents: what a customer allowed or withdrew."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from customers.models import Source
from customers.privacy.sealing import fingerprint
from events.incoming_items import ConsentStated, Incoming
from integrations.native.door import Door
from integrations.native.fields import Id, Identities, Item, LongText, Moment, moment

Channel = Literal["in_app", "sms", "email", "wechat"]
Purpose = Literal["marketing", "service"]


class Stated(Item, kw_only=True):
    """A consent inside a customer: who and when stand around it."""

    channel: Channel
    purpose: Purpose
    granted: bool
    version: Annotated[str, Meta(max_length=50)] = ""
    proof: LongText = ""

    def stated(self) -> ConsentStated:
        return ConsentStated(self.channel, self.purpose, self.granted, self.version, self.proof)


class ConsentItem(Stated, kw_only=True):
    id: Id | None = None
    identities: Identities
    occurred_at: Moment


class Consents(Door):
    item = ConsentItem
    is_server_only = True

    def incoming(
        self, item: ConsentItem, content: bytes, source: Source, now: datetime
    ) -> Incoming:
        return Incoming(
            # Without an id of its own a consent is named by what it says; hashed, because it names
            # a person.
            id=item.id or f"consents:{fingerprint(content).hex()}",
            content=content,
            name="Consent Given" if item.granted else "Consent Withdrawn",
            occurred_at=moment(item.occurred_at, now),
            identities=item.identities.named(),
            properties={"channel": item.channel, "purpose": item.purpose, "version": item.version},
            consents=[item.stated()],
        )
