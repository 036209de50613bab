from django.urls import path

from campaigns.dashboard import view

urlpatterns = [path("dashboard/live/", view.live_view, name="dashboard_live")]
