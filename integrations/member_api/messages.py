"""GET /api/v1/me/messages, POST /api/v1/me/messages/read: what was written to somebody inside the
mini-program, for their own eyes."""

from typing import Annotated

from drf_spectacular.utils import extend_schema
from msgspec import Meta

from campaigns.models import Coupon, Message
from crm_project.queue.due import database_now
from events import ingest
from events.incoming_items import Incoming
from integrations.doors.problems import Refused
from integrations.member_api import sessions
from integrations.member_api.views import MemberCall
from integrations.native.complaints import BadItem
from integrations.native.fields import Item, Moment, moment
from integrations.native.format import of_batch
from integrations.server_api.messages import (
    MOST_AT_ONCE,
    MessageFilter,
    MessageSerializer,
    of_shop,
    receipt,
    unknown,
)
from integrations.server_api.views import Listed

CHANNEL = "in_app"


class MemberRead(MemberCall, Listed):
    """GET of what is the member's own."""

    http_method_names = ["get", "head"]


class OwnMessages(MemberRead):
    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filterset_class = MessageFilter

    def get_queryset(self):
        member = self.request.user
        theirs = Message.objects.filter(
            customer=member.customer, channel=CHANNEL, state=Message.State.SENT
        )
        return of_shop(theirs, member.connection.namespace)

    def paginate_queryset(self, queryset):
        rows = super().paginate_queryset(queryset)
        held = Coupon.objects.filter(
            pk__in={row.coupon_id for row in rows if row.coupon_id},
            batch__namespace=self.request.user.connection.namespace,
        )
        codes = {coupon.pk: coupon.code for coupon in held}
        for row in rows:
            row.coupon_code = codes.get(row.coupon_id, "")
        return rows

    @extend_schema(responses=MessageSerializer(many=True), operation_id="me_messages_list")
    def get(self, request):
        return self.page(self.get_queryset())


class OwnOpened(Item, kw_only=True):
    message_ids: Annotated[
        list[Annotated[int, Meta(ge=1, le=2**63 - 1)]], Meta(min_length=1, max_length=MOST_AT_ONCE)
    ]
    occurred_at: Moment | None = None


@extend_schema(exclude=True)
class MarkOwnRead(MemberCall):
    http_method_names = ["post"]

    def post(self, request):
        """Messages of one's own were opened"""
        form, now = self.body_as(OwnOpened), database_now()
        try:
            at = moment(form.occurred_at, now) if form.occurred_at else now
        except BadItem as bad:
            raise Refused(str(bad), code=bad.code, path=bad.path) from None
        mine = Message.objects.filter(
            pk__in=form.message_ids,
            customer=request.user.customer,
            channel=CHANNEL,
            sent_at__isnull=False,
        )
        mine = of_shop(mine, request.user.connection.namespace)
        known = dict(mine.values_list("pk", "origin_customer_id"))
        receipts = [
            receipt(pk, known[pk], at) if pk in known else unknown(n, pk)
            for n, pk in enumerate(form.message_ids)
        ]
        told = [one for one in receipts if isinstance(one, Incoming)]
        outcomes = iter(ingest.record(sessions.source_of(request.user.connection), told, now=now))
        return of_batch(
            request, [next(outcomes) if isinstance(one, Incoming) else one for one in receipts]
        )
