"""Products and money in the properties of foreign clients: whose names differ, whose amounts are yuan or fen."""

from decimal import ROUND_HALF_UP

from crm_project.bounds import number_in
from customers.models import Source
from integrations.free_json import Unfit

MOST_FEN = 10**15
IN_FEN = ("amount_fen", "total_fen", "price_fen")  # say their unit themselves
IN_UNITS = ("total", "revenue", "value", "amount", "price")  # the first one given is the event's amount
SUBJECTS = ("product_id", "sku", "item_id", "course_id", "doctor_id")


def fen(value, source: Source) -> int | None:
    """`value` in fen by the source's unit; None when it is no amount."""
    amount = number_in(value)
    if amount is None:
        return None
    whole = int((amount * (100 if source.money_unit == source.MoneyUnit.YUAN else 1)).to_integral_value(ROUND_HALF_UP))
    return whole if 0 <= whole <= MOST_FEN else None


def exact_fen(value) -> int | None:
    """An amount that says itself that it is in fen; None when it is none."""
    return value if type(value) is int and 0 <= value <= MOST_FEN else None


def needed_fen(properties: dict, names: tuple[str, ...], source: Source) -> int:
    """The first amount given of these; an order's money must be sure."""
    for name in names:
        if properties.get(name) is not None:
            return sure_fen(properties[name], f"$.properties.{name}", source)
    raise Unfit("missing_field", f"$.properties.{names[0]}", "An order needs its total.")


def sure_fen(value, path: str, source: Source) -> int:
    amount = fen(value, source)
    if amount is None:
        raise Unfit("wrong_type", path, f"This is an amount between 0 and {MOST_FEN} fen.")
    return amount


def amount_of(properties: dict, source: Source) -> int | None:
    """The event's amount in fen, where it has one that can be read."""
    for name in IN_FEN:
        if (exact := exact_fen(properties.get(name))) is not None:
            return exact
    return next((amount for name in IN_UNITS if (amount := fen(properties.get(name), source)) is not None), None)


def subjects_of(properties: dict) -> list[str] | None:
    """What the event is about: the products, courses and doctors it names."""
    products = properties.get("products")
    named = [properties, *(one for one in products if isinstance(one, dict))] if isinstance(products, list) else [properties]
    found = [subject(one[key]) for one in named for key in SUBJECTS if key in one]
    return list(dict.fromkeys(filter(None, found))) or None


def subject(value) -> str:
    if type(value) is int:
        return str(value)
    return value if isinstance(value, str) and len(value) <= 128 else ""
