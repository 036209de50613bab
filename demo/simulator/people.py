"""Who comes: the same people with the same habits at every start, made from the seed."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar

from demo.simulator.catalogue import CATEGORIES, OF_CATEGORY, PRODUCTS, Product

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "秀英",
    "霞",
    "平",
]
GIVEN += [
    "子涵",
    "雨桐",
    "梓萱",
    "浩然",
    "欣怡",
    "思远",
    "佳琪",
    "一诺",
    "宇轩",
    "晓彤",
    "建国",
    "桂英",
    "志强",
    "雪梅",
    "文博",
    "若曦",
]
COUNT = 300
# their phones are 199xx000000 to 199xx999999, so that no sender set up by mistake reaches many
# strangers
MOST = 1_000_000
FIRST_HOURS = [7, 8, 11, 12, 12, 13, 18, 19, 20, 20, 21, 22]
HABITUAL = 0.8  # the share of looks at a favourite category


def chance(*words) -> Random:
    """The same words give the same dice, on every machine."""
    return Random(":".join(map(str, words)))  # noqa: S311 (habits, not secrets)


@dataclass(frozen=True)
class Somebody:
    """A customer of any of the businesses. They are other people in each: no phone is in two of
    them."""

    phones: ClassVar[str] = "19900"
    openids: ClassVar[str] = "o-demo"

    index: int
    name: str
    hours: tuple[int, ...]  # of the day, when they like to come
    visits_per_day: float

    @property
    def member_id(self) -> str:
        return str(10001 + self.index)

    @property
    def device(self) -> str:
        """The anonymous id of the phone they used first."""
        return f"device-{self.index:05}"

    @property
    def identities(self) -> dict:
        """What the back end knows of a member."""
        return {
            "member_id": self.member_id,
            "openid": f"{self.openids}-{self.index:05}",
            "phone": f"{self.phones}{self.index:06}",
            "phone_verified": True,
            **({"email": self.email} if self.email else {}),
        }

    @property
    def email(self) -> str:
        """Every third one left an address; none of them exists (RFC 2606)."""
        return f"{self.openids}-{self.index:05}@example.com" if self.index % 3 == 0 else ""

    @property
    def consents(self) -> list[dict]:
        """Who left an address wanted letters."""
        wants = {
            "channel": "email",
            "purpose": "marketing",
            "granted": True,
            "version": "2026-01",
            "proof": "registration form",
        }
        return [wants] if self.email else []

    @property
    def attributes(self) -> dict:
        """What they told when they registered."""
        return {"name": self.name}

    def looks_at(self, dice: Random) -> Product:
        """What they open in the mini-program."""
        raise NotImplementedError

    def comes_at(self, hour: int) -> float:
        """How much more often than others they come at this hour."""
        return 4.0 if hour in self.hours else 1.0


@dataclass(frozen=True)
class Person(Somebody):
    """A customer of the shop."""

    level: str
    favourites: tuple[str, ...]
    price_sensitivity: float  # 0: never looks at the price, 1: flinches at everything above average
    buys: float  # the chance that a look ends in an order
    uses_coupons: float  # the chance that a coupon changes their mind

    @property
    def attributes(self) -> dict:
        return {"name": self.name, "level": self.level}

    @property
    def consents(self) -> list[dict]:
        """Two of three wanted short messages too."""
        wants = {"channel": "sms", "purpose": "marketing", "granted": True}
        wants |= {"version": "2026-01", "proof": "registration form"}
        return [*super().consents, *([wants] if self.index % 3 else [])]

    def looks_at(self, dice: Random) -> Product:
        if dice.random() < HABITUAL:
            return dice.choice(OF_CATEGORY[dice.choice(self.favourites)])
        return dice.choice(PRODUCTS)

    def is_won_by(self, product: Product, dice: Random) -> bool:
        """Whether they order at once, without any coupon."""
        dear = max(0.0, min(1.0, product.price_fen / 10_000 - 0.5))
        return dice.random() < self.buys * (1 - self.price_sensitivity * dear)


def full_name(dice: Random) -> str:
    return dice.choice(SURNAMES) + dice.choice(GIVEN)


def person(seed: str, index: int) -> Person:
    index %= MOST
    dice = chance(seed, "person", index)
    first_hour = dice.choice(FIRST_HOURS)
    return Person(
        index=index,
        name=full_name(dice),
        level="gold" if dice.random() < 0.15 else "normal",
        favourites=tuple(dice.sample(CATEGORIES, dice.choice([1, 2, 2, 3]))),
        hours=(first_hour, first_hour + 1),
        visits_per_day=dice.choice([0.1, 0.2, 0.4, 0.4, 0.7, 0.9]),
        price_sensitivity=dice.random(),
        buys=dice.uniform(0.05, 0.4),
        uses_coupons=dice.uniform(0.35, 0.95),
    )


def crowd(seed: str, count: int = COUNT) -> list[Person]:
    return [person(seed, index) for index in range(count)]
