"""Free text: the sender writes signature and opt-out; the gateway looks whether they are there."""

import itertools
import re

from demo.vendors.sms import texts
from demo.vendors.sms.catalogue import Filing, Kind
from demo.vendors.sms.frequency import Limit
from demo.vendors.sms.phones import Text
from demo.vendors.sms.stand_in import SmsStandIn
from demo.vendors.sms_gateway.answers import SAID, Refused

MOST_NUMBERS, LONGEST = 1000, 500
FIRST_HOUR, LAST_HOUR = 8, 22  # of Beijing, for promotions
OF_ALL = (Limit(60, 2, ""), Limit(None, 50, ""))
OF_PROMOTIONS = (Limit(None, 3, ""),)

_signed = re.compile(r"【([^】]{2,16})】(.+)", re.DOTALL).fullmatch
_refusal = re.compile(r"拒收请?回复?R|回(?:复)?TD?退订|退订回TD?")


class Sending:
    def __init__(self, platform: SmsStandIn):
        self.platform = platform
        self._ids = itertools.count(1)

    def send(self, numbers: list[str], content: str, kind: str, reference: str) -> list[dict]:
        """A row for each number; raises what refuses all of them."""
        if not numbers or not content or kind not in set(Kind):
            raise Refused(2000)
        if len(numbers) > MOST_NUMBERS:
            raise Refused(2004)
        sign = self._sign(content, Kind(kind))
        if mode := self.platform.modes.take("refuse", "/v2/send"):
            raise Refused(int(mode.code))
        half = self.platform.modes.take("half", "/v2/send")
        rows = []
        for place, number in enumerate(numbers):
            text = Text("", number, sign, content, Kind(kind), "", reference=reference)
            refused = int(half.code or 2009) if half and place % 2 else 0
            rows.append(self._sent(text, refused))
        return rows

    def _sign(self, content: str, kind: Kind) -> str:
        """The signature that this text begins with; raises what is wrong with the text."""
        found = _signed(content)
        sign = self.platform.catalogue.sign(found[1]) if found else None
        if not sign or sign.filing is not Filing.DONE:
            raise Refused(3001)
        if texts.is_forbidden(content):
            raise Refused(3002)
        if texts.units(content) > LONGEST:
            raise Refused(3003)
        refusals = len(_refusal.findall(content))
        if kind is not Kind.PROMOTION:
            if refusals:
                raise Refused(3006)
            return sign.name
        if refusals != 1 or not texts.HOW_TO_REFUSE.search(content):
            raise Refused(3004)
        if not FIRST_HOUR <= self.platform.clock.in_beijing().hour < LAST_HOUR:
            raise Refused(3005)
        return sign.name

    def _sent(self, text: Text, refused: int) -> dict:
        number = text.number
        plain = texts.e164(number) if isinstance(number, str) else None
        if not plain or not plain.startswith("+86"):
            return {"mobile": number, "code": 2001, "msg": SAID[2001]}
        text.id, text.number = str(next(self._ids)), plain
        text.sent_at = self.platform.clock.now()
        code = refused or self._against(text)
        if code:
            return {"mobile": number, "code": code, "msg": SAID[code]}
        for key, _limits in self._rules(text):
            self.platform.frequency.note(key)
        self.platform.accept(text)
        return {"mobile": number, "code": 0, "msg": SAID[0], "id": text.id, "parts": text.parts}

    def _against(self, text: Text) -> int:
        phones = self.platform.phones
        has_refused = text.kind is Kind.PROMOTION and (text.sign, text.number) in phones.opted_out
        if has_refused or text.number in phones.do_not_disturb:
            return 2002
        if any(self.platform.frequency.exceeded(key, limits) for key, limits in self._rules(text)):
            return 2003
        lacking = self.platform.account.lacks(self.platform.today, text.kind, text.parts)
        return {"": 0, "day": 4002}.get(lacking, 4001)

    def _rules(self, text: Text) -> list[tuple]:
        rules = [((text.number,), OF_ALL)]
        if text.kind is Kind.PROMOTION:
            rules.append(((text.number, text.kind), OF_PROMOTIONS))
        return rules
