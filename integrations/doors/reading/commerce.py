"""Products and money in the properties of foreign clients: whose names differ, whose amounts are
yuan or fen."""

from decimal import ROUND_HALF_UP, Decimal

from crm_project.bounds import number_in
from customers.models import Source
from events.incoming_items import Warned
from integrations.doors.reading.free_json import Unfit

MOST_FEN = 10**15
FRACTION, NOT_WHOLE = "fraction_of_fen", "fen_not_whole"
NOISE = Decimal("0.000001")  # of a fen: what sums of floating point numbers leave behind
IN_FEN = ("amount_fen", "total_fen", "price_fen")  # say their unit themselves
IN_UNITS = (
    "total",
    "revenue",
    "value",
    "amount",
    "price",
)  # the first one given is the event's amount
SUBJECTS = ("product_id", "sku", "item_id", "course_id", "doctor_id")


def fen(
    value,
    source: Source,
    path: str = "",
    warnings: list[Warned] | None = None,
    *,
    is_sure: bool = False,
) -> int | None:
    """`value` in fen by the source's unit, half a fen rounded up; None when it is no amount.

    A fraction of a fen is warned of. Where the source counts in fen and the money must be sure, it
    is Unfit instead: fen have no fractions, so the unit is wrong, and with it the amount a
    hundredfold.
    """
    amount = number_in(value)
    if amount is None:
        return None
    is_yuan = source.money_unit == source.MoneyUnit.YUAN
    exact = amount * (100 if is_yuan else 1)
    whole = int(exact.to_integral_value(ROUND_HALF_UP))
    if not 0 <= whole <= MOST_FEN:
        return None
    if abs(exact - whole) > NOISE:
        if is_sure and not is_yuan:
            raise Unfit(
                FRACTION,
                path,
                "This source counts in fen, which have no fractions. If it means yuan, change its"
                " unit of money.",
            )
        if warnings is not None:
            warnings.append(
                Warned(
                    FRACTION,
                    path,
                    "Rounded to whole fen, half a fen up. If it means yuan, change the source's"
                    " unit of money.",
                )
            )
    return whole


def exact_fen(value) -> int | None:
    """An amount that says itself that it is in fen; None when it is none."""
    return value if type(value) is int and 0 <= value <= MOST_FEN else None


def needed_fen(
    properties: dict, names: tuple[str, ...], source: Source, warnings: list[Warned]
) -> int:
    """The first amount given of these; an order's money must be sure."""
    for name in names:
        if properties.get(name) is not None:
            return sure_fen(properties[name], f"$.properties.{name}", source, warnings)
    raise Unfit("missing_field", f"$.properties.{names[0]}", "An order needs its total.")


def sure_fen(value, path: str, source: Source, warnings: list[Warned]) -> int:
    amount = fen(value, source, path, warnings, is_sure=True)
    if amount is None:
        raise Unfit("wrong_type", path, f"This is an amount between 0 and {MOST_FEN} fen.")
    return amount


def amount_of(properties: dict, source: Source, warnings: list[Warned]) -> int | None:
    """The event's amount in fen, where it has one that can be read."""
    for name in IN_FEN:
        value = properties.get(name)
        if (exact := exact_fen(value)) is not None:
            return exact
        if value is not None:
            warnings.append(
                Warned(
                    NOT_WHOLE,
                    f"$.properties.{name}",
                    "Fen are a whole number from 0; this amount is left out.",
                )
            )
    amounts = (
        fen(properties.get(name), source, f"$.properties.{name}", warnings) for name in IN_UNITS
    )
    return next((amount for amount in amounts if amount is not None), None)


def subjects_of(properties: dict) -> list[str] | None:
    """What the event is about: the products, courses and doctors it names."""
    products = properties.get("products")
    named = (
        [properties, *(one for one in products if isinstance(one, dict))]
        if isinstance(products, list)
        else [properties]
    )
    found = [subject(one[key]) for one in named for key in SUBJECTS if key in one]
    return list(dict.fromkeys(filter(None, found))) or None


def subject(value) -> str:
    if type(value) is int:
        return str(value)
    return value if isinstance(value, str) and len(value) <= 128 else ""
