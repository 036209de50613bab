from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0021_retention")]

    operations = [
        migrations.AddField("segment", "failed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="set aside")),
        migrations.AddField("segment", "failure", models.JSONField(blank=True, editable=False, null=True)),
        migrations.AddField("segment", "failures", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
        migrations.AddField("segment", "retry_at", models.DateTimeField(blank=True, editable=False, null=True)),
    ]
