"""Messages in the mini-program: its server fetches them, and says which were opened."""

from typing import Annotated

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from msgspec import Meta
from rest_framework import serializers

from campaigns.models import Coupon, Message
from crm_project.queue.due import database_now
from customers.models import Namespace, Source
from events import ingest
from events.incoming_items import Incoming
from integrations.doors.formats import Rejected
from integrations.doors.problems import Refused
from integrations.native.complaints import BadItem
from integrations.native.fields import Item, Moment, moment
from integrations.native.format import of_batch
from integrations.server_api.customers import WHO, WHOSE, claimed_by, customer_meant, seen_by
from integrations.server_api.views import Move, Read

OPENED = "Message Opened"
MOST_AT_ONCE = 500


def of_shop(rows: QuerySet[Message], namespace: Namespace) -> QuerySet[Message]:
    """Without those that are about something of another shop: of somebody who comes to two, each
    mini-program shows its own. What is about no shop is shown in all."""
    return rows.filter(Q(facts__namespace__isnull=True) | Q(facts__namespace=namespace.pk))


class MessageFilter(django_filters.FilterSet):
    unread = django_filters.BooleanFilter("opened_at", "isnull")

    class Meta:
        model = Message
        fields: list = []


class MessageSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="content.title", default="")
    body = serializers.CharField(source="content.body", default="")
    page = serializers.CharField(source="content.page", default="")
    coupon_code = serializers.CharField()

    class Meta:
        model = Message
        fields = ["id", "title", "body", "page", "coupon_code", "sent_at", "opened_at"]


class Messages(Read):
    parameters = (*WHO, "channel")
    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filterset_class = MessageFilter

    def get_queryset(self):
        channel = self.request.GET.get("channel", "in_app")
        if "\x00" in channel:
            raise Refused("There is no such channel.", code="unknown_value", path="channel")
        customer = customer_meant(self.request, self.source)
        if customer is None:
            return Message.objects.none()
        theirs = Message.objects.filter(
            customer=customer, channel=channel, state=Message.State.SENT
        )
        return of_shop(theirs, self.source.namespace)

    def paginate_queryset(self, queryset):
        rows = super().paginate_queryset(queryset)
        held = Coupon.objects.filter(
            pk__in={row.coupon_id for row in rows if row.coupon_id},
            batch__namespace=self.source.namespace,
        )
        codes = {coupon.pk: coupon.code for coupon in held}
        for row in rows:
            row.coupon_code = codes.get(row.coupon_id, "")
        return rows

    @extend_schema(
        parameters=[*WHOSE, OpenApiParameter("channel", str, default="in_app")],
        responses=MessageSerializer(many=True),
        operation_id="messages_list",
    )
    def get(self, request):
        return self.page(self.get_queryset())


class Opened(Item, kw_only=True):
    message_ids: Annotated[
        list[Annotated[int, Meta(ge=1, le=2**63 - 1)]], Meta(min_length=1, max_length=MOST_AT_ONCE)
    ]
    occurred_at: Moment | None = None


@extend_schema(exclude=True)
class MarkRead(Move):
    """Each opened message becomes an event by the same door as any other; automation writes the
    message's row."""

    form = Opened

    def move(self, request, form: Opened):
        now = database_now()
        try:
            at = moment(form.occurred_at, now) if form.occurred_at else now
        except BadItem as bad:
            raise Refused(str(bad), code=bad.code, path=bad.path) from None
        known = receivers(self.source, form.message_ids)
        receipts = [
            (
                receipt(message_id, known[message_id], at)
                if message_id in known
                else unknown(n, message_id)
            )
            for n, message_id in enumerate(form.message_ids)
        ]
        outcomes = iter(
            ingest.record(
                self.source, [one for one in receipts if isinstance(one, Incoming)], now=now
            )
        )
        return of_batch(
            request, [next(outcomes) if isinstance(one, Incoming) else one for one in receipts]
        )


def receivers(source: Source, message_ids: list[int]) -> dict[int, int]:
    """By message that this shop may know of: the customer it was sent to."""
    sent = Message.objects.filter(pk__in=message_ids, sent_at__isnull=False)
    mine = sent.filter(
        Q(customer__in=seen_by(source.namespace)) | Q(customer__in=claimed_by(source.namespace))
    )
    return dict(of_shop(mine, source.namespace).values_list("pk", "origin_customer_id"))


def receipt(message_id: int, customer_id: int, at) -> Incoming:
    """Opening twice is one opening, whenever the second one says it was."""
    key = f"receipt:{message_id}:opened"
    return Incoming(
        key,
        key.encode(),
        OPENED,
        at,
        customer_id=customer_id,
        properties={"message_id": message_id},
    )


def unknown(index: int, message_id: int) -> Rejected:
    return Rejected(
        index,
        str(message_id),
        "unknown_message",
        f"$.message_ids[{index}]",
        "There is no such message.",
    )
