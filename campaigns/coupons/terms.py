"""What a coupon is worth: on a given order, at most, and in words."""

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from campaigns.models import CouponBatch
from events.models import Product

Kind = CouponBatch.Kind


class CouponRefused(Exception):
    """Why this coupon cannot be used now; `code` is stable, `order_number` says what it was spent
    on."""

    def __init__(self, code: str, order_number: str = ""):
        super().__init__(code)
        self.code = code
        self.order_number = order_number


def discount(batch: CouponBatch, *, total_fen: int, lines: list[dict]) -> int:
    """What the coupon takes off an order; never more than the order's total. Raises
    CouponRefused."""
    scoped = in_scope(batch, lines)
    base = total_fen
    if batch.products or batch.categories:
        base = min(total_fen, sum(line["price_fen"] * line.get("quantity", 1) for line in scoped))
    if base < batch.threshold_fen:
        raise CouponRefused("below_threshold")
    off = {Kind.AMOUNT: amount_off, Kind.PERCENT: percent_off, Kind.EXCHANGE: one_unit}[batch.kind](
        batch, base, scoped
    )
    return min(off, base, off if batch.most_off_fen is None else batch.most_off_fen)


def in_scope(batch: CouponBatch, lines: list[dict]) -> list[dict]:
    if not (batch.products or batch.categories):
        return lines
    categories = categories_of(batch, lines)
    scoped = [
        line
        for line in lines
        if line["product_id"] in batch.products
        or categories.get(line["product_id"]) in batch.categories
    ]
    if not scoped:
        raise CouponRefused("not_for_these_products")
    return scoped


def categories_of(batch: CouponBatch, lines: list[dict]) -> dict[str, str]:
    """By product; the catalogue's where the shop did not send one."""
    if not batch.categories:
        return {}
    silent = [line["product_id"] for line in lines if not line.get("category")]
    known = dict(
        Product.objects.filter(namespace=batch.namespace_id, product_id__in=silent).values_list(
            "product_id", "category"
        )
    )
    return known | {line["product_id"]: line["category"] for line in lines if line.get("category")}


def amount_off(batch: CouponBatch, base: int, scoped: list[dict]) -> int:
    return batch.amount_off_fen


def percent_off(batch: CouponBatch, base: int, scoped: list[dict]) -> int:
    """Rounded half up, once, on all that it is for."""
    return (base * batch.percent_off + 50) // 100


def one_unit(batch: CouponBatch, base: int, scoped: list[dict]) -> int:
    """An exchange takes off the dearest single unit it may be used for."""
    if not scoped:
        raise CouponRefused("not_for_these_products")
    return max(line["price_fen"] for line in scoped)


def promise(batch: CouponBatch) -> int | None:
    """The most one coupon can cost; None when nothing bounds it."""
    if batch.kind == Kind.AMOUNT:
        return min(batch.amount_off_fen, batch.most_off_fen or batch.amount_off_fen)
    if batch.most_off_fen is not None or batch.kind == Kind.PERCENT:
        return batch.most_off_fen
    goods = Product.objects.filter(
        Q(product_id__in=batch.products) | Q(category__in=batch.categories),
        namespace=batch.namespace_id,
    )
    return goods.aggregate(dearest=Max("price_fen"))["dearest"]


def value_text(batch: CouponBatch) -> str:
    """What the coupon gives, as a customer reads it."""
    if batch.kind == Kind.PERCENT:
        return _("%(percent)s%% off") % {"percent": batch.percent_off}
    if batch.kind == Kind.EXCHANGE:
        return _("one for free")
    if batch.threshold_fen:
        return _("¥%(off)s off from ¥%(threshold)s") % {
            "off": yuan(batch.amount_off_fen),
            "threshold": yuan(batch.threshold_fen),
        }
    return _("¥%(off)s off") % {"off": yuan(batch.amount_off_fen)}


def yuan(fen: int) -> str:
    """3000 -> "30", 2990 -> "29.90"."""
    whole, part = divmod(fen, 100)
    return f"{whole}.{part:02}" if part else str(whole)
