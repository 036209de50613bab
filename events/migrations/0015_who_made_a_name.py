import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0023_lane_of_mass_changes"), ("events", "0014_drop_month")]

    operations = [
        migrations.AddField(
            "eventname",
            "made_by",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="customers.source",
            ),
        ),
    ]
