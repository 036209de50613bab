"""For how long somebody may be answered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Connection, Identity, OfCustomer


class ServiceWindow(OfCustomer):
    """One of each kind for each openid: the platform's limits do not add up, what opens it again
    begins it anew (windows.py)."""

    class Kind(models.TextChoices):
        WROTE = "wrote", _("they wrote")
        OPENED = "opened", _("they opened the conversation")

    connection = models.ForeignKey(
        Connection, models.PROTECT, related_name="+", verbose_name=_("connection")
    )
    identity = models.ForeignKey(
        Identity, models.CASCADE, related_name="+", db_index=False, verbose_name=_("openid")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    opened_at = models.DateTimeField(_("opened"))
    ends_at = models.DateTimeField(_("ends"))
    left = models.PositiveSmallIntegerField(_("answers left"))

    class Meta:
        verbose_name = _("window for answers")
        verbose_name_plural = _("windows for answers")
        constraints = [
            models.UniqueConstraint(fields=["identity", "kind"], name="service_window_is_one")
        ]

    def __str__(self):
        return self.get_kind_display()
