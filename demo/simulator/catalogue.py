"""What the demo shop sells. Ids and prices never change: orders of earlier starts point to them."""

from dataclasses import dataclass

SHELVES = {
    "茶叶": [
        ("明前龙井", 16800),
        ("安溪铁观音", 9800),
        ("正山小种", 12800),
        ("云南普洱", 8800),
        ("茉莉花茶", 4900),
        ("福鼎白茶", 13800),
        ("桂花乌龙", 6900),
    ],
    "咖啡": [
        ("云南小粒咖啡豆", 6800),
        ("冷萃咖啡液", 5900),
        ("挂耳咖啡", 4500),
        ("燕麦拿铁", 3900),
        ("手冲壶", 15900),
        ("磨豆机", 19900),
    ],
    "点心": [
        ("凤梨酥", 3900),
        ("绿豆糕", 2900),
        ("蛋黄酥", 4500),
        ("桃酥", 1900),
        ("鲜花饼", 3500),
        ("坚果礼盒", 12900),
        ("肉脯", 4900),
    ],
    "茶具": [
        ("紫砂壶", 29900),
        ("盖碗", 8900),
        ("公道杯", 5900),
        ("旅行茶具", 12900),
        ("茶盘", 16900),
        ("保温杯", 9900),
        ("竹茶则", 2500),
    ],
    "香氛": [
        ("檀香线香", 6900),
        ("桂花香薰蜡烛", 8900),
        ("车载香片", 3900),
        ("藤条香薰", 10900),
        ("香囊", 2900),
        ("艾草香", 4500),
    ],
    "家居": [
        ("棉麻桌布", 7900),
        ("竹编收纳篮", 5900),
        ("陶瓷花瓶", 11900),
        ("亚麻靠垫", 6900),
        ("手工皂", 2900),
        ("木托盘", 8900),
        ("蚕丝眼罩", 5900),
    ],
}


@dataclass(frozen=True)
class Product:
    id: str
    name: str
    category: str
    price_fen: int
    kind: str = "product"

    def listed(self, at: str) -> dict:
        """The product as /products takes it."""
        return {
            "id": f"listed:{self.id}",
            "product_id": self.id,
            "kind": self.kind,
            "name": self.name,
            "category": self.category,
            "price_fen": self.price_fen,
            "stock": 500 if self.kind == "product" else None,
            "page": f"/pages/{self.kind}?id={self.id}",
            "occurred_at": at,
        }


PRODUCTS = [
    Product(f"p{shelf}{place:02}", name, category, price_fen)
    for shelf, (category, goods) in enumerate(SHELVES.items(), start=1)
    for place, (name, price_fen) in enumerate(goods, start=1)
]
CATEGORIES = list(SHELVES)
OF_CATEGORY = {
    category: [product for product in PRODUCTS if product.category == category]
    for category in CATEGORIES
}
