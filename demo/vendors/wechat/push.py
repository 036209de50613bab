"""Message push: events to the address that an app has set, three times until it is content."""

import json
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import aiohttp

from demo.vendors.pushes import Manner, Pushes
from demo.vendors.wechat import crypto, events
from demo.vendors.wechat.errors import Misused

MODES = ("plain", "compatible", "safe")
KINDS = {"json": "application/json", "xml": "text/xml"}
BOM = b"\xef\xbb\xbf"
REPEATS = (0.0, 0.0)  # seconds until the second and the third try


@dataclass
class Address:
    """What is set in the platform's console, and how the platform treats it."""

    url: str
    token: str
    aes_key: str = ""
    mode: str = "safe"
    format: str = "json"
    patience: float = 5.0  # seconds until an answer
    single_as_array: bool = False
    with_bom: bool = False
    late: float = 0.0  # seconds after it happened

    def __post_init__(self):
        if self.mode not in MODES or self.format not in KINDS:
            raise Misused(f"modes are {', '.join(MODES)}, formats {', '.join(KINDS)}")
        if self.mode != "plain" and len(self.aes_key) != 43:
            raise Misused("an EncodingAESKey has 43 characters")


@dataclass
class Pushed:
    openid: str
    name: str
    text: str


class Pusher:
    """Pushes what happens in one app to one address."""

    def __init__(self, platform, app, address: Address):
        self.platform, self.app, self.address = platform, app, address
        manner = Manner(self._request, self._is_taken, REPEATS, most=1, patience=address.patience)
        self.pushes = Pushes(platform.agenda, manner)
        self.pushes.session, self.pushes.tries = platform.session, platform.tries
        self.pushes.addresses[app.appid] = address.url

    async def check(self) -> dict:
        """Whether the address answers the echostr alone, as it must before it is saved."""
        query = self._signed() | {"echostr": str(self.platform.dice.number("echostr", 19))}
        patience = aiohttp.ClientTimeout(total=self.address.patience)
        try:
            ask = self.platform.session.get(self.address.url, params=query, timeout=patience)
            async with ask as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            return {"ok": False, "said": type(failure).__name__}
        is_good = answer.status == 200 and body == query["echostr"].encode()
        return {"ok": is_good, "said": body[:200].decode(errors="replace")}

    def push(self, event: events.Event) -> None:
        name = event.fields.get("Event") or event.fields["MsgType"]
        self.push_text(self._as_text(event), openid=event.openid, name=name)

    def push_text(self, text: str, *, openid: str, name: str) -> None:
        """Any body, in the app's mode."""
        for _time in range(2 if self.platform.modes.take("twice", name) else 1):
            self.pushes.add(self.app.appid, Pushed(openid, name, text), self.address.late)

    def _as_text(self, event: events.Event) -> str:
        if self.address.format == "xml":
            return events.as_xml(event)
        return events.as_json(event, single_as_array=self.address.single_as_array)

    def _signed(self) -> dict[str, str]:
        dice, now = self.platform.dice, self.platform.clock.now()
        query = {"timestamp": str(int(now)), "nonce": str(dice.number("nonce", 9))}
        return {"signature": crypto.signature(self.address.token, *query.values()), **query}

    def _request(self, _kind: str, items: list[Pushed]) -> dict:
        """Each try is signed and encrypted anew."""
        [item] = items
        address, query, text = self.address, self._signed(), item.text
        if address.mode != "plain":
            encrypted = self._encrypted(text)
            signed = crypto.signature(address.token, query["timestamp"], query["nonce"], encrypted)
            query |= {"openid": item.openid, "encrypt_type": "aes", "msg_signature": signed}
            text = self._enveloped(text, encrypted)
        return {
            "params": query,
            "data": (BOM if address.with_bom else b"") + text.encode(),
            "headers": {"Content-Type": KINDS[address.format]},
            "allow_redirects": False,
        }

    def _encrypted(self, text: str) -> str:
        random16 = self.platform.dice.text("random16", 16).encode()
        return self._crypto().encrypt(text.encode(), random16)

    def _crypto(self) -> crypto.PushCrypto:
        return crypto.PushCrypto(self.address.aes_key, self.app.appid)

    def _enveloped(self, text: str, encrypted: str) -> str:
        """In compatible mode beside what it hides."""
        fields, shows = (
            {"ToUserName": self.app.original_id, "Encrypt": encrypted},
            self.address.mode == "compatible",
        )
        if self.address.format == "json":
            return json.dumps((json.loads(text) if shows else {}) | fields, ensure_ascii=False)
        if shows:
            return text.replace("</xml>", events.element("Encrypt", encrypted) + "</xml>")
        return events.as_xml(events.Event(fields))

    def _is_taken(self, status: int, body: str) -> bool:
        """`success`, nothing, or an answer that is encrypted and signed."""
        if status != 200 or body.strip() in {"", "success"}:
            return status == 200
        if self.address.mode == "plain":
            return False
        try:
            said = answered(body, self.address.format)
            encrypted, parts = said["Encrypt"], (str(said["TimeStamp"]), str(said["Nonce"]))
            self._crypto().decrypt(encrypted)
            signed = crypto.signature(self.address.token, *parts, encrypted)
            return crypto.same(signed, said["MsgSignature"])
        except (ValueError, KeyError, TypeError, AttributeError, ET.ParseError, crypto.Broken):
            return False


def answered(body: str, form: str) -> dict:
    """What our own side said, so the plain XML parser will do."""
    if form == "json":
        return json.loads(body)
    return {one.tag: one.text for one in ET.fromstring(body)}
