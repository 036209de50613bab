"""Coupons at the till: which ones a customer holds, and the moves an order makes with them."""

from typing import Annotated

import django_filters
import msgspec
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import serializers

from campaigns import coupons
from campaigns.coupons import CouponRefused
from campaigns.coupons.moves import UNSEEN
from campaigns.models import Coupon
from crm_project.queue.due import database_now
from crm_project.web.addresses import network_of
from integrations.doors.problems import Conflict, Unknown, answer
from integrations.native.fields import Fen, Identities, Item, Number
from integrations.native.orders import Line
from integrations.server_api.customers import WHO, WHOSE, customer_meant, one_customer
from integrations.server_api.guessing import Guesses
from integrations.server_api.views import Move, Read


class CouponFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(
        choices=[one for one in Coupon.State.choices if one[0] not in UNSEEN]
    )
    batch = django_filters.NumberFilter("batch_id", min_value=1, max_value=2**31 - 1)

    class Meta:
        model = Coupon
        fields: list = []


class CouponSerializer(serializers.ModelSerializer):
    code = serializers.CharField()
    batch = serializers.CharField(source="batch.name")
    kind = serializers.CharField(source="batch.kind")
    amount_off_fen = serializers.IntegerField(source="batch.amount_off_fen", allow_null=True)
    percent_off = serializers.IntegerField(source="batch.percent_off", allow_null=True)
    most_off_fen = serializers.IntegerField(source="batch.most_off_fen", allow_null=True)
    threshold_fen = serializers.IntegerField(source="batch.threshold_fen")
    products = serializers.ListField(source="batch.products", child=serializers.CharField())
    categories = serializers.ListField(source="batch.categories", child=serializers.CharField())

    class Meta:
        model = Coupon
        fields = [
            "id",
            "code",
            "batch",
            "kind",
            "state",
            "amount_off_fen",
            "percent_off",
            "most_off_fen",
            "threshold_fen",
        ]
        fields += ["products", "categories", "valid_from", "expires_at", "order_number"]


class Coupons(Read):
    parameters = WHO
    queryset = Coupon.objects.none()
    serializer_class = CouponSerializer
    filterset_class = CouponFilter

    def get_queryset(self):
        held = Coupon.objects.filter(
            customer=customer_meant(self.request, self.source),
            batch__namespace=self.source.namespace,
        )
        return held.exclude(state__in=UNSEEN).select_related("batch")

    @extend_schema(
        parameters=WHOSE, responses=CouponSerializer(many=True), operation_id="coupons_list"
    )
    def get(self, request):
        return self.page(self.get_queryset())


class Use(Item, kw_only=True):
    """The order on which a coupon is to be used."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    order_number: Number
    total_fen: Fen
    lines: list[Line] = []
    identities: Identities | None = None  # whose order it is, for a code for everybody


class Release(Item, kw_only=True):
    order_number: Number


class UseCoupon(Move):
    """Reserve or redeem: the same question, the same refusals."""

    form = Use
    act = None

    def move(self, request, form: Use):
        guesses = Guesses(self.source, network_of(request), form.order_number)
        guesses.check()
        try:
            coupon = type(self).act(
                code=form.code,
                namespace=self.source.namespace,
                order_number=form.order_number,
                total_fen=form.total_fen,
                lines=[msgspec.structs.asdict(line) for line in form.lines],
                now=database_now(),
                by=self.source.name,
                customer=self.whose(form),
            )
        except CouponRefused as refused:
            raise self.refused(refused, guesses) from None
        return answer(self.told(form, coupon))

    def whose(self, form: Use) -> int | None:
        return one_customer(form.identities, self.source).pk if form.identities else None

    def refused(self, refused: CouponRefused, guesses: Guesses):
        if refused.code == "unknown_coupon":
            guesses.count()
            return Unknown("There is no such coupon.", code=refused.code)
        more = {"order_number": refused.order_number} if refused.order_number else {}
        return Conflict("The coupon cannot be used on this order now.", code=refused.code, **more)


@extend_schema(exclude=True)
class Reserve(UseCoupon):
    act = staticmethod(coupons.reserve)

    def told(self, form: Use, coupon: Coupon) -> dict:
        return {
            "code": form.code,
            "state": coupon.state,
            "discount_fen": coupon.discount_fen,
            "reserved_until": coupon.reserved_until,
        }


@extend_schema(exclude=True)
class Redeem(UseCoupon):
    act = staticmethod(coupons.redeem)

    def told(self, form: Use, coupon: Coupon) -> dict:
        return {
            "code": form.code,
            "state": coupon.state,
            "discount_fen": coupon.discount_fen,
            "order_number": coupon.order_number,
            "redeemed_at": coupon.redeemed_at,
        }


@extend_schema(exclude=True)
class ReleaseCoupons(Move):
    form = Release

    def move(self, request, form: Release):
        order = {"namespace": self.source.namespace, "order_number": form.order_number}
        try:
            return answer(
                {"released": coupons.release(**order, now=database_now(), by=self.source.name)}
            )
        except CouponRefused as refused:
            said = (
                "The coupon of this order is redeemed: a refund or a cancellation of the order"
                " gives it back."
            )
            raise Conflict(said, code=refused.code, order_number=refused.order_number) from None
