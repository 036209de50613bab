"""The field's words for two things; no table and no column changes, so both releases run on them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0016_clock")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("SettledMark", "EventCursor"),
                migrations.RenameField("Event", "odd", "out_of_range"),
                migrations.AlterField(
                    "Event",
                    "out_of_range",
                    models.BooleanField(default=False, editable=False, db_column="odd"),
                ),
            ],
        ),
    ]
