"""Kept figures: what the dashboard says is read from these rows and not from millions of others
(events/insights/figures.py)."""

from django.db import models


class Figure(models.Model):
    """How much of something there was in one quarter of an hour (zones differ by such), or minute.
    Money is an integer of fen."""

    name = models.CharField(max_length=40)
    at = models.DateTimeField()
    n = models.BigIntegerField(default=0)
    fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "at"], name="figure_is_unique", include=["n", "fen"]
            )
        ]

    def __str__(self):
        return f"{self.name} {self.at}"


class FigureChange(models.Model):
    """By how much a figure changed; left by triggers in the transaction that changed the rows,
    folded into Figure by a tick."""

    name = models.CharField(max_length=40)
    at = models.DateTimeField()
    n = models.BigIntegerField(default=0)
    fen = models.BigIntegerField(default=0)

    def __str__(self):
        return f"{self.name} {self.at}"


class DayCustomers(models.Model):
    """Who did something on one day of the workspace's zone: a bitmap of origin customers, which
    merges do not change."""

    day = models.DateField()
    step = models.CharField(max_length=20)
    members = models.BinaryField()
    size = models.PositiveIntegerField(default=0, help_text="customers as they are joined now")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "step"], name="daycustomers_is_unique")
        ]

    def __str__(self):
        return f"{self.step} {self.day}"


class Reach(models.Model):
    """How many customers did something in the last thirty days, each once; of a funnel's step: it
    and all steps before."""

    step = models.CharField(max_length=20, primary_key=True)
    size = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    zone = models.CharField(max_length=64)

    def __str__(self):
        return self.step
