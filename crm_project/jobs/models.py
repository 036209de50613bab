"""A job: what is to be done to many, how far it is, what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm_project.files.models import File
from crm_project.queue.due import DueRow, due_index


class Job(DueRow):
    """A due row while it is under way. `cursor` is written in the transaction of the batch that
    moved it, so whoever is killed repeats nothing and leaves nothing out."""

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("job", "waits for its turn")
        RUNNING = "running", pgettext_lazy("job", "under way")
        PAUSED = "paused", pgettext_lazy("job", "paused")
        DONE = "done", pgettext_lazy("job", "done")
        FAILED = "failed", pgettext_lazy("job", "failed")
        CANCELLED = "cancelled", pgettext_lazy("job", "cancelled")

    GOING = (State.QUEUED, State.RUNNING)
    UNFINISHED = (*GOING, State.PAUSED)

    kind = models.CharField(_("kind"), max_length=40)
    params = models.JSONField(default=dict, editable=False)  # what was said; never changed
    memo = models.JSONField(default=dict, editable=False)  # what its kind notes between batches
    # Null: the product itself.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    reason = models.CharField(_("why"), max_length=200, blank=True, default="")
    # Else it is history: nobody is written to because of it.
    starts_journeys = models.BooleanField(default=False, editable=False)
    language = models.CharField(max_length=16, blank=True, default="", editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    cursor = models.BigIntegerField(default=0, editable=False)
    window = models.PositiveIntegerField(default=0, editable=False)  # how much a batch takes on
    total = models.BigIntegerField(_("rows"), null=True)
    done_rows = models.BigIntegerField(_("done"), default=0)
    skipped = models.JSONField(_("skipped"), default=dict, help_text="reason: rows")
    input = models.ForeignKey(File, models.SET_NULL, null=True, related_name="+")
    result = models.ForeignKey(File, models.SET_NULL, null=True, related_name="+")
    errors = models.ForeignKey(File, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("began"))
    begun_at = models.DateTimeField(null=True)
    # Since when it goes on without a pause, and how far it was then: what time is left follows.
    resumed_at = models.DateTimeField(null=True, editable=False)
    resumed_share = models.FloatField(default=0.0, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True)
    # Of a paused job: then it is cancelled. Of one that is over: until then its files are there.
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background work")
        indexes = [
            due_index("job_due"),
            models.Index(fields=["by", "-id"], name="job_by"),
            models.Index(
                fields=["state"],
                name="job_unfinished",
                condition=Q(state__in=["queued", "running", "paused"]),
            ),
        ]

    def __str__(self):
        return f"#{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state not in self.UNFINISHED

    @property
    def worked_rows(self) -> int:
        """Rows that are accounted for: done or skipped."""
        return self.done_rows + sum(self.skipped.values())

    def count(self, found: dict[str, int]) -> None:
        """So many more by reason; "" for what was done."""
        for reason, rows in found.items():
            if rows and reason:
                self.skipped[reason] = self.skipped.get(reason, 0) + rows
            else:
                self.done_rows += rows
