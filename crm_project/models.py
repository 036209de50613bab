"""The one table of the project itself: who has been seen alive."""

from django.db import connection, models


class Heartbeat(models.Model):
    """A part that does its work says so here; /healthz reads the age."""

    name = models.CharField(primary_key=True, max_length=32)
    at = models.DateTimeField()

    def __str__(self):
        return self.name

    @classmethod
    def record(cls, name: str) -> None:
        """The row of this name carries the database's time of now."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO crm_project_heartbeat (name, at) VALUES (%s, clock_timestamp()) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
                [name],
            )
