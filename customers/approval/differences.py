"""What is asked for beside what was last approved, line by line."""

from dataclasses import dataclass

from customers.approval import deciding
from customers.approval.kinds import kinds
from customers.models import Approval


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    before: str
    now: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.now


def lines(approval: Approval) -> list[Line]:
    """In the order of what is asked for; what is no longer there comes last."""
    kind = kinds[approval.kind]()
    earlier = deciding.approved_before(approval)
    before = dict(kind.words(earlier.content)) if earlier else {}
    now = dict(kind.words(approval.content))
    shown = [Line(label, before.pop(label, ""), said) for label, said in now.items()]
    return shown + [Line(label, said, "") for label, said in before.items()]
