"""The door of message push: what happens in a mini-program, told by WeChat itself.

It wants an answer within five seconds, tries three times and forgets: what cannot be committed goes
to the spool. An event is stored by its content, so that a repeat changes nothing; what else follows
from it (grants, windows, a withdrawal) is done by the event's reaction within a moment
(reacting.py).
"""

import re
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse

from customers.models import Connection, Source
from customers.privacy.sealing import NotDecipherable
from events.incoming_items import Incoming, Outcome
from integrations.doors import callers
from integrations.doors.formats import Format, Parsed, Rejected
from integrations.doors.problems import Refused, Unauthorized, problem
from integrations.doors.reading.free_json import Unfit
from integrations.wechat import crypto, following, pushed, understanding
from integrations.wechat.account import VENDOR, connected
from integrations.wechat.vendor import PushKeys, push_keys

OPENED = "wechat_opened"  # on the request: what its sealed text says
PATH = "wechat/<str:app_id>/push"
_address = re.compile(r"/?wechat/([^/]{1,128})/push").fullmatch
DONE = "success"


class PushFormat(Format):
    key = "wechat"
    label = "WeChat 微信"
    paths = (PATH,)
    methods = ("GET", "POST")
    keeps_rejected = must_keep = True
    vendor = VENDOR

    @property
    def is_for_pages(self) -> bool:
        return False

    def serves(self, address: str) -> bool:
        return bool(_address(address))

    def check_headers(self, request) -> None:
        """Nothing: JSON and XML come under several names."""

    def unproven(self, request) -> str:
        return (
            "Unknown app, or a wrong or missing signature. Pushes come in security mode (安全模式),"
            " with the Token and EncodingAESKey of the connection."
        )

    def named(self, request) -> Source | None:
        row = connection_named(request)
        return source_of(row) if row else None

    def authenticate(self, request, body: bytes) -> Source:
        row = connection_named(request)
        keys = keys_of(row) if row else []
        if row is None or not any(self.is_proved(request, body, row, one) for one in keys):
            raise Unauthorized
        return source_of(row)

    def is_proved(self, request, body: bytes, row: Connection, keys: PushKeys) -> bool:
        """Signed by these keys; of a sealed push the text that was inside is noted."""
        given = request.GET
        moment = (given.get("timestamp", ""), given.get("nonce", ""))
        sealed = "" if self.only_asks(request) else pushed.sealed_in(body)
        if not sealed:
            may = self.only_asks(request) or settings.INSECURE_HTTP
            return may and crypto.is_signed(given.get("signature", ""), keys.token, *moment)
        if not crypto.is_signed(given.get("msg_signature", ""), keys.token, *moment, sealed):
            return False
        try:
            opened = crypto.Sealer(keys.aes_key, row.account).open(sealed)
        except (crypto.NotSealed, ValueError):
            return False
        setattr(request, OPENED, opened)
        return True

    def only_asks(self, request) -> bool:
        return request.method == "GET"

    def answered(self, request, source: Source) -> HttpResponse:
        return said(request.GET.get("echostr", ""))

    def unpack(self, request, body: bytes) -> bytes:
        """The text inside; what stood in the quarantine is opened by whatever key opens it."""
        if request is not None:
            return getattr(request, OPENED, body)
        sealed = pushed.sealed_in(body)
        return opened_by_any(sealed) if sealed else body

    def parse(self, body: bytes, source: Source, now: datetime) -> Parsed:
        try:
            one = pushed.read(body)
            items = understanding.items_of(one, source)
        except Unfit as unfit:
            bad = Rejected(0, None, unfit.code, unfit.path, str(unfit), body)
            return Parsed([bad], is_single=True)
        return Parsed(items, is_single=len(items) == 1, raw=lambda _n: body, more=one)

    def follow(self, source: Source, parsed: Parsed, now: datetime) -> None:
        if parsed.more is not None:
            items = [item for item in parsed.items if isinstance(item, Incoming)]
            following.follow_at_once(source, parsed.more, items, now)

    def ack(self, request, parsed: Parsed, results: list[Outcome | Rejected]) -> HttpResponse:
        return said(DONE)

    def refuse(self, request, refused: Refused, body: bytes | None) -> HttpResponse:
        """What was proved and cannot be understood is in the quarantine: it need not come again."""
        if refused.status == Refused.status and hasattr(request, OPENED):
            return said(DONE)
        return problem(request, refused)


def said(text: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def connection_named(request) -> Connection | None:
    found = _address(request.path_info)
    return connected(found[1]) if found else None


def keys_of(row: Connection) -> list[PushKeys]:
    try:
        return push_keys(row)
    except (NotDecipherable, KeyError):
        return []


def source_of(row: Connection) -> Source:
    """By which the pushes of this connection are recorded; made with its first one. Nobody knows
    its secret."""
    key = f"wechat_{row.pk}"
    known = callers.source_of(key)
    if known is None:
        made, is_new = Source.objects.get_or_create(
            key=key,
            defaults={
                "namespace": row.namespace,
                "name": f"{row.name} (WeChat)"[:90] + f" {row.pk}",
                "format": PushFormat.key,
                "trust": Source.Trust.SERVER,
                "app_id": row.account,
                "connection": row,
            },
        )
        if is_new:
            made.issue_secrets()
        known = callers.source_of(key)
        if known is None:  # switched off by hand
            raise Unauthorized
    return known


def opened_by_any(sealed: str) -> bytes:
    """By the keys of whatever connection it was sealed for. Raises Refused."""
    for row in Connection.objects.filter(vendor=VENDOR).order_by("pk"):
        for keys in keys_of(row):
            try:
                return crypto.Sealer(keys.aes_key, row.account).open(sealed)
            except (crypto.NotSealed, ValueError):
                continue
    raise Refused("No key of ours opens it.", code="not_sealed", path="$.Encrypt")
