"""Changed customers know whether they are part of something large: the column's default asks the session (crm_project/lanes.py)."""

from django.db import migrations, models

ADD = """
ALTER TABLE customers_changedcustomer ADD COLUMN is_mass boolean NOT NULL DEFAULT false;
ALTER TABLE customers_changedcustomer ALTER COLUMN is_mass SET DEFAULT (coalesce(current_setting('hutong.lane', true), '') = 'mass');
"""
DROP = "ALTER TABLE customers_changedcustomer DROP COLUMN is_mass"


class Migration(migrations.Migration):
    dependencies = [("customers", "0022_segment_failures")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, DROP)],
            state_operations=[migrations.AddField("changedcustomer", "is_mass", models.BooleanField(db_default=False))],
        ),
        migrations.AddIndex(
            "changedcustomer", models.Index(condition=models.Q(("is_mass", False)), fields=["id"], name="changed_single")
        ),
    ]
