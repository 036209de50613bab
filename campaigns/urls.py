from django.urls import path

from campaigns.dashboard import view
from campaigns.products import pages as product_pages
from campaigns.reports import pages as report_pages
from campaigns.today import pages

urlpatterns = [
    path("dashboard/live/", view.live_view, name="dashboard_live"),
    path("reports/", report_pages.reports, name="reports"),
    path("reports/<str:kind>/<int:number>/", report_pages.report, name="report"),
    path("products/", product_pages.named, name="product_named"),
    path("products/<int:pk>/", product_pages.product, name="product"),
    path("products/<int:pk>/numbers/", product_pages.numbers, name="product_numbers"),
    path("products/<int:pk>/sold/", product_pages.sold, name="product_sold"),
    path("products/<int:pk>/audience/<slug:key>/", product_pages.audience, name="product_audience"),
    path("products/<int:pk>/people/<slug:key>/", product_pages.people, name="product_people"),
    path(
        "products/<int:pk>/segment/<slug:key>/", product_pages.make_segment, name="product_segment"
    ),
    path("today/", pages.today, name="today"),
    path("today/act/", pages.act, name="today_act"),
    path("today/write/", pages.write, name="today_write"),
]
