"""GET /api/v1/bookings: what a customer booked, and what became of it."""

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from events.models import Booking
from integrations.server_api.customers import WHO, WHOSE, customer_meant
from integrations.server_api.views import Read


class BookingFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=Booking.Status)
    kind = django_filters.MultipleChoiceFilter(choices=Booking.Kind)
    number = django_filters.CharFilter()
    starts_after = django_filters.IsoDateTimeFilter("starts_at", "gte")
    starts_before = django_filters.IsoDateTimeFilter("starts_at", "lt")

    class Meta:
        model = Booking
        fields: list = []


class BookingSerializer(serializers.ModelSerializer):
    store = serializers.CharField(source="store.key", default="")

    class Meta:
        model = Booking
        fields = [
            "number",
            "status",
            "kind",
            "occurred_at",
            "starts_at",
            "ends_at",
            "product_id",
            "name",
            "category",
            "place",
            "resource",
            "store",
            "for_key",
            "for_name",
        ]


class Bookings(Read):
    parameters = WHO
    queryset = Booking.objects.none()
    serializer_class = BookingSerializer
    filterset_class = BookingFilter

    def get_queryset(self):
        return Booking.objects.filter(
            namespace=self.source.namespace, customer=customer_meant(self.request, self.source)
        ).select_related("store")

    @extend_schema(
        parameters=WHOSE, responses=BookingSerializer(many=True), operation_id="bookings_list"
    )
    def get(self, request):
        return self.page(self.get_queryset())
