import secrets

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_changed_customers")]

    operations = [
        migrations.AlterField(
            model_name="workspace",
            name="holdout_salt",
            field=models.CharField(default=secrets.token_hex, editable=False, max_length=64),
        ),
    ]
