import asyncio
import os
import signal

import aiohttp
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from demo.simulator.business import Business
from demo.simulator.client import Doors, Keys
from demo.simulator.clinic.living import Clinic
from demo.simulator.memory import Memory
from demo.simulator.opening import open_up
from demo.simulator.people import chance
from demo.simulator.school.living import School
from demo.simulator.shop import Shop
from demo.simulator.sms import Texts
from demo.simulator.wechat import MiniProgram

BUSINESSES: dict[str, type[Business]] = {
    business.premises.key: business for business in (Shop, School, Clinic)
}


class Command(BaseCommand):
    help = (
        "A made-up shop, school or clinic (mini-program and back end) uses the product over HTTP,"
        " until it is stopped."
    )

    def add_arguments(self, parser):
        parser.add_argument("business", choices=list(BUSINESSES))
        parser.add_argument(
            "--url", default=f"http://127.0.0.1:{settings.PORT}", help="where the product answers"
        )
        parser.add_argument("--pace", type=float, default=1.0, help="2 is twice as many visits")
        parser.add_argument("--seed", default="hutong", help="makes the people and their past")

    def handle(self, *, business: str, url: str, pace: float, seed: str, **_options):
        kind = BUSINESSES[business]
        memory = Memory(
            settings.HUTONG_DATA / ("demo.json" if kind is Shop else f"demo-{business}.json")
        )
        keys = open_up(kind.premises, memory)
        connections.close_all()
        wechat = None
        if kind is Shop and settings.DEMO_WECHAT:
            dice = chance(seed, "wechat", os.getpid())
            wechat = MiniProgram(settings.DEMO_WECHAT, memory, dice, self.say)
        asyncio.run(self.keep_open(kind, url.rstrip("/"), keys, memory, pace, seed, wechat))

    async def keep_open(
        self,
        kind: type[Business],
        url: str,
        keys: Keys,
        memory: Memory,
        pace: float,
        seed: str,
        wechat: MiniProgram | None,
    ) -> None:
        """Until SIGTERM or SIGINT, which end everything at once."""
        main = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, main.cancel)
        async with aiohttp.ClientSession() as http:
            doors, dice = Doors(http, url, keys), chance(seed, os.getpid())
            business = kind(seed, doors, memory, dice, pace, self.say, wechat)
            if isinstance(business, Shop) and settings.DEMO_SMS:
                business.texts = Texts(
                    settings.DEMO_SMS, chance(seed, "sms", os.getpid()), self.say
                )
            try:
                await business.live()
            except asyncio.CancelledError:
                self.say(f"{kind.premises.key}: closed")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
