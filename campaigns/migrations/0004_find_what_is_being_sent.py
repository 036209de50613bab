from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_run_is_waiting")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "sending")), fields=["due_at"], name="message_sending"),
        ),
    ]
