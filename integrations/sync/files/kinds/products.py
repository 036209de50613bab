"""Products: the catalogue; what can be bought or booked."""

from django.utils.translation import gettext_lazy

from events.models import Product
from integrations.native.products import Products as Door
from integrations.sync.files.kinds.base import (
    CHANGED,
    NEW,
    OLDER,
    SAME,
    Draft,
    Field,
    ImportKind,
    Made,
    Setting,
)

KINDS = {
    "product": ("商品", "产品", "实物", "goods"),
    "course": ("课程", "课", "class"),
    "doctor": ("医生", "大夫"),
    "service": ("服务", "项目"),
}
COMPARED = ("kind", "name", "category", "price_fen", "stock", "picture_url", "page", "is_active")


class Products(ImportKind):
    key, label, icon = "products", gettext_lazy("products"), "inventory_2"
    help = gettext_lazy("The catalogue: products, courses, doctors, services.")
    door = Door()
    number, has_people = "product_id", False
    fields = (
        Field(
            "product_id",
            gettext_lazy("product id"),
            ("商品编号", "商品编码", "商品ID", "货号", "SKU", "编号", "product id", "sku", "id"),
            "key",
            is_needed=True,
            example="P001",
        ),
        Field(
            "name",
            gettext_lazy("name"),
            ("商品名称", "名称", "品名", "商品", "课程名称", "name", "title", "product name"),
            is_needed=True,
            example="白茶",
        ),
        Field("kind", gettext_lazy("kind"), ("类型", "商品类型", "type", "kind"), choices=KINDS),
        Field(
            "category",
            gettext_lazy("category"),
            ("类目", "分类", "品类", "商品分类", "category"),
            example="茶叶",
        ),
        Field(
            "price_fen",
            gettext_lazy("price"),
            ("价格", "售价", "单价", "零售价", "price"),
            "money",
            example="199.00",
        ),
        Field("stock", gettext_lazy("stock"), ("库存", "库存数量", "stock", "inventory"), "whole"),
        Field(
            "picture_url", gettext_lazy("picture"), ("图片", "主图", "图片链接", "image", "picture")
        ),
        Field("page", gettext_lazy("page in the mini-program"), ("小程序路径", "页面路径", "page")),
        Field(
            "is_active",
            gettext_lazy("on sale"),
            ("上架", "是否上架", "在售", "active", "on sale"),
            "flag",
        ),
        Field(
            "occurred_at", gettext_lazy("as of"), ("更新时间", "修改时间", "updated at"), "moment"
        ),
    )

    def item(self, draft: Draft, setting: Setting) -> dict:
        said = {name: value for name, value in draft.values.items() if value is not None}
        return {"occurred_at": draft.at, **said}

    def compare(self, made: list[Made], setting: Setting) -> None:
        rows = Product.objects.filter(
            namespace=setting.source.namespace_id, product_id__in={one.key for one in made}
        ).values("product_id", "updated_at", *COMPARED)
        known = {row["product_id"]: row for row in rows}
        for one in made:
            self.judge(one, known.get(one.key))

    def judge(self, one: Made, known: dict | None) -> None:
        """What no column says stays as it was."""
        listed = one.incoming.product
        listed.is_partial = True
        one.object = one.key
        if known is None:
            one.outcome, one.before = (
                NEW,
                {"made": True, "at": one.incoming.occurred_at.isoformat()},
            )
            return
        said = {name for name in COMPARED if one.draft.values.get(name) is not None}
        for name in {"kind", "is_active"} - said:
            setattr(listed, name, known[name])
        if all(getattr(listed, name) == known[name] for name in said):
            one.outcome = SAME
        elif known["updated_at"] > one.incoming.occurred_at:
            one.outcome = OLDER
        else:
            one.outcome = CHANGED
            was = {name: known[name] for name in COMPARED}
            one.before = {
                "at": one.incoming.occurred_at.isoformat(),
                "was": {**was, "updated_at": known["updated_at"].isoformat()},
            }
