"""What an account may still send: money (in 1/100 fen), packages, the owner's limit for a day."""

from collections import Counter
from dataclasses import asdict, dataclass

from demo.vendors.sms.catalogue import Kind


@dataclass
class Account:
    balance: int | None = None  # None: never empty
    package: int | None = None  # parts left of what was bought; None: not sold in packages
    most_a_day: int | None = None  # parts
    code: int = 450
    notice: int = 450
    promotion: int = 550

    def __post_init__(self):
        self._days: Counter[str] = Counter()
        self.used = 0  # parts, since the account was set

    def row(self) -> dict:
        return asdict(self)

    def set(self, **given: int | None) -> None:
        for name, value in given.items():
            if name not in self.row():
                raise ValueError(f"an account has {', '.join(self.row())}")
            setattr(self, name, value)
        self.used = 0 if given else self.used

    def price(self, kind: Kind, parts: int) -> int:
        return getattr(self, kind) * parts

    def lacks(self, day: str, kind: Kind, parts: int) -> str:
        """Of what there is too little for this: "balance", "package", "day", or nothing."""
        if self.balance is not None and self.balance < self.price(kind, parts):
            return "balance"
        if self.package is not None and self.package < parts:
            return "package"
        if self.most_a_day is not None and self._days[day] + parts > self.most_a_day:
            return "day"
        return ""

    def take(self, day: str, kind: Kind, parts: int) -> int:
        """It is paid for; the answer is what it cost."""
        cost = self.price(kind, parts)
        self._days[day] += parts
        self.used += parts
        if self.balance is not None:
            self.balance -= cost
        if self.package is not None:
            self.package -= parts
        return cost
