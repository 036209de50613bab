"""Caps and quiet hours are rows of campaigns (campaigns 0020 copies them). The columns stay for the
release that still reads them, with defaults, and are dropped in the next one."""

from django.db import migrations

COLUMNS = ("quiet_from", "quiet_until", "cap_per_hour", "cap_per_day", "cap_per_week")
DEFAULTS = """
ALTER TABLE customers_workspace
  ALTER quiet_from SET DEFAULT '21:00', ALTER quiet_until SET DEFAULT '09:00',
  ALTER cap_per_hour SET DEFAULT 5, ALTER cap_per_day SET DEFAULT 10,
  ALTER cap_per_week SET DEFAULT 30;
"""
NONE = """
ALTER TABLE customers_workspace
  ALTER quiet_from DROP DEFAULT, ALTER quiet_until DROP DEFAULT,
  ALTER cap_per_hour DROP DEFAULT, ALTER cap_per_day DROP DEFAULT, ALTER cap_per_week DROP DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0037_tasks_and_special_days")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="workspace", name=name) for name in COLUMNS
            ],
            database_operations=[migrations.RunSQL(DEFAULTS, NONE)],
        )
    ]
