"""A list as somebody looks at it again and again."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """Filters, order and columns of a list under a name: its maker's own, or everybody's."""

    of = models.CharField(max_length=60, editable=False)  # the label of its model
    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        editable=False,
        verbose_name=_("made by"),
    )
    is_shared = models.BooleanField(_("for everybody"), default=False)
    query = models.CharField(max_length=2000, blank=True, default="", editable=False)
    columns = ArrayField(models.CharField(max_length=40), default=list, editable=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(fields=["of", "owner", "name"], name="savedview_is_named_once")
        ]
        indexes = [models.Index(fields=["of"], name="savedview_list")]

    def __str__(self):
        return self.name
