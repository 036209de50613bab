"""What every call of the mini-program's server has in common: reads by token, moves by signature,
one shop at a time."""

from datetime import datetime

import msgspec
from django.utils.dateparse import parse_datetime
from django_filters import IsoDateTimeFilter, MultipleChoiceFilter
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.pagination import BasePagination

from crm_project.audit import tallies
from crm_project.bounds import whole_in
from crm_project.runtime.front import wsgi
from integrations.doors import bodies, callers, refusals, throttle
from integrations.doors.problems import (
    ProblemView,
    Refused,
    ServerOnly,
    TooLarge,
    Unauthorized,
    answer,
)
from integrations.native import complaints
from integrations.native.complaints import BadItem
from integrations.native.format import STATUSES

MOST_ROWS = 200


class NewestFirst(BasePagination):
    """Keyset pages: `next` is handed back as `cursor`, and rows that arrive meanwhile shift
    nothing."""

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
        """`schema` is the list of rows."""
        return {
            "type": "object",
            "properties": {"results": schema, "next": {"type": ["string", "null"]}},
        }

    def get_schema_operation_parameters(self, view):
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "schema": {"type": "string"},
                "description": "`next` of the page before",
            },
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
            },
        ]


def number(request, name: str, *, default: int | None, most: int) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return default
    found = whole_in(text, least=1, most=most)
    if found is None:
        raise Refused(f"{name} is a number from 1 to {most}.", code="out_of_range", path=name)
    return found


def parsed_moment(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


class Call(ProblemView):
    """What is refused is shown to whoever connects the source. A parameter that nobody asks for is
    refused: it was meant to do something."""

    parameters: tuple[str, ...] = ()  # of the query

    def check_parameters(self, request) -> None:
        known, many = self.known_parameters()
        for name, values in request.GET.lists():
            if name not in known:
                said = ", ".join(sorted(known)) or "none"
                raise Refused(
                    f"There is no such parameter here. Known: {said}.",
                    code="unknown_parameter",
                    path=name[:100],
                )
            if len(values) > 1 and name not in many:
                raise Refused(f"{name} may be given once.", code="repeated_parameter", path=name)

    def known_parameters(self) -> tuple[set[str], set[str]]:
        """All, and those that may be repeated."""
        return set(self.parameters), set()

    def unproven(self) -> str:
        """What is said to who did not prove himself."""
        raise NotImplementedError

    def handle_exception(self, exc):
        if isinstance(exc, Unauthorized):
            exc.detail = self.unproven()
        if self.source and isinstance(exc, Refused):
            refusals.note(self.source, exc.code, exc.path)
        return super().handle_exception(exc)


class Listed(Call, GenericAPIView):
    """GET of rows, in pages and filtered."""

    pagination_class = NewestFirst
    filterset_class = None

    def known_parameters(self):
        filters = self.filterset_class.base_filters if self.filterset_class else {}
        paging = {"cursor", "limit"} if self.pagination_class else set()
        many = {name for name, one in filters.items() if isinstance(one, MultipleChoiceFilter)}
        return {*self.parameters, *filters, *paging}, many

    def filter_queryset(self, queryset):
        filters = self.filterset_class.base_filters if self.filterset_class else {}
        for name in (name for name, one in filters.items() if isinstance(one, IsoDateTimeFilter)):
            if (at := parsed_moment(self.request.GET.get(name, ""))) and at.tzinfo is None:
                raise Refused(
                    f"{name} needs its zone: an offset like +08:00, or Z.",
                    code="naive_time",
                    path=name,
                )
        try:
            return super().filter_queryset(queryset)
        except ValidationError as invalid:
            raise self.bad_value(min(invalid.detail)) from None

    def bad_value(self, name: str) -> Refused:
        """A parameter with a value that it cannot have; where there are few, they are named."""
        known = getattr(self.filterset_class.base_filters[name].field, "choices", ())
        if values := [str(value) for value, _label in known if value not in ("", None)]:
            return Refused(
                f"{name} is one of {', '.join(values)}.", code="unknown_value", path=name
            )
        return Refused(f"{name} has a value that it cannot have.", code="invalid_value", path=name)

    def page(self, queryset):
        rows = self.paginate_queryset(self.filter_queryset(queryset))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class Read(Listed):
    """GET by read token: `self.source` is who asks, and only what belongs to its namespace
    exists."""

    def unproven(self) -> str:
        return callers.unread(self.request)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.source = callers.reader(request)
        throttle.count(self.source)
        self.check_parameters(request)
        tallies.count("source.reads", f"source:{self.source.pk}")


class Move(Call):
    """POST by signature of a native server source; the body is one object of the shape `form`."""

    form: type[msgspec.Struct]
    parameters = ("source",)

    def unproven(self) -> str:
        return callers.unproven(self.request)

    def post(self, request):
        bodies.check_is_json(request)
        if wsgi.is_ask(request.META):
            callers.check_before_body(request)
        body = self.read(request)
        self.source = callers.signed_source(request, body)
        if self.source.format != "native":
            raise Unauthorized
        if not self.source.is_server:
            raise ServerOnly
        throttle.count(self.source)
        self.check_parameters(request)
        return self.move(
            request,
            shaped(self.form, bodies.inflate(body) if bodies.encoding(request) == "gzip" else body),
        )

    def read(self, request) -> bytes:
        try:
            return bodies.read(request)
        except TooLarge:
            self.source = callers.source_of(callers.named_key(request))
            raise

    def move(self, request, form):
        """The move itself and its answer."""
        raise NotImplementedError


def shaped(form: type[msgspec.Struct], body: bytes) -> msgspec.Struct:
    """The body as `form`; Refused where it is not."""
    try:
        return complaints.decoded(
            msgspec.json.Decoder(form).decode, body, complaints.close_looks(body)
        )
    except BadItem as bad:
        refused = Refused(str(bad), code=bad.code, path=bad.path)
        refused.status = STATUSES.get(bad.code, refused.status)
        raise refused from None
