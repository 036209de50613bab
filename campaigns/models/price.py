"""What sending costs."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Connection


class Price(models.Model):
    """One part of a message on a channel costs so much from a moment on: through one connection, or
    (none) through whichever has no price of its own; of one kind (abroad, say), or ("") of any.

    In 1/100 fen, since a short message is 4.5 fen.
    """

    connection = models.ForeignKey(
        Connection,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("connection"),
        help_text=_("Empty: all that have no price of their own."),
    )
    channel = models.CharField(_("channel"), max_length=30)
    kind = models.CharField(
        _("kind"),
        max_length=30,
        blank=True,
        default="",
        help_text=_("As the channel names it, such as abroad; empty: any."),
    )
    since = models.DateTimeField(_("from"))
    price = models.PositiveIntegerField(
        _("price of one part, 1/100 fen"), validators=[MaxValueValidator(100_000_000)]
    )

    class Meta:
        verbose_name = _("price of sending")
        verbose_name_plural = _("prices of sending")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "channel", "kind", "since"],
                name="price_is_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self):
        return f"{self.channel} {self.kind} {self.price / 100:g} fen"
