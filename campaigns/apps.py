from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Marketing")

    def ready(self):
        from campaigns.delivery.limits import begin_with
        from customers.models import Workspace

        post_save.connect(begin_with, sender=Workspace, dispatch_uid="limits")
