"""The collector of Sensors Analytics (神策): docs/sensors.md says what of it is understood.

Its mini-program SDK deletes its events on any answer, also on a 500: what cannot be committed goes
to the spool (integrations/doors/spool.py).
"""

import base64
import binascii
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qs

from django.http import HttpResponse

from customers.models import Source
from events.incoming_items import Incoming, Outcome
from integrations.doors import bodies
from integrations.doors.formats import Parsed, Rejected
from integrations.doors.problems import Refused, Unauthorized, answer, problem
from integrations.doors.reading.foreign import ForeignFormat, told, understood
from integrations.doors.reading.free_json import loaded, spelled
from integrations.sensors import messages, people

GZIP = b"\x1f\x8b"
MOST_FIELDS = 20
ON_SERVERS = (
    ("SensorsAnalyticsSDK (Python)", "integrations/connect/sensors_python.txt"),
    ("curl", "integrations/connect/sensors_curl.txt"),
)
IN_CLIENTS = (
    ("sa-sdk-miniprogram", "integrations/connect/sensors_mini.txt"),
    ("sa-sdk-javascript", "integrations/connect/sensors_browser.txt"),
)
DEBUG = frozenset({"sa/debug", "debug"})
# One transparent point: what an <img> in a page asks for.
POINT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
# Its SDKs refuse names with spaces: what the others call "Product Viewed" is sent as
# product_viewed.
USUAL = (
    "Products Searched",
    "Product List Viewed",
    "Product Clicked",
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Product Shared",
    "Cart Viewed",
    "Checkout Started",
    "Order Placed",
    "Order Completed",
    "Order Cancelled",
    "Order Refunded",
)
OWN_ANSWER = frozenset(
    {Unauthorized.status, 404, 413, 503}
)  # nothing was kept, so nothing may look like success


class SensorsFormat(ForeignFormat):
    key = "sensors"
    label = "Sensors Analytics 神策"
    # The Python and Java SDKs in debug mode replace the whole path of the address they were given
    # by /debug. The browser's SDK makes /sa.gif of /sa, for whatever way it sends.
    paths = ("sa", "sa.gif", "sa/debug", "debug")
    methods = ("GET", "POST")
    must_keep = True
    usual_names: ClassVar = {name.lower().replace(" ", "_"): name for name in USUAL} | {
        "order_paid": "Order Completed"
    }
    guides: ClassVar = {"server": ON_SERVERS, "client": IN_CLIENTS + ON_SERVERS}
    joining = "integrations/connect/sensors_join.txt"
    example = "integrations/try/sensors.txt"

    def read(self, request) -> bytes:
        """The form, in the body or in the address."""
        if request.method == "GET":
            return request.META.get("QUERY_STRING", "").encode()
        return bodies.read(request, self.most_bytes)

    def is_dry(self, request) -> bool:
        return self.path in DEBUG and request.META.get("HTTP_DRY_RUN", "").lower() == "true"

    proof = "The address names it: ?token=<key>, or ?project=<key>."

    def key_outside(self, request) -> str:
        return request.GET.get("token") or request.GET.get("project") or ""

    def check_before_body(self, request) -> None:
        self.source_of(self.key_outside(request))

    def authenticate(self, request, body: bytes) -> Source:
        return self.source_of(self.key_outside(request))

    def unpack(self, request, body: bytes) -> bytes:
        """The JSON inside. The form is read by us: it comes as text/plain too."""
        if body[:1] in {b"{", b"["}:
            return body
        try:
            form = parse_qs(body.decode(), max_num_fields=MOST_FIELDS)
        except ValueError:
            raise Refused(
                "The body is a form with data or data_list.", code="invalid_form"
            ) from None
        data = (form.get("data_list") or form.get("data") or [""])[0]
        if not data:
            raise Refused(
                "The form has neither data nor data_list.", code="missing_field", path="$.data"
            )
        try:
            # A plus that somebody forgot to escape has become a space.
            content = base64.b64decode(data.replace(" ", "+"), validate=True)
        except (binascii.Error, ValueError):
            raise Refused("data is not base64.", code="invalid_base64", path="$.data") from None
        return bodies.inflate(content) if content.startswith(GZIP) else content

    def parse(self, body: bytes, source: Source, now: datetime) -> Parsed:
        sent = loaded(body)
        items = sent if isinstance(sent, list) else [sent]
        request = messages.Request(source, now, people.logins_in(items, source))
        understood_items = understood(items, request.incoming, messages.id_of)
        return Parsed(
            understood_items,
            is_single=not isinstance(sent, list),
            raw=lambda number: spelled(items[number]),
        )

    def ack(self, request, parsed: Parsed, results: list[Outcome | Rejected]) -> HttpResponse:
        if is_image(self.path, request):
            return image()
        if not self.is_dry(request):
            return answer(told(parsed, results, "kept"))
        return answer(
            {
                **told(parsed, parsed.items, "understood"),
                "stored": False,
                "items": [preview_of(one) for one in parsed.items],
            }
        )

    def refuse(self, request, refused: Refused, body: bytes | None) -> HttpResponse:
        """What cannot be read is in the quarantine by now: to the SDK that is success, it must not
        fall back to anything.

        What never came, or not whole, is nowhere.
        """
        if refused.status in OWN_ANSWER or body is None or self.is_dry(request):
            return problem(request, refused)
        if is_image(self.path, request):
            return image()
        return answer(
            {
                "kept": 0,
                "rejected": [
                    {"code": refused.code, "path": refused.path, "detail": refused.detail}
                ],
            }
        )


def is_image(path: str, request) -> bool:
    return path == "sa.gif" and request.method == "GET"


def image() -> HttpResponse:
    """A picture that no cache keeps: the same address may be asked for again."""
    return HttpResponse(POINT, content_type="image/gif", headers={"Cache-Control": "no-store"})


def preview_of(item: Incoming | Rejected) -> dict:
    """What would have been stored, for the developer's eyes."""
    if isinstance(item, Rejected):
        return {"code": item.code, "path": item.path, "detail": item.detail}
    return {
        "id": item.id,
        "name": item.name,
        "occurred_at": item.occurred_at,
        "identities": [
            {"kind": one.kind, "scope": one.scope, "value": one.value} for one in item.identities
        ],
        "properties": item.properties,
        "attributes": sorted(item.attributes),
        "product": item.product.product_id if item.product else None,
    }
