"""One visit of the shop: what a person does in the mini-program, and what the shop's back end tells
the product about it."""

import asyncio
from dataclasses import dataclass

from demo.simulator import bodies, wechat
from demo.simulator.catalogue import Product
from demo.simulator.guests import Stay, now
from demo.simulator.people import Person

STAYS_SECONDS = 50
FIRST_LOOK_AT_MESSAGES = 14  # a coupon comes after some 22 s
BETWEEN_LOOKS = 4


@dataclass
class Visit(Stay):
    """`token`: of their session as WeChat's user."""

    token: str = ""

    @property
    def person(self) -> Person:
        return self.guest.person

    async def log_in(self) -> None:
        await super().log_in()
        if self.wechat:
            self.token = await self.wechat.log_in(self.doors, self.person, self.guest.anonymous_id)
            await self.wechat.look(self.doors, self.person, self.come_back)

    async def come_back(self, message: int) -> None:
        await self.doors.mini_program("/events", wechat.click(message, self.guest.anonymous_id))

    async def browse(self) -> Product:
        product = await super().browse()
        if self.dice.random() < 0.4:
            await self.behave("Product Added", product)
        return product

    async def decide(self, product: Product) -> None:
        if self.person.is_won_by(product, self.dice):
            await self.pause(2, 5)
            await self.order(product)
        else:
            await self.stay(product)

    async def stay(self, product: Product) -> None:
        """They look at their messages now and then; a coupon may win them."""
        is_open_to_coupons = self.dice.random() < self.person.uses_coupons
        waited = FIRST_LOOK_AT_MESSAGES
        await asyncio.sleep(waited)
        while waited < STAYS_SECONDS:
            codes = await self.read_messages()
            if codes and is_open_to_coupons:
                await self.pause(1, 4)
                await self.order_with(codes[0], product)
                return
            await asyncio.sleep(BETWEEN_LOOKS)
            waited += BETWEEN_LOOKS

    async def read_messages(self) -> list[str]:
        """The coupon codes of what was unread."""
        unread = await self.doors.read(
            "/messages", member_id=self.person.member_id, channel="in_app", unread="true"
        )
        if unread:
            ids = [message["id"] for message in unread]
            await self.doors.back_end(
                "/messages/read", {"message_ids": ids, "occurred_at": bodies.moment(now())}
            )
            self.counts["messages read"] += len(ids)
        return [message["coupon_code"] for message in unread if message.get("coupon_code")]

    async def order(self, product: Product) -> None:
        number, lines = (
            self.memory.order_number(),
            [bodies.line(product, self.dice.choice([1, 1, 1, 2]))],
        )
        await self.tell_order(number, "placed", lines)
        await self.pause(0.5, 2)
        if self.dice.random() < 0.04:
            await self.tell_order(number, "cancelled", lines)
            return
        await self.pay(number, lines)

    async def pay(self, number: str, lines: list[dict], **money) -> None:
        if self.wechat:
            await self.wechat.ask(self.doors, self.person, self.token)
        paid_fen = bodies.total_fen(lines) - money.get("discount_fen", 0)
        await self.tell_order(number, "paid", lines, paid_fen=paid_fen, **money)
        if self.dice.random() < 0.05:
            await self.pause(5, 20)
            amount_fen = paid_fen if self.dice.random() < 0.5 else paid_fen // 2
            await self.doors.back_end(
                "/refunds", bodies.refund(number, amount_fen, now(), "七天无理由")
            )
            self.counts["refunds"] += 1

    async def order_with(self, code: str, product: Product) -> None:
        """They fill the basket up to the coupon's threshold; the coupon is held while they pay, and
        given back when they do not."""
        coupon = await self.coupon(code)
        if not coupon:
            return
        number, lines = self.memory.order_number(), [bodies.line(product, _enough(product, coupon))]
        spend = {
            "code": code,
            "order_number": number,
            "total_fen": bodies.total_fen(lines),
            "lines": lines,
        }
        held = await self.doors.back_end("/coupons/reserve", spend)
        if not held.is_good:
            self.counts["coupons refused"] += 1
            return
        money = {"discount_fen": held.body["discount_fen"], "coupon_code": code}
        await self.tell_order(number, "placed", lines, **money)
        await self.pause(0.5, 2)
        if self.dice.random() < 0.06:
            await self.tell_order(number, "cancelled", lines, **money)
            await self.doors.back_end("/coupons/release", {"order_number": number})
            return
        await self.redeem(number, lines, spend, money)

    async def redeem(self, number: str, lines: list[dict], spend: dict, money: dict) -> None:
        redeemed = await self.doors.back_end("/coupons/redeem", spend)
        # A repeat after a lost answer is refused and names the order; ours means that it was done.
        if redeemed.is_good or redeemed.body.get("order_number") == number:
            self.counts["redeemed"] += 1
            await self.pay(number, lines, **money)
            self.counts["chains"] += 1

    async def coupon(self, code: str) -> dict | None:
        """What the mini-program would show of it."""
        for customer in await self.doors.read("/customers", member_id=self.person.member_id):
            for coupon in await self.doors.read(
                "/coupons", customer=customer["public_id"], state="issued"
            ):
                if coupon["code"] == code:
                    return coupon
        return None


def _enough(product: Product, coupon: dict) -> int:
    return max(1, -(-(coupon.get("threshold_fen") or 0) // product.price_fen))
