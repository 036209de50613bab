"""The tables of the project itself: who has been seen alive, who is logged in, who tried to."""

from importlib import import_module

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from crm_project.files.models import File, FilePart
from crm_project.jobs.models import Job

__all__ = [
    "File",
    "FilePart",
    "Heartbeat",
    "Job",
    "LoginTries",
    "Session",
    "Submission",
    "Tally",
]


class Heartbeat(models.Model):
    """When something was last done, on whatever host: a backup. Of worker and beat only the release
    before this one reads it here (`Host.parts`)."""

    name = models.CharField(primary_key=True, max_length=32)
    at = models.DateTimeField()

    def __str__(self):
        return self.name

    @classmethod
    def record(cls, name: str) -> None:
        """The row of this name carries the database's time of now."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO crm_project_heartbeat (name, at) VALUES (%s, hutong_now()) ON"
                " CONFLICT (name) DO UPDATE SET at = excluded.at",
                [name],
            )


class Host(models.Model):
    """One machine of the installation, by its data folder (crm_project/hosts/)."""

    key = models.UUIDField(primary_key=True)
    name = models.CharField(_("name"), max_length=200)
    seen_at = models.DateTimeField(_("last seen"))
    clock_seconds = models.FloatField(
        null=True, editable=False, help_text="its clock minus the database's"
    )
    parts = models.JSONField(
        default=dict,
        editable=False,
        help_text="the last sign of each part, by the database's clock",
    )
    waits = models.JSONField(
        default=dict, editable=False, help_text="what waits on its disk, as its duties report it"
    )
    gone_at = models.DateTimeField(_("declared gone"), null=True)
    gone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        default_permissions = ("view",)
        permissions = [("declare_host_gone", "Can declare that a host is gone")]

    def __str__(self):
        return self.name


class KeyMark(models.Model):
    """By what a key of the installation is known again (crm_project/hosts/keys.py)."""

    name = models.CharField(primary_key=True, max_length=40)
    mark = models.CharField(max_length=16)
    retired_at = models.DateTimeField(null=True)  # nothing is sealed under it any more

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.name


class AlarmState(models.Model):
    """Whether an alarm is raised, as an operator was told (crm_project/alarms/watch.py)."""

    key = models.CharField(primary_key=True, max_length=40)
    problem = models.CharField(max_length=500, db_default="")  # empty: it is over
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.key


class Session(AbstractBaseSession):
    """A log-in and whose it is, so that it can be ended from outside
    (crm_project/login/sessions.py)."""

    user_id = models.IntegerField(null=True, db_index=True)
    begun_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self):
        return f"session of {self.user_id}"

    @classmethod
    def get_session_store_class(cls):
        return import_module(settings.SESSION_ENGINE).SessionStore


class LoginTries(models.Model):
    """Wrong passwords of a name, a network or both, by a hash of what they are of
    (crm_project/login/tries.py)."""

    key = models.CharField(primary_key=True, max_length=40)
    tries = models.PositiveIntegerField()
    names = models.PositiveIntegerField(db_default=0)  # different ones, of a network
    tried_at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    def __str__(self):
        return f"{self.tries} tries"


class Tally(models.Model):
    """What is written down per hour and not one by one (crm_project/audit/tallies.py)."""

    hour = models.DateTimeField()
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    number = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hour", "act", "subject"], name="tally_is_one")
        ]

    def __str__(self):
        return f"{self.act} {self.subject}"


class Submission(models.Model):
    """A form that has made something, by its token, and the page of what it made
    (crm_project/admin/once.py)."""

    token = models.CharField(primary_key=True, max_length=64)
    user_id = models.IntegerField()
    page = models.CharField(max_length=500, db_default="")
    at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self):
        return self.page
