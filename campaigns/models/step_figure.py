"""How many went through each step of a journey: kept, so that a page reads it in milliseconds."""

from django.db import models


class StepFields(models.Model):
    """What a number is about. `kind` says of what: entered, stand, left, ended, goal, message,
    coupon (campaigns/journeys/numbers/keeping.py); `way` by which exit, or in which state.

    `version_id` is 0 where a number belongs to the step in whatever version: ids of steps are never
    used again. `day` is a day of the workspace's zone.
    """

    journey_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    step = models.CharField(max_length=40, help_text='"" is the journey as a whole')
    kind = models.CharField(max_length=12)
    way = models.CharField(max_length=90)
    arm = models.CharField(max_length=12)
    day = models.DateField()
    n = models.BigIntegerField()

    class Meta:
        abstract = True


class StepFigure(StepFields):
    """The sum of all changes that were folded. It outlives the rows that it was counted from."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["journey_id", "version_id", "step", "kind", "way", "arm", "day"],
                name="stepfigure_is_unique",
                include=["n"],
            )
        ]

    def __str__(self):
        return f"{self.journey_id}/{self.step} {self.kind}"


class StepFigureChange(StepFields):
    """By how much a number changed; left by triggers in the transaction that changed the rows,
    folded by a tick."""

    class Meta:
        indexes = [models.Index(fields=["journey_id"], name="stepfigurechange_journey")]

    def __str__(self):
        return f"{self.journey_id}/{self.step} {self.kind}"
