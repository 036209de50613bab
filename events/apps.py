from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("What happened")

    def ready(self):
        from events import schema  # noqa: F401 (hears of a restore)
