from django.urls import path

from campaigns.dashboard import view
from campaigns.reports import pages as report_pages
from campaigns.today import pages

urlpatterns = [
    path("dashboard/live/", view.live_view, name="dashboard_live"),
    path("reports/", report_pages.reports, name="reports"),
    path("reports/<str:kind>/<int:number>/", report_pages.report, name="report"),
    path("today/", pages.today, name="today"),
    path("today/act/", pages.act, name="today_act"),
    path("today/write/", pages.write, name="today_write"),
]
