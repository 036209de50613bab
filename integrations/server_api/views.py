"""What every call of the mini-program's server has in common: reads by token, moves by signature, one shop at a time."""

import msgspec
from rest_framework.generics import GenericAPIView
from rest_framework.pagination import BasePagination

from integrations import bodies, callers, refusals, throttle
from integrations.native import complaints
from integrations.native.complaints import BadItem
from integrations.native.format import STATUSES
from integrations.problems import ProblemView, Refused, ServerOnly, Unauthorized, answer

MOST_ROWS = 200


class NewestFirst(BasePagination):
    """Keyset pages: `next` is handed back as `cursor`, and rows that arrive meanwhile shift nothing."""

    def paginate_queryset(self, queryset, request, view=None):
        limit = number(request, "limit", default=50, most=MOST_ROWS)
        cursor = number(request, "cursor", default=None, most=2**63 - 1)
        before = queryset if cursor is None else queryset.filter(pk__lt=cursor)
        rows = list(before.order_by("-pk")[: limit + 1])
        self.next = str(rows[limit - 1].pk) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data):
        return answer({"results": data, "next": self.next})

    def get_paginated_response_schema(self, schema):
        return {
            "type": "object",
            "properties": {"results": {"type": "array", "items": schema}, "next": {"type": "string", "nullable": True}},
            "required": ["results", "next"],
        }

    def get_schema_operation_parameters(self, view):
        return [
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}, "description": "`next` of the page before"},
            {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}},
        ]


def number(request, name: str, *, default: int | None, most: int) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= most):
        raise Refused(f"{name} is a number from 1 to {most}.", code="out_of_range", path=name)
    return int(text)


class Call(ProblemView):
    """What is refused is shown to whoever connects the source."""

    def handle_exception(self, exc):
        if self.source and isinstance(exc, Refused):
            refusals.note(self.source, exc.code, exc.path)
        return super().handle_exception(exc)


class Read(Call, GenericAPIView):
    """GET by read token: `self.source` is who asks, and only what belongs to its namespace exists."""

    pagination_class = NewestFirst

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.source = callers.reader(request)
        throttle.count(self.source)

    def page(self, queryset):
        rows = self.paginate_queryset(self.filter_queryset(queryset))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class Move(Call):
    """POST by signature of a native server source; the body is one object of the shape `form`."""

    form: type[msgspec.Struct]

    def post(self, request):
        bodies.check_is_json(request)
        body = bodies.read(request)
        self.source = callers.signed_source(request, body)
        if self.source.format != "native":
            raise Unauthorized
        if not self.source.is_server:
            raise ServerOnly
        throttle.count(self.source)
        return self.move(request, shaped(self.form, bodies.inflate(body) if bodies.encoding(request) == "gzip" else body))

    def move(self, request, form):
        """The move itself and its answer."""
        raise NotImplementedError


def shaped(form: type[msgspec.Struct], body: bytes) -> msgspec.Struct:
    """The body as `form`; Refused where it is not."""
    try:
        return complaints.decoded(msgspec.json.Decoder(form).decode, body, complaints.close_looks(body))
    except BadItem as bad:
        refused = Refused(str(bad), code=bad.code, path=bad.path)
        refused.status = STATUSES.get(bad.code, refused.status)
        raise refused from None
