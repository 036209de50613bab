"""The shop's mini-program in WeChat. A stand-in of the platform runs in this process, at an address
that only this machine reaches; people log in there, allow and refuse messages, get them and come
back by them.

The stand-in goes on where it was: the same app, the same openids, what people have allowed.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from random import Random
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async

from demo.simulator import bodies, opening
from demo.simulator.client import Doors
from demo.simulator.guests import now
from demo.simulator.memory import Memory
from demo.simulator.people import Somebody
from demo.vendors.wechat import acts
from demo.vendors.wechat.library import LIBRARY
from demo.vendors.wechat.platform import Person
from demo.vendors.wechat.push import Address, Pusher
from demo.vendors.wechat.stand_in import WeChat
from demo.vendors.wechat.templates import pick

SEED = "hutong demo"
SHIPPED, COUPON_ENDS = 1002, 1001
KEPT = 200  # calls, pushes and messages
AGAIN = 5.0  # seconds, until the product is asked once more to check the push's address
SAYS_YES, FOR_EVER, COMES_BACK = 0.7, 0.15, 0.6
CHANGES_MIND, REVOKES = 0.03, 0.002


class MiniProgram:
    """The app at the platform, and what its people do."""

    def __init__(self, url: str, memory: Memory, dice: Random, say: Callable[[str], None]):
        self.stand_in = WeChat(SEED, port=int(url.rpartition(":")[2]))
        self.url, self.memory, self.dice, self.say = url, memory, dice, say
        self.platform = self.stand_in.platform
        [self.app] = self.platform.apps.values()
        self.app.templates.clear()
        self.shipped = pick(self.app, LIBRARY[SHIPPED], [1, 2, 4]).id
        self.coupon_ends = pick(self.app, LIBRARY[COUPON_ENDS], [1, 2, 3, 4]).id
        self.platform.dice.first = int(time.time()) * 1000
        if kept := memory["wechat"]:
            self.app.grants.go_on(kept)

    async def open(self, premises, ours: str) -> None:
        """It answers, is connected, and tells the product what happens. Never ends by itself."""
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.stand_in.serve(ready.set))
            await ready.wait()
            address = await sync_to_async(opening.connect)(
                premises, self.url, self.app.appid, self.app.secret, ours=ours
            )
            pusher = Pusher(self.platform, self.app, Address(**address))
            while not (await pusher.check())["ok"]:  # noqa: ASYNC110 -- nobody tells us
                await asyncio.sleep(AGAIN)
            self.app.pusher = pusher
            await sync_to_async(opening.subscribe_journey)(premises, self.app.appid)
            self.say(f"WeChat (stand-in): {self.url}")

    def tidy(self) -> None:
        """What was long ago is forgotten; what people allow is written down."""
        for rows in (self.stand_in.calls, self.platform.tries, self.platform.inbox):
            del rows[:-KEPT]
        oldest = self.platform.clock.now() - 600
        for value in [v for v, one in self.platform.codes.items() if one.made_at < oldest]:
            del self.platform.codes[value]
        kept = self.app.grants.kept()
        if kept != self.memory["wechat"]:
            self.memory.put(wechat=kept)

    # -- what one of its people does

    def openid_of(self, person: Somebody) -> str:
        one = self.platform.people.setdefault(person.member_id, Person(person.member_id))
        return self.platform.enter(self.app, one)

    async def log_in(self, doors: Doors, person: Somebody, anonymous_id: str) -> str:
        """The token of their session; "" where nothing is connected yet."""
        if self.app.pusher is None:
            return ""
        openid = self.openid_of(person)
        told = acts.login(self.platform, self.app, openid)
        form = {"app": self.app.appid, "code": told["code"], "anonymous_id": anonymous_id}
        answer = await doors.member("/session", form)
        if answer.is_good:
            doors.counts["WeChat log-ins"] += 1
        return answer.body.get("token", "")

    async def ask(self, doors: Doors, person: Somebody, token: str) -> None:
        """After a payment: shall we tell you when it is on its way?"""
        if not token:
            return
        openid = self.openid_of(person)
        is_willing = self.dice.random() < SAYS_YES
        told = acts.subscribe(
            self.platform,
            self.app,
            openid,
            [self.shipped, self.coupon_ends],
            [self.shipped, self.coupon_ends] if is_willing else [],
            always=self.dice.random() < FOR_EVER,
        )
        choices = {key: told[key] for key in (self.shipped, self.coupon_ends) if key in told}
        if choices:
            report = {"id": uuid.uuid4().hex, "choices": choices}
            await doors.member("/me/subscriptions", report, token)
            accepted = sum(choice == "accept" for choice in choices.values())
            doors.counts["WeChat accepts"] += accepted
            doors.counts["WeChat refusals"] += len(choices) - accepted

    async def look(
        self,
        doors: Doors,
        person: Somebody,
        clicked: Callable[[int], Awaitable[None]],
    ) -> None:
        """They see what has come in WeChat since; some come back by it, a few want no more."""
        for message in self.platform.inbox:
            if message["person"] == person.member_id and not message["clicked"]:
                message["clicked"] += 1  # or swept away: they have seen it
                query = parse_qs(message.get("page", "").partition("?")[2])
                number = query.get("hutong_message", [""])[0]
                if number.isdecimal() and self.dice.random() < COMES_BACK:
                    await clicked(int(number))
                    doors.counts["WeChat clicks"] += 1
        self.have_second_thoughts(doors, person)

    def have_second_thoughts(self, doors: Doors, person: Somebody) -> None:
        chance, openid = self.dice.random(), self.openid_of(person)
        if chance < REVOKES:
            acts.revoke(self.platform, self.app, openid)
            doors.counts["WeChat revocations"] += 1
        elif chance < REVOKES + CHANGES_MIND:
            acts.refuse(self.platform, self.app, openid, [self.shipped])
            doors.counts["WeChat refusals later"] += 1


def click(message: int, anonymous_id: str) -> dict:
    """The page was opened by the message: what leads back."""
    return {
        "id": f"clicked:{message}:{anonymous_id}",
        "name": "Message Clicked",
        "occurred_at": bodies.moment(now()),
        "identities": {"anonymous_id": anonymous_id},
        "properties": {"message_id": message},
    }
