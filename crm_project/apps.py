from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Tasks must find their application wherever Django runs.
from crm_project import celery  # noqa: F401


class CrmProjectConfig(AppConfig):
    name = "crm_project"
    verbose_name = _("Operations")

    def ready(self):
        from crm_project.runtime import checks  # noqa: F401 (registers the system checks)
        from crm_project.web import trade_words

        trade_words.install()
