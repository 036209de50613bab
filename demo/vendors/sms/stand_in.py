"""What the stand-ins of SMS platforms share beyond `base`: an account, a catalogue, phones.

More of the second door:
    POST signatures {"name", "review", ...}, templates {"code", "text", "kind", "review", ...}
    GET  inbox?number=     what the owner of a phone has read; without a number everybody's
    POST reply {"number", "text", "sign"?}     somebody answers what was sent last
    POST numbers {"number", "fate"?, "why"?, "do_not_disturb"?, "opted_out"?}   why: a code
    POST account {"balance", "package", "most_a_day", "code", "notice", "promotion"}
    POST addresses {"receipts"?, "replies"?}   where the platform pushes to
    POST delay {"seconds"}     how long after a text its receipt comes
    GET  tally                 what was accepted, what of it twice, what it cost
    GET  pushes                every try
"""

import itertools
from collections import Counter, deque
from dataclasses import asdict, replace
from functools import partial

import aiohttp

from demo.vendors.base import StandIn
from demo.vendors.pushes import Manner, Pushes
from demo.vendors.sms import texts
from demo.vendors.sms.account import Account
from demo.vendors.sms.catalogue import Catalogue, Signature, Template
from demo.vendors.sms.frequency import Frequency
from demo.vendors.sms.phones import Fate, Phones, Reply, Text


class SmsStandIn(StandIn):
    def __init__(self, **about):
        super().__init__(**about)
        self.account, self.catalogue, self.phones = Account(), Catalogue(), Phones()
        self.frequency = Frequency(self.clock)
        self.pushes = Pushes(self.agenda, self.manner())
        self.to_pull: dict[str, deque] = {"receipts": deque(), "replies": deque()}
        self.replies: list[Reply] = []
        self.delay = 0.0
        self._numbers = itertools.count(1)
        for door in [self.signatures, self.templates, self.inbox, self.reply, self.numbers]:
            self.doors[door.__name__] = door
        self.doors |= {"account": self._account, "addresses": self._addresses, "delay": self._delay}
        self.doors |= {"tally": self.tally, "pushes": lambda: self.pushes.tries}

    # What a platform says of itself

    def manner(self) -> Manner:
        """How it pushes receipts (made by `receipt`) and replies (made by `reply_row`)."""
        raise NotImplementedError

    def receipt(self, text: Text) -> dict:
        raise NotImplementedError

    def reply_row(self, reply: Reply) -> dict:
        raise NotImplementedError

    async def prove_address(self, url: str) -> None:
        """Raises ValueError where the platform does not take this address."""

    # What a platform does with a text that passed its rules

    async def opened(self, session: aiohttp.ClientSession) -> None:
        self.pushes.session = session

    @property
    def today(self) -> str:
        return self.clock.in_beijing().strftime("%Y%m%d")

    def accept(self, text: Text) -> Text:
        """It is paid for and on its way; its receipt follows."""
        text.cost = self.account.take(self.today, text.kind, text.parts)
        self.phones.accept(text)
        self.agenda.add(partial(self._settle, text), self.delay)
        return text

    async def _settle(self, text: Text) -> None:
        if text.due is Fate.SILENT:
            return
        text.fate, text.settled_at = text.due, self.clock.now()
        self.to_pull["receipts"].append(text)
        for _time in range(2 if self.modes.take("twice", "") else 1):
            self.pushes.add("receipts", self.receipt(text))

    # The second door

    def signatures(self, name: str = "", **given) -> list[dict]:
        if name:
            known, now = self.catalogue.signatures, self.clock.now()
            begun = known.get(name) or Signature(name, len(known) + 1, made_at=now)
            known[name] = replace(begun, **given)
        return [asdict(signature) for signature in self.catalogue.signatures.values()]

    def templates(self, code: str = "", **given) -> list[dict]:
        if code:
            known = self.catalogue.templates
            begun = known.get(code) or Template(code, given["text"], made_at=self.clock.now())
            known[code] = replace(begun, **given)
        return [asdict(template) for template in self.catalogue.templates.values()]

    def inbox(self, number: str = "") -> list[dict]:
        numbers = [mobile(number)] if number else list(self.phones.texts)
        return [text.row() for one in numbers for text in self.phones.inbox(one)]

    def reply(self, number: str, text: str, sign: str = "") -> dict:
        answered = self.phones.last(mobile(number), sign)
        if not answered:
            raise ValueError("nothing was sent to this number")
        about = {"number": answered.number, "sign": answered.sign, "extend": answered.extend}
        reply = Reply(str(next(self._numbers)), content=text, at=self.clock.now(), **about)
        if texts.refuses(text):
            self.phones.opted_out.add((answered.sign, answered.number))
        self.replies.append(reply)
        self.to_pull["replies"].append(reply)
        self.pushes.add("replies", self.reply_row(reply))
        return asdict(reply)

    def numbers(self, number: str, **given) -> dict:
        """`opted_out` is the signature whose advertising the owner refuses."""
        one, fate, why = mobile(number), given.pop("fate", None), given.pop("why", None)
        opted_out, do_not_disturb = given.pop("opted_out", None), given.pop("do_not_disturb", None)
        if given:
            raise ValueError(f"unknown: {', '.join(given)}")
        if fate is not None:
            self.phones.fates[one] = Fate(fate)
        if why is not None:
            self.phones.why[one] = why
        if do_not_disturb is not None:
            self.phones.do_not_disturb ^= {one} & self.phones.do_not_disturb
            self.phones.do_not_disturb |= {one} if do_not_disturb else set()
        if opted_out is not None:
            self.phones.opted_out.add((opted_out, one))
        return {
            "number": one,
            "fate": self.phones.fates.get(one, Fate.DELIVERED),
            "do_not_disturb": one in self.phones.do_not_disturb,
            "opted_out": [sign for sign, who in self.phones.opted_out if who == one],
        }

    def tally(self) -> dict:
        sent = self.phones.all()
        keys = Counter((text.number, text.reference, text.content) for text in sent)
        return {
            "accepted": len(sent),
            "read": sum(len(self.phones.inbox(number)) for number in list(self.phones.texts)),
            "parts": sum(text.parts for text in sent),
            "cost": sum(text.cost for text in sent),
            "twice": [list(key) for key, count in keys.items() if count > 1],
        }

    def _account(self, **given: int | None) -> dict:
        self.account.set(**given)
        return self.account.row()

    async def _addresses(self, receipts: str | None = None, replies: str | None = None) -> dict:
        for kind, url in [("receipts", receipts), ("replies", replies)]:
            if url:
                await self.prove_address(url)
                self.pushes.addresses[kind] = url
            elif url == "":
                self.pushes.addresses.pop(kind, None)
        return self.pushes.addresses

    def _delay(self, seconds: float) -> dict:
        self.delay = float(seconds)
        return {"seconds": self.delay}


def mobile(number: str) -> str:
    found = texts.e164(number)
    if not found:
        raise ValueError("no mobile number")
    return found
