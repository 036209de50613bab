"""The shop's short messages. A stand-in of Aliyun's platform runs in this process, at an address
that `up` has chosen: the product sends to it as it would to Aliyun, its people read, and some of
them reply."""

import asyncio
from collections import deque
from functools import partial
from random import Random
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection

from campaigns.journeys import definition
from campaigns.journeys.format import VERSION
from campaigns.models import Journey, Price
from crm_project.queue.due import database_now
from customers.models import Connection, Namespace, Purpose
from demo.simulator.opening import Premises
from demo.vendors.aliyun_sms import AliyunSms
from demo.vendors.aliyun_sms.signing import Gateway
from demo.vendors.sms.catalogue import Filing, Kind, Review, Signature, Template
from demo.vendors.sms.phones import Fate, Text
from integrations.connections.vendors import vendors
from integrations.sms import syncing

VENDOR, NAME = "aliyun_sms", "%s (演示：阿里云短信的替身 stand-in, not Aliyun)"
ACCESS_KEY, SECRET = "LTAIdemoOfHutong", "a-secret-that-only-the-demo-knows"
JOURNEY = "新会员短信 SMS"
WELCOME = "${name}，欢迎成为互通小店会员，您的会员卡已开通。"
MEMBERS_DAY = "会员日全场八折，欢迎光临。拒收请回复R"
TEXTS = (
    ("SMS_209900001", Kind.NOTICE, "会员开通通知", WELCOME, {"name": 20}),
    ("SMS_209900002", Kind.PROMOTION, "会员日", MEMBERS_DAY, {}),
    ("SMS_209900003", Kind.CODE, "登录验证码", "您的验证码是${code}，五分钟内有效。", {"code": 6}),
)
PRICES = {Purpose.SERVICE: 450, Purpose.MARKETING: 550}  # 1/100 fen of a part
BALANCE = 5_000_000  # 500 yuan
KEPT = 300  # texts and tries that the stand-in remembers
AFTER = 2.0  # seconds for a receipt
REFUSE, ASK, OFF, GONE = 0.08, 0.05, 0.04, 0.02  # of those who read; of the phones


class Texts(AliyunSms):
    """The platform, and who reads what it carries."""

    most_calls = KEPT

    def __init__(self, url: str, dice: Random, say):
        super().__init__(port=urlsplit(url).port)
        self.dice, self.say, self.delay = dice, say, AFTER
        self.gateway = Gateway(self.clock, {ACCESS_KEY: SECRET})
        self.latest: deque[str] = deque()
        self.to_pull = {kind: deque(maxlen=KEPT) for kind in self.to_pull}

    async def open(self, premises: Premises, ours: str) -> None:
        """The shop has an account here, and what it sends arrives; until it is cancelled."""
        self.stock(premises.name)
        begun = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.serve(begun.set))
            await begun.wait()
            path = await sync_to_async(connected)(premises, self.url)
            self.pushes.addresses |= dict.fromkeys(("receipts", "replies"), f"{ours}{path}")

    def stock(self, sign: str) -> None:
        now, catalogue = self.clock.now(), self.catalogue
        catalogue.signatures.clear()
        catalogue.templates.clear()
        catalogue.signatures[sign] = Signature(sign, 1, filing=Filing.DONE, made_at=now)
        for code, kind, name, text, longest in TEXTS:
            about = {"longest": longest, "made_at": now, "review": Review.PASSED}
            catalogue.templates[code] = Template(code, text, name, kind, **about)
        self.account.set(balance=BALANCE)

    def accept(self, text: Text) -> Text:
        if text.number not in self.phones.fates:
            luck = self.dice.random()
            fate = Fate.GONE if luck < GONE else Fate.OFF if luck < GONE + OFF else Fate.DELIVERED
            self.phones.fates[text.number] = fate
        self.forget_old(text.number)
        return super().accept(text)

    async def _settle(self, text: Text) -> None:
        await super()._settle(text)
        if text.fate is not Fate.DELIVERED:
            return
        luck = self.dice.random()
        if luck < REFUSE and text.kind is Kind.PROMOTION:
            self.agenda.add(partial(self.answers, text, "R"), self.dice.uniform(2, 8))
        elif luck > 1 - ASK:
            self.agenda.add(partial(self.answers, text, "几点开门？"), self.dice.uniform(2, 8))

    async def answers(self, text: Text, words: str) -> None:
        if self.phones.last(text.number):
            self.reply(text.number, words)

    def forget_old(self, number: str) -> None:
        """It lives for weeks, and a demo is small."""
        self.latest.append(number)
        while len(self.latest) > KEPT:
            old = self.latest.popleft()
            if old not in self.latest:
                self.phones.texts.pop(old, None)
                self.phones.fates.pop(old, None)
        del self.pushes.tries[:-KEPT], self.replies[:-KEPT]


def connected(premises: Premises, url: str) -> str:
    """The shop's account is connected, its templates are fetched, and a journey uses it, once; the
    path to which receipts and replies are pushed."""
    namespace, now = Namespace.objects.get(key=premises.key), database_now()
    row = Connection.objects.filter(vendor=VENDOR, account=ACCESS_KEY).first()
    if row is None:
        row = Connection(
            vendor=VENDOR, account=ACCESS_KEY, namespace=namespace, name=NAME % premises.name
        )
        said = {"access_key": ACCESS_KEY, "access_secret": SECRET, "sign": premises.name}
        said |= {"abroad": False, "own_number": ""}
        row.settings = vendors[VENDOR]().completed(said)
    row.base_url = url
    row.save()
    syncing.sync(row, now)
    if not Price.objects.filter(channel="sms").exists():
        prices = [Price(channel="sms", kind=k, price=n, since=now) for k, n in PRICES.items()]
        Price.objects.bulk_create(prices)
    switch_on(now)
    path = f"/sms/{VENDOR}/{row.pk}/{row.settings['push_key']}"
    connection.close()
    return path


def switch_on(now) -> None:
    """Whoever registers is greeted by a notice, and told of the members' day, if they agreed."""
    if Journey.objects.filter(name=JOURNEY).exists():
        return
    owner = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
    hello = WELCOME.replace("${name}", "{{ customer.name | default: '您好' }}")
    draft = {
        "v": VERSION,
        "trigger": {"trigger": "event", "fields": {"event": "Customer Registered"}},
        "reentry": {"kind": "once"},
        "start": "s1",
        "steps": {
            "s1": says(hello, Purpose.SERVICE, "s2"),
            "s2": {"step": "wait", "fields": {"n": 1, "unit": "minutes"}, "exits": {"next": "s3"}},
            "s3": says(MEMBERS_DAY, Purpose.MARKETING, None),
        },
    }
    definition.check(draft)
    journey = Journey.objects.create(name=JOURNEY, draft=draft)
    definition.publish(journey, by=owner, now=now)


def says(text: str, purpose: str, following: str | None) -> dict:
    fields = {"channel": "sms", "purpose": purpose, "content": {"text": text}}
    return {"step": "send_message", "fields": fields, "exits": {"next": following}}
