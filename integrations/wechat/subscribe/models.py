"""Templates of an app, and what people allow it to send by them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Connection, Identity, OfCustomer, Purpose


class SubscribeTemplate(models.Model):
    """One template of one app, as WeChat has told it, and what people were told when they
    subscribed to it."""

    class Kind(models.TextChoices):
        UNKNOWN = "", _("not known yet")
        ONE_TIME = "one_time", _("one-time: each accept is one message")
        LONG_TERM = "long_term", _("long-term: until it is withdrawn")

    class Every(models.TextChoices):
        ANY = "", _("as often as needed")
        DAY = "day", _("once a day for each value")
        MONTH = "month", _("once a month for each value")

    class About(models.TextChoices):
        """What people subscribed to; by it a message fits or does not."""

        UNSTATED = "", _("not stated yet")
        BOOKING = "booking", _("their bookings and lessons")
        ORDER = "order", _("their orders")
        ACCOUNT = "account", _("their card, points and balance")
        COUPON = "coupon", _("the end of their coupons")
        NEWS = "news", _("news that they asked for")

    connection = models.ForeignKey(
        Connection, models.PROTECT, related_name="+", verbose_name=_("connection")
    )
    key = models.CharField(_("template id"), max_length=128)
    title = models.CharField(_("title"), max_length=100, blank=True, default="")
    kind = models.CharField(
        _("kind"), max_length=10, choices=Kind, blank=True, default=Kind.UNKNOWN
    )
    keywords = models.JSONField(
        default=list, editable=False, help_text="[{key, kind, label, example, choices}]"
    )
    every = models.CharField(
        _("how often"),
        max_length=10,
        choices=Every,
        blank=True,
        default=Every.ANY,
        help_text=_("WeChat does not tell us: some long-term templates are limited (限频)."),
    )
    counted_by = models.CharField(
        _("counted for each value of"),
        max_length=32,
        blank=True,
        default="",
        help_text=_("The keyword by which a limited template counts, such as thing1."),
    )
    about = models.CharField(
        _("what people subscribed to"),
        max_length=10,
        choices=About,
        blank=True,
        default=About.UNSTATED,
        help_text=_("Messages about anything else are refused, as WeChat's rule 5.21 wants it."),
    )
    promise = models.CharField(
        _("what they were told"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("The words beside the button in the mini-program."),
    )
    is_there = models.BooleanField(_("exists at WeChat"), default=True)
    synced_at = models.DateTimeField(_("read from WeChat"), null=True, editable=False)

    class Meta:
        verbose_name = _("subscribe template")
        verbose_name_plural = _("subscribe templates")
        constraints = [
            models.UniqueConstraint(fields=["connection", "key"], name="subscribe_template_is_one")
        ]
        indexes = [models.Index(fields=["key"], name="subscribe_template_key")]

    def __str__(self):
        return self.title or self.key

    @property
    def is_long_term(self) -> bool:
        return self.kind == self.Kind.LONG_TERM

    @property
    def is_limited(self) -> bool:
        """Sent by only so often, however much somebody has allowed."""
        return self.is_long_term and bool(self.every)

    def fits(self, purpose: str) -> bool:
        """May a message of this purpose use it?"""
        if self.about == self.About.UNSTATED:
            return False
        if purpose == Purpose.MARKETING:
            return self.about in {self.About.COUPON, self.About.NEWS}
        return self.about != self.About.NEWS


class Grant(OfCustomer):
    """One accept: one message that may be sent, or of a long-term template any number of them until
    it is withdrawn (grants.py).

    The platform's push and the mini-program's report of one accept are one row. `withdrawn` rows
    allow nothing: they say that what was allowed before their moment is void, also where it is told
    late.
    """

    class SaidBy(models.TextChoices):
        PUSH = "push", _("WeChat")
        CLIENT = "client", _("the mini-program")

    class State(models.TextChoices):
        FREE = "free", pgettext_lazy("grant", "free")
        RESERVED = "reserved", pgettext_lazy("grant", "taken by a message")
        SPENT = "spent", pgettext_lazy("grant", "spent")
        VOID = "void", pgettext_lazy("grant", "void")

    connection = models.ForeignKey(
        Connection, models.PROTECT, related_name="+", db_index=False, verbose_name=_("connection")
    )
    identity = models.ForeignKey(
        Identity, models.CASCADE, related_name="+", db_index=False, verbose_name=_("openid")
    )
    template = models.ForeignKey(
        SubscribeTemplate, models.PROTECT, related_name="+", verbose_name=_("template")
    )
    accepted_at = models.DateTimeField(_("accepted"))
    said_by = models.CharField(_("said by"), max_length=6, choices=SaidBy)
    push_key = models.CharField(max_length=160, null=True, unique=True, editable=False)
    client_key = models.CharField(max_length=160, null=True, unique=True, editable=False)
    is_lasting = models.BooleanField(_("long-term"), default=False)
    is_withdrawal = models.BooleanField(default=False, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.FREE)
    message_id = models.BigIntegerField(_("message"), null=True, unique=True)
    # Of a limited template: when WeChat last said 43101, which may mean only that it was too soon.
    refused_at = models.DateTimeField(null=True, editable=False)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("subscription to messages")
        verbose_name_plural = _("subscriptions to messages")
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "template"],
                name="grant_lasting_is_one",
                condition=Q(is_lasting=True),
            ),
            models.UniqueConstraint(
                fields=["identity", "template"],
                name="grant_withdrawal_is_one",
                condition=Q(is_withdrawal=True),
            ),
            models.CheckConstraint(
                condition=Q(is_lasting=False) | Q(state__in=["free", "void"]),
                name="grant_lasting_is_not_spent",
            ),
            models.CheckConstraint(
                condition=Q(is_withdrawal=False) | Q(state="void"), name="grant_withdrawal_is_void"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["free", "void"], message_id=None)
                | Q(state__in=["reserved", "spent"], message_id__isnull=False),
                name="grant_of_its_message",
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "template"], name="grant_of_person"),
            models.Index(
                fields=["template", "customer"], name="grant_free", condition=Q(state="free")
            ),
            models.Index(
                fields=["changed_at"], name="grant_reserved", condition=Q(state="reserved")
            ),
        ]

    def __str__(self):
        return f"{self.template} {self.get_state_display()}"
