"""What is personal of an event is opened like every other sealed column. The table stays as it is."""

from django.db import migrations

import customers.privacy.sealing


class Migration(migrations.Migration):
    dependencies = [("events", "0011_stage_figures")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="event", name="personal", field=customers.privacy.sealing.SealedField(editable=False, null=True)
                )
            ]
        )
    ]
