from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_requests_per_second")]

    operations = [
        migrations.AlterModelOptions(
            name="workspace",
            options={
                "permissions": [("confirm_restore", "Can decide what is sent after a restore")],
                "verbose_name": "workspace settings",
                "verbose_name_plural": "workspace settings",
            },
        ),
        migrations.AddField(
            model_name="workspace",
            name="backup_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="backup taken"),
        ),
        migrations.AddField(
            model_name="workspace",
            name="restored_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="restored"),
        ),
    ]
