import asyncio
import os
import signal

import aiohttp
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from integrations.simulator.client import Doors, Keys
from integrations.simulator.memory import Memory
from integrations.simulator.opening import open_shop
from integrations.simulator.people import chance, crowd
from integrations.simulator.shop import Shop


class Command(BaseCommand):
    help = "A made-up shop (mini-program and back end) uses the product over HTTP, until it is stopped."

    def add_arguments(self, parser):
        parser.add_argument("business", choices=["shop"])
        parser.add_argument("--url", default=f"http://127.0.0.1:{settings.PORT}", help="where the product answers")
        parser.add_argument("--pace", type=float, default=1.0, help="2 is twice as many visits")
        parser.add_argument("--seed", default="hutong", help="makes the people and their past")

    def handle(self, *, url: str, pace: float, seed: str, **_options):
        memory = Memory(settings.HUTONG_DATA / "demo.json")
        keys = open_shop(memory)
        connections.close_all()
        asyncio.run(self.keep_open(url.rstrip("/"), keys, memory, pace, seed))

    async def keep_open(self, url: str, keys: Keys, memory: Memory, pace: float, seed: str) -> None:
        """Until SIGTERM or SIGINT, which end everything at once."""
        main = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, main.cancel)
        async with aiohttp.ClientSession() as http:
            shop = Shop(seed, crowd(seed), Doors(http, url, keys), memory, chance(seed, os.getpid()), pace, self.say)
            try:
                await shop.live()
            except asyncio.CancelledError:
                self.say("shop: closed")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
