"""One identity as it comes in, made comparable; the same for every format. What identifies nobody
is set aside, not lost."""

from dataclasses import dataclass

from customers.identity import normalising
from customers.models import Kind
from events.incoming_items import Incoming, Named, Warned

NOBODY = (
    "invalid_identity",
    "This is a placeholder, not an identity; leave the field out while nobody is known.",
)
WHY = {
    Kind.PHONE.value: (
        "invalid_phone",
        (
            "This is no phone number of a person; numbers from outside China begin with + and the"
            " country."
        ),
    ),
    Kind.EMAIL.value: ("invalid_email", "This is no e-mail address."),
}
LONGEST_KEPT = 500  # characters of an attribute


class Unusable(ValueError):
    """The value cannot identify anybody; `code` says why."""

    def __init__(self, code: str, detail: str):
        self.code = code
        super().__init__(detail)


@dataclass(slots=True)
class SetAside:
    """What stood in the place of an identity and is none."""

    kind: str
    value: str
    path: str
    code: str
    detail: str


def named(
    kind: str, value: str, *, scope: str = "", is_verified: bool = False, is_proven: bool = False
) -> Named:
    """`value` normalised, or Unusable."""
    normal = normalising.normal(kind, value)
    if normal is None:
        raise Unusable(*WHY.get(kind, NOBODY))
    return Named(kind, normal, scope, is_verified, is_proven)


def usable(
    kind: str, value: str, path: str, aside: list[SetAside], *, scope: str = ""
) -> Named | None:
    """The identity; what is none, though something was said, is set aside."""
    try:
        return named(kind, value, scope=scope)
    except Unusable as unusable:
        if value:
            aside.append(SetAside(kind, value, path, unusable.code, str(unusable)))
        return None


def keep_aside(item: Incoming, aside: list[SetAside]) -> None:
    """A phone or an e-mail that is none stays as what was said of the customer, sealed like any
    other; the sender is warned of each.

    A trait that is none is an attribute already, under its own key.
    """
    if aside:
        item.warnings += [Warned(one.code, one.path, one.detail) for one in aside]
        said = {
            one.kind: one.value[:LONGEST_KEPT]
            for one in aside
            if one.kind in WHY and one.path.startswith("$.identities.")
        }
        item.attributes = {**said, **item.attributes}
