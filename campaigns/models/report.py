"""What came of it, kept so that a report is read in milliseconds (campaigns/reports/kept/)."""

from django.db import models

DIGITS = {"max_digits": 40, "decimal_places": 0}


class ReportMark(models.Model):
    """Something of this subject's month changed; left by triggers in the transaction that changed
    it."""

    subject = models.CharField(max_length=60, help_text="as assignments name it, or workspace")
    month = models.DateField(help_text="of the assignment or the message, in UTC")

    def __str__(self):
        return f"{self.subject} {self.month:%Y-%m}"


class ReportState(models.Model):
    """When the figures of a subject's month were worked out, since when they are behind."""

    subject = models.CharField(max_length=60)
    month = models.DateField()
    stale_at = models.DateTimeField(null=True, help_text="since when something has changed")
    derived_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="when it is worked out anew, if stale")
    took_ms = models.PositiveIntegerField(default=0, db_default=0)
    settings = models.CharField(
        max_length=24,
        default="",
        db_default="",
        blank=True,
        help_text="digest of what they were worked out by",
    )
    coupons = models.BigIntegerField(default=0, db_default=0)
    redeemed = models.BigIntegerField(default=0, db_default=0)
    discount_fen = models.BigIntegerField(default=0, db_default=0)
    given_fen = models.BigIntegerField(
        default=0, db_default=0, help_text="stated cost of what was exchanged"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "month"], name="reportstate_is_unique")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="reportstate_due",
                condition=models.Q(stale_at__isnull=False),
            )
        ]

    def __str__(self):
        return f"{self.subject} {self.month:%Y-%m}"


class ArmFigure(models.Model):
    """What everybody of one arm did in the days after they were assigned.

    `of` is the campaign, journey or workspace whose report it belongs to; `goal` "" counts orders,
    "goal" the journey's own. `gain` is net × margin.
    """

    of = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    month = models.DateField()
    goal = models.CharField(max_length=10, blank=True, default="")
    arm = models.CharField(max_length=40)
    places = models.BigIntegerField(help_text="assignments; two of one person after a merge")
    people = models.BigIntegerField()
    converted = models.BigIntegerField()
    orders = models.BigIntegerField()
    net_fen = models.BigIntegerField()
    net_squares = models.DecimalField(**DIGITS)
    gain_fen = models.BigIntegerField()
    gain_squares = models.DecimalField(**DIGITS)
    discount_fen = models.BigIntegerField()
    given_fen = models.BigIntegerField(
        default=0, db_default=0, help_text="stated cost of what their coupons were exchanged for"
    )
    last_at = models.DateTimeField(help_text="the last assignment, or the end of the month")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["of", "subject", "month", "goal", "arm"], name="armfigure_is_unique"
            )
        ]

    def __str__(self):
        return f"{self.subject} {self.arm}"


class SendingFigure(models.Model):
    """What became of messages, and the money of orders that each was the last one before.

    `day` is the day it left (else was queued), of the workspace's zone.
    """

    of = models.CharField(max_length=60)
    month = models.DateField()
    day = models.DateField()
    version_id = models.BigIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True, default="")
    channel = models.CharField(max_length=30)
    arm = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=60, blank=True, default="")
    n = models.BigIntegerField()
    delivered = models.BigIntegerField()
    opened = models.BigIntegerField()
    clicked = models.BigIntegerField()
    machine_opened = models.BigIntegerField()
    machine_clicked = models.BigIntegerField()
    unsubscribed = models.BigIntegerField()
    cost = models.BigIntegerField(help_text="1/100 fen")
    orders = models.BigIntegerField()
    net_fen = models.BigIntegerField()
    gain_fen = models.BigIntegerField()
    cohort = models.DateField(null=True, help_text="month of the assignment; none: the message's")

    class Meta:
        indexes = [
            models.Index(fields=["of", "month"], name="sendingfigure_of"),
            models.Index(fields=["day"], name="sendingfigure_day"),
        ]

    def __str__(self):
        return f"{self.of} {self.day} {self.state}"
