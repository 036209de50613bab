"""What people call an event, a property, an attribute, in both languages."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DisplayName(models.Model):
    """One key that came in, with the names that staff gave it; without any it has its shipped word,
    or none (customers/display_names.py). Rows are added as keys come in."""

    class Kind(models.TextChoices):
        EVENT = "event", _("event")
        PROPERTY = "property", _("property of events")
        ATTRIBUTE = "attribute", _("attribute of customers")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    key = models.CharField(_("as it is sent"), max_length=200)
    name_zh = models.CharField(
        pgettext_lazy("a name", "in Chinese"), max_length=100, blank=True, db_default="", default=""
    )
    name_en = models.CharField(
        pgettext_lazy("a name", "in English"), max_length=100, blank=True, db_default="", default=""
    )

    class Meta:
        verbose_name = _("display name")
        verbose_name_plural = _("display names")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="displayname_is_unique")
        ]
        indexes = [
            # Those that somebody named: read by every page that shows words.
            models.Index(
                fields=["kind", "key"],
                name="displayname_given",
                condition=~models.Q(name_zh="", name_en=""),
            )
        ]

    def __str__(self):
        return self.key
