"""What a quarantined request is sealed for. Rows that are there already have none: they are sealed in the form before."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0002_quarantine_replay")]

    operations = [
        # Two steps: with its default in the first, all rows would get one and the same.
        migrations.AddField(model_name="quarantine", name="row_key", field=models.UUIDField(editable=False, null=True)),
        migrations.AlterField(
            model_name="quarantine", name="row_key", field=models.UUIDField(default=uuid.uuid4, editable=False, null=True)
        ),
    ]
