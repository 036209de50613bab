"""What is said between us and the vendors of short messages: a text, what became of one, what was
replied, what an account has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integrations.models import SmsTemplate
from integrations.sms import texts


@dataclass(frozen=True, slots=True)
class Text:
    """One text to one number. `body` is without the signature; `values` are those of the template,
    in the order of its variables."""

    message_id: int
    number: str  # E.164
    sign: str
    body: str
    purpose: str
    template: SmsTemplate | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> str:
        return texts.whole(self.sign, self.body)


@dataclass(frozen=True, slots=True)
class Fate:
    """What a receipt says of one text: the id by which it is known here, its code ("" is
    delivered), when, and as how many parts it was counted."""

    provider_id: str
    code: str
    at: datetime | None = None
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody answered; `id` tells a repeat from another one."""

    id: str
    number: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the vendor has of an account: rows of templates, not stored yet, and the state of the
    signature that the connection names."""

    templates: list[SmsTemplate]
    sign: str
    sign_reason: str = ""
    more: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # the same of further ones


class NotUnderstood(ValueError):
    """An item of a push is none that we know; `path` says where."""

    def __init__(self, code: str, path: str, detail: str):
        super().__init__(detail)
        self.code, self.path = code, path
