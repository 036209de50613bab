"""Where vendors of short messages push receipts and replies to: JSON, one item or many, without a
signature. What proves them is the secret in the address; that a receipt names a text of ours is
looked at as it is taken."""

import hmac
import json
from datetime import datetime

import msgspec
from django.http import HttpResponse

from crm_project.db.clock import reckoned_now
from customers.models import Connection, Source
from customers.privacy.sealing import NotDecipherable
from events.incoming_items import Incoming, Outcome
from integrations.connections.vendors import vendors
from integrations.doors import bodies, problems
from integrations.doors.formats import Format, Parsed, Rejected, Told
from integrations.doors.problems import Refused, Unauthorized
from integrations.sms import receiving
from integrations.sms.values import Fate, NotUnderstood, Reply

MOST_ITEMS = 1000


class PushFormat(Format):
    """Of one vendor. What cannot be understood is in the quarantine: these senders listen to no
    refusal but the status."""

    methods = ("POST", "GET")
    keeps_rejected = True
    shown_paths = ()

    @property
    def is_for_pages(self) -> bool:
        return False

    def reader(self, source: Source):
        return vendors[self.vendor]().of(source.connection.settings)

    def check_headers(self, request):
        pass  # some send JSON as text

    def only_asks(self, request):
        """Consoles look whether the address is there before they take it."""
        return request.method in ("GET", "HEAD")

    def answered(self, request, source):
        return answer(self.reader(source).accepted)

    def authenticate(self, request, body):
        named = request.resolver_match.kwargs if request.resolver_match else {}
        row = connection_of(self.vendor, named.get("account", ""), named.get("key", ""))
        if row is None:
            raise Unauthorized
        request.sms_source = source_of(row)
        return request.sms_source

    def unpack(self, request, body):
        return body

    def read(self, request):
        return b"" if self.only_asks(request) else bodies.read(request, self.most_bytes)

    def unproven(self, request):
        return "The address is not the one that stands in the connection."

    def parse(self, body, source, now):
        reader = self.reader(source)
        items = bounded(reader.items(decoded(body)))
        read = [self.one(n, item, reader) for n, item in enumerate(items)]
        replies = [one for one in read if isinstance(one, Reply)]
        of_replies = iter(receiving.incoming(source.connection, replies, now) if replies else ())
        found: list[Incoming | Rejected | Told] = []
        for one in read:
            if isinstance(one, Reply):
                found.append(next(of_replies) or Told(one.id, one))
            else:
                found.append(Told(one.provider_id, one) if isinstance(one, Fate) else one)
        return Parsed(found, raw=lambda n: json.dumps(items[n], ensure_ascii=False).encode())

    def one(self, index: int, item, reader) -> Fate | Reply | Rejected:
        raw = json.dumps(item, ensure_ascii=False).encode()
        try:
            return reader.read_push(item)
        except NotUnderstood as error:
            return Rejected(index, None, error.code, error.path, str(error), raw)

    def take_told(self, source, told, now):
        fates = [one.what for one in told if isinstance(one.what, Fate)]
        receiving.take(source.connection, fates, now)
        return [Outcome(one.id, Outcome.STORED) for one in told]

    def ack(self, request, parsed, results):
        return answer(self.reader(source_in(request)).accepted)

    def refuse(self, request, refused, body):
        """What could not be read says so by its status, and is in the quarantine."""
        return problems.problem(request, refused)


def source_in(request) -> Source:
    """Whose request it is, once that was proved."""
    return request.sms_source


def answer(said: object) -> HttpResponse:
    if isinstance(said, str):
        return HttpResponse(said, content_type="text/plain; charset=utf-8")
    body = json.dumps(said, ensure_ascii=False).encode()
    return HttpResponse(body, content_type="application/json")


def decoded(body: bytes) -> object:
    """What the bytes say. Raises Refused."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(str(error)[:200], code="invalid_json", path="$") from None


def bounded(items: list) -> list:
    if len(items) > MOST_ITEMS:
        raise Refused(f"At most {MOST_ITEMS} items.", code="too_many_items", path="$")
    return items


def connection_of(vendor: str, account: str, key: str) -> Connection | None:
    """The connection whose secret this is; the one before it is as good for a week."""
    if not account.isascii() or not account.isdecimal() or len(account) > 18:
        return None
    row = Connection.objects.select_related("namespace").filter(pk=account, vendor=vendor).first()
    try:
        settings = row.settings if row else {}
    except NotDecipherable:
        settings = {}
    offered = key.encode("utf-8", "replace")
    until = settings.get("old_push_until", "")
    is_old_good = until and reckoned_now() < datetime.fromisoformat(until)
    known = [settings.get("push_key", ""), settings.get("old_push_key", "") if is_old_good else ""]
    is_known = [hmac.compare_digest(one.encode(), offered) for one in known if one]
    return row if any(is_known) else None


def source_of(row: Connection) -> Source:
    """By which what comes through the connection is kept; made with the first of it."""
    found = Source.objects.filter(connection=row, format=row.vendor).select_related(
        "namespace", "connection"
    )
    if known := found.first():
        return known
    Source.objects.get_or_create(
        name=f"{row.name[:80]} #{row.pk}",
        defaults={
            "namespace": row.namespace,
            "format": row.vendor,
            "trust": Source.Trust.SERVER,
            "connection": row,
        },
    )
    return found.get()
