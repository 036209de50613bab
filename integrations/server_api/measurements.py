"""GET /api/v1/measurements: what was measured of a customer."""

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from events.models import Measurement
from integrations.server_api.customers import WHO, WHOSE, customer_meant
from integrations.server_api.views import Read


class MeasurementFilter(django_filters.FilterSet):
    kind = django_filters.CharFilter()
    occurred_after = django_filters.IsoDateTimeFilter("occurred_at", "gte")

    class Meta:
        model = Measurement
        fields: list = []


class MeasurementSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="number")

    class Meta:
        model = Measurement
        fields = [
            "id",
            "kind",
            "value",
            "unit",
            "text",
            "product_id",
            "booking_number",
            "occurred_at",
        ]


class Measurements(Read):
    parameters = WHO
    queryset = Measurement.objects.none()
    serializer_class = MeasurementSerializer
    filterset_class = MeasurementFilter

    def get_queryset(self):
        return Measurement.objects.filter(
            namespace=self.source.namespace, customer=customer_meant(self.request, self.source)
        )

    @extend_schema(
        parameters=WHOSE,
        responses=MeasurementSerializer(many=True),
        operation_id="measurements_list",
    )
    def get(self, request):
        return self.page(self.get_queryset())
