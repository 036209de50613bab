"""What a file, an act on many or an undoing changes is history: the column's default asks the session (crm_project/queue/lanes.py)."""

from django.conf import settings
from django.db import migrations, models

ADD = """
ALTER TABLE customers_changedcustomer ADD COLUMN is_history boolean NOT NULL DEFAULT false;
ALTER TABLE customers_changedcustomer ALTER COLUMN is_history SET DEFAULT (coalesce(current_setting('hutong.history', true), '') = 'on');
"""
DROP = "ALTER TABLE customers_changedcustomer DROP COLUMN is_history"


class Migration(migrations.Migration):
    dependencies = [("customers", "0024_marks_of_the_erased"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, DROP)],
            state_operations=[migrations.AddField("changedcustomer", "is_history", models.BooleanField(db_default=False))],
        ),
    ]
