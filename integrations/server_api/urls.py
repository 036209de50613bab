"""The calls of the mini-program's server. Some reads share their address with a door: GET asks,
POST tells."""

from django.urls import path

from integrations.server_api.bookings import Bookings
from integrations.server_api.coupons import Coupons, Redeem, ReleaseCoupons, Reserve
from integrations.server_api.customers import Customers
from integrations.server_api.journeys import Start
from integrations.server_api.measurements import Measurements
from integrations.server_api.messages import MarkRead, Messages
from integrations.server_api.orders import Orders
from integrations.server_api.recommendations import Recommendations

READS = {
    "api/v1/customers": Customers,
    "api/v1/orders": Orders,
    "api/v1/bookings": Bookings,
    "api/v1/measurements": Measurements,
}

urlpatterns = [
    path("api/v1/coupons", Coupons.as_view()),
    path("api/v1/coupons/reserve", Reserve.as_view()),
    path("api/v1/coupons/redeem", Redeem.as_view()),
    path("api/v1/coupons/release", ReleaseCoupons.as_view()),
    path("api/v1/journeys/start", Start.as_view()),
    path("api/v1/messages", Messages.as_view()),
    path("api/v1/recommendations", Recommendations.as_view()),
    path("api/v1/messages/read", MarkRead.as_view()),
]
