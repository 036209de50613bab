"""The field types that the native doors share. Strict: no coercion, no unknown fields, no nonsense
stored."""

from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Annotated

import msgspec
from msgspec import Meta

from customers.models import Kind
from events.incoming_items import Named
from events.timing import EPOCH, MOST_AHEAD
from integrations.doors.reading.identities import SetAside, usable
from integrations.native.complaints import BadItem

BIGGEST = 2**63 - 1
# Ten trillion yuan: far above any price, far below the point where sums leave 64 bits.
MOST_FEN = 10**15

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Number = Annotated[str, Meta(min_length=1, max_length=100)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=200)]
StoreKey = Annotated[str, Meta(max_length=100)]
LongText = Annotated[str, Meta(max_length=500)]
Fen = Annotated[int, Meta(ge=0, le=MOST_FEN)]
Moment = Annotated[datetime, Meta(tz=True)]
Version = Annotated[int, Meta(ge=0, le=BIGGEST)]


class Item(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What an item of a door may hold. Fields left at their default are left out of its
    fingerprint, so new ones may be added."""


class Identities(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Who it is about. null and "" count as absent, as mini-programs send them before log-in."""

    member_id: Text | None = None
    openid: Text | None = None
    app_id: Annotated[str, Meta(max_length=64)] | None = None
    unionid: Text | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    phone_verified: bool = False
    email: Annotated[str, Meta(max_length=254)] | None = None
    anonymous_id: Text | None = None
    alipay_user_id: Text | None = None
    douyin_openid: Text | None = None
    wecom_external_userid: Text | None = None

    def named(self) -> list[Named]:
        """Each identity given, normalised; BadItem when there is none."""
        found, aside = self.read()
        if not found:
            for one in aside:
                raise BadItem(one.code, one.path, one.detail)
            raise BadItem("missing_identity", "$.identities", "At least one identity is needed.")
        return found

    def read(self) -> tuple[list[Named], list[SetAside]]:
        """The identities, and what stands in the place of one and is none."""
        found, aside = [], []
        for (kind, name), value in zip(KINDS, _values(self), strict=True):
            if value and (one := usable(kind, value, f"$.identities.{name}", aside)):
                found.append(one)
                if name == "openid":
                    one.scope = self.app_id or ""
                elif name == "phone":
                    one.verified = self.phone_verified
        return found, aside

    def count(self) -> int:
        """How many values are given, whatever they are."""
        return sum(1 for value in _values(self) if value)


KINDS = (
    (Kind.MEMBER_ID.value, "member_id"),
    (Kind.WX_UNIONID.value, "unionid"),
    (Kind.WX_OPENID.value, "openid"),
    (Kind.ALIPAY_USER_ID.value, "alipay_user_id"),
    (Kind.DOUYIN_OPENID.value, "douyin_openid"),
    (Kind.WECOM_EXTERNAL_USERID.value, "wecom_external_userid"),
    (Kind.PHONE.value, "phone"),
    (Kind.EMAIL.value, "email"),
    (Kind.ANONYMOUS_ID.value, "anonymous_id"),
)
_values = attrgetter(*(name for _, name in KINDS))


def moment(
    value: datetime, now: datetime, path: str = "$.occurred_at", *, ahead: timedelta = MOST_AHEAD
) -> datetime:
    """`value`, unless no clock of a working sender could show it; in UTC, because PostgreSQL
    refuses zones beyond sixteen hours."""
    if not EPOCH <= value <= now + ahead:
        raise BadItem(
            "out_of_range", path, f"The time must lie between 1970 and {ahead.days} days from now."
        )
    return value.astimezone(UTC)


def nonblank(value: str, path: str) -> str:
    value = value.strip()
    if not value:
        raise BadItem("blank", path, "Only white space.")
    return value
