"""By which a restore knows whoever was forgotten since the backup."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0023_lane_of_mass_changes")]

    operations = [
        migrations.AddField(
            model_name="erasure",
            name="marks",
            field=models.JSONField(
                editable=False, help_text="hashes by which a restore knows them", null=True
            ),
        ),
    ]
