"""How many customers stand at which stage, and how many came to it, are kept figures too."""

from importlib import import_module

from django.db import migrations

counted = import_module("events.migrations.0007_figures").counted

STANDING = "SELECT 'stage:' || stage AS name, timestamptz 'epoch' AS at, 1 AS n, 0 AS fen FROM {rows}"
MOVED = "SELECT 'moved:' || after AS name, date_bin('15 minutes', at, 'epoch') AS at, 1 AS n, 0 AS fen FROM {rows}"


class Migration(migrations.Migration):
    dependencies = [("events", "0010_found_in_lists")]

    operations = [
        counted("events_customerstage", STANDING, "HAVING sum(n) <> 0"),
        counted("events_stagechange", MOVED, "HAVING sum(n) <> 0"),
    ]
