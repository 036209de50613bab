from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from crm_project import celery  # noqa: F401 (tasks must find their application wherever Django runs)


class CrmProjectConfig(AppConfig):
    name = "crm_project"
    verbose_name = _("Operations")

    def ready(self):
        from crm_project import checks  # noqa: F401 (registers the system checks)
