from django.urls import path

from campaigns.dashboard import view
from campaigns.today import pages

urlpatterns = [
    path("dashboard/live/", view.live_view, name="dashboard_live"),
    path("today/", pages.today, name="today"),
    path("today/act/", pages.act, name="today_act"),
    path("today/write/", pages.write, name="today_write"),
]
