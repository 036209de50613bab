"""Items (物品): the catalogue as the shop's server lists it."""

from customers.models import Source
from events.incoming_items import ProductListed, Warned
from integrations.doors.reading.commerce import exact_fen, fen
from integrations.doors.reading.free_json import Unfit, object_of, text_of

KINDS = ("item_set", "item_delete")
PRODUCT_KINDS = {
    "course": "course",
    "courses": "course",
    "课程": "course",
    "doctor": "doctor",
    "doctors": "doctor",
    "医生": "doctor",
}
NAMES = ("name", "item_name", "product_name", "title")
PICTURES = ("picture_url", "image_url", "image", "picture")
SCHEMES = ("http://", "https://", "cloud://")
MOST_STOCK = 2**31 - 1


def product_of(kind: str, item: dict, source: Source, warnings: list[Warned]) -> ProductListed:
    """What the item says of itself; what it leaves out stays as it was."""
    if not source.is_server:
        raise Unfit("server_only", "$.type", "Only a server source may write the catalogue.")
    product_id = text_of(item.get("item_id"), "$.item_id", 128)
    if not product_id:
        raise Unfit("missing_field", "$.item_id", "An item has an id.")
    stated = object_of(item, "properties")
    return ProductListed(
        product_id=product_id,
        name=first_text(stated, NAMES, 200),
        kind=PRODUCT_KINDS.get(str(item.get("item_type")).lower(), "product"),
        category=first_text(stated, ("category",), 200),
        price_fen=price_of(stated, source, warnings),
        stock=stock_of(stated),
        picture_url=(
            picture if (picture := first_text(stated, PICTURES, 500)).startswith(SCHEMES) else ""
        ),
        page=first_text(stated, ("page", "path", "url"), 500),
        is_active=kind == "item_set",
        is_partial=True,
    )


def first_text(stated: dict, names: tuple[str, ...], most: int) -> str:
    return next(
        (
            text
            for name in names
            if (text := text_of(stated.get(name), f"$.properties.{name}", most))
        ),
        "",
    )


def price_of(stated: dict, source: Source, warnings: list[Warned]) -> int | None:
    exact = exact_fen(stated.get("price_fen"))
    return (
        exact
        if exact is not None
        else fen(stated.get("price"), source, "$.properties.price", warnings, is_sure=True)
    )


def stock_of(stated: dict) -> int | None:
    stock = stated.get("stock")
    return stock if type(stock) is int and abs(stock) <= MOST_STOCK else None
