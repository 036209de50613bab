"""Signatures and templates: what was handed in, what became of it in the vendor's review."""

from dataclasses import dataclass, field
from enum import StrEnum

from demo.vendors.sms import texts


class Review(StrEnum):
    WAITING = "waiting"
    PASSED = "passed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    CODE = "code"  # 验证码
    NOTICE = "notice"  # 通知
    PROMOTION = "promotion"  # 推广, 营销


class Filing(StrEnum):
    """The signature's real name, filed with the carriers (报备)."""

    UNDER_WAY = "under_way"
    DONE = "done"
    REFUSED = "refused"


@dataclass
class Signature:
    name: str
    number: int = 0
    review: Review = Review.PASSED
    reason: str = ""
    filing: Filing = Filing.DONE
    codes_only: bool = False
    made_at: float = 0

    def __post_init__(self):
        self.review, self.filing = Review(self.review), Filing(self.filing)


@dataclass
class Template:
    code: str
    text: str
    name: str = ""
    kind: Kind = Kind.NOTICE
    review: Review = Review.PASSED
    reason: str = ""
    longest: dict[str, int] = field(default_factory=dict)  # characters per variable
    made_at: float = 0

    def __post_init__(self):
        self.kind, self.review = Kind(self.kind), Review(self.review)

    @property
    def variables(self) -> list[str]:
        return texts.variables(self.text)

    def filled(self, sign: str, values: dict[str, str]) -> str:
        """The whole message as it arrives."""
        return f"【{sign}】{texts.filled(self.text, values)}"


class Catalogue:
    def __init__(self):
        self.signatures: dict[str, Signature] = {}
        self.templates: dict[str, Template] = {}

    def sign(self, name: str) -> Signature | None:
        """The signature, if one may send with it."""
        found = self.signatures.get(name)
        return found if found and found.review is Review.PASSED else None

    def template(self, code: str) -> Template | None:
        """The template, if one may send with it."""
        found = self.templates.get(code)
        return found if found and found.review is Review.PASSED else None
