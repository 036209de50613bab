"""GET /api/v1/recommendations: what to offer a customer next, and why."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from crm_project.queue.due import database_now
from events.insights.recommend import Offer, Reason, recommend
from integrations.doors.problems import answer
from integrations.server_api.customers import WHO, WHOSE, customer_meant
from integrations.server_api.views import Read, number

MOST = 20


class RecommendationSerializer(serializers.Serializer):
    product_id = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    price_fen = serializers.IntegerField(allow_null=True)
    picture_url = serializers.CharField()
    page = serializers.CharField()
    reason = serializers.ChoiceField(choices=[one.value for one in Reason])
    because = serializers.CharField(
        help_text="The product bought before, or the category they care for; empty: neither"
    )


class RecommendationsFound(serializers.Serializer):
    results = RecommendationSerializer(many=True)


class Recommendations(Read):
    parameters = (*WHO, "limit")
    pagination_class = None
    filter_backends = []

    @extend_schema(
        parameters=[
            *WHOSE,
            OpenApiParameter("limit", int, description=f"At most {MOST}; 6 when left out"),
        ],
        responses=RecommendationsFound,
        operation_id="recommendations_list",
    )
    def get(self, request):
        customer = customer_meant(request, self.source)
        most = number(request, "limit", default=6, most=MOST)
        if customer is None:
            return answer({"results": []})
        found = recommend([customer.pk], shop=self.source.namespace, now=database_now(), most=most)
        return answer({"results": [described(one) for one in found[customer.pk]]})


def described(offer: Offer) -> dict:
    """What the mini-program shows of it."""
    product = offer.product
    told = {
        name: getattr(product, name)
        for name in ("product_id", "name", "category", "price_fen", "picture_url", "page")
    }
    return {**told, "reason": offer.reason.value, "because": offer.because}
