from django.apps import AppConfig


class PointsConfig(AppConfig):
    name = "tests.seams.points"
    label = "points"
