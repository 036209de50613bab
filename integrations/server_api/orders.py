"""GET /api/v1/orders: what we know of a customer's orders."""

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from events.models import Order, OrderLine
from integrations.server_api.customers import WHO, WHOSE, customer_meant
from integrations.server_api.views import Read


class OrderFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=Order.Status)
    number = django_filters.CharFilter()
    paid_after = django_filters.IsoDateTimeFilter("paid_at", "gte")

    class Meta:
        model = Order
        fields: list = []


class OrderLineSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderLine
        fields = ["product_id", "name", "category", "quantity", "price_fen"]


class OrderSerializer(serializers.ModelSerializer):
    store = serializers.CharField(source="store.key", default="")
    lines = OrderLineSerializer(many=True)

    class Meta:
        model = Order
        fields = [
            "number",
            "status",
            "occurred_at",
            "placed_at",
            "paid_at",
            "total_fen",
            "discount_fen",
            "paid_fen",
            "refunded_fen",
            "net_fen",
            "store",
            "lines",
        ]


class Orders(Read):
    parameters = WHO
    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter

    def get_queryset(self):
        orders = Order.objects.filter(
            namespace=self.source.namespace, customer=customer_meant(self.request, self.source)
        )
        return orders.select_related("store").prefetch_related("lines")

    @extend_schema(
        parameters=WHOSE, responses=OrderSerializer(many=True), operation_id="orders_list"
    )
    def get(self, request):
        return self.page(self.get_queryset())
