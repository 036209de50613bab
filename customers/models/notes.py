"""What staff write down about a customer: notes, and what somebody is to do until when."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import OfCustomer


class Note(OfCustomer):
    """One remark of one person. It is taken away by its writer, or by whoever may delete notes."""

    text = models.TextField(_("note"), max_length=4000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self):
        return self.text[:80]


class FollowUpQuerySet(models.QuerySet):
    def open(self):
        return self.filter(done_at=None)

    def of(self, user):
        """The ones that this person is to do."""
        return self.filter(assignee=user)

    def due(self, today):
        """Open, and for today or earlier."""
        return self.open().filter(due_on__lte=today)


class FollowUp(OfCustomer):
    """Something to do for one customer, until a day, by one person, a role or whoever takes it."""

    class Result(models.TextChoices):
        DONE = "done", _("done")
        NOT_REACHED = "not_reached", _("not reached")
        REFUSED = "refused", _("refused")

    title = models.CharField(_("what to do"), max_length=200)
    due_on = models.DateField(_("due"), null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("who"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"))
    done_at = models.DateTimeField(_("done"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    result = models.CharField(
        _("result"), max_length=12, choices=Result, blank=True, default="", db_default=""
    )
    role = models.ForeignKey(
        "auth.Group",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("role"),
    )
    # Who above asked for it, once per key ("run:7:3"), and whether they wait to be told the result.
    asked_by = models.CharField(max_length=100, null=True, unique=True, editable=False)
    is_awaited = models.BooleanField(default=False, db_default=False, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up task")
        verbose_name_plural = _("follow-up tasks")
        indexes = [
            models.Index(
                fields=["assignee", "due_on"],
                name="followup_open",
                condition=models.Q(done_at=None),
            ),
            models.Index(
                fields=["assignee", "-done_at"],
                name="followup_done",
                condition=models.Q(done_at__isnull=False),
            ),
            models.Index(
                fields=["done_at"],
                name="followup_to_be_told",
                condition=models.Q(is_awaited=True, done_at__isnull=False),
            ),
        ]

    def __str__(self):
        return self.title
