"""Several readers follow the events, each with a row of its own in the table of marks."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("events", "0005_lines_and_refunds_change_customers")]

    operations = [
        migrations.RemoveConstraint(model_name="schemamark", name="schemamark_is_one"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("SchemaMark", "SettledMark"),
                migrations.AlterModelTable("SettledMark", "events_schemamark"),
            ],
        ),
    ]
