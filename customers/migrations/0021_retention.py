"""How long each kind of data is kept. A new installation begins with the defaults agreed; where there are customers, somebody agrees first."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

KINDS = [
    *("attribute_history", "tag_history", "transitions", "consents", "notes", "tasks", "conflicts", "erasures", "acts", "tag_jobs"),
    *("admin_log", "sessions", "visitors", "provisional"),
    *("events", "odd_events", "reactions", "orders", "refunds", "bookings", "measurements", "stage_history"),
    *("message_contents", "messages", "run_details", "run_steps", "quarantine", "spool", "mailbox"),
]


def begin(apps, _schema_editor):
    if not apps.get_model("customers", "Customer").objects.exists():
        now = timezone.now()
        retention = apps.get_model("customers", "Retention")
        retention.objects.bulk_create([retention(kind=kind, due_at=now, agreed_at=now) for kind in KINDS])


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0020_source_pages_and_names'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Retention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due at')),
                ('token', models.UUIDField(blank=True, editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('error', models.TextField(blank=True, default='', verbose_name='error')),
                ('kind', models.CharField(max_length=40, unique=True)),
                ('is_chosen', models.BooleanField(default=False)),
                ('number', models.PositiveIntegerField(null=True)),
                ('agreed_at', models.DateTimeField(null=True)),
                ('began_at', models.DateTimeField(null=True)),
                ('cursor', models.BigIntegerField(default=0)),
                ('last_id', models.BigIntegerField(default=0)),
                ('window', models.PositiveIntegerField(default=1000)),
                ('found', models.BigIntegerField(default=0)),
                ('oldest', models.DateTimeField(null=True)),
                ('only_counts', models.BooleanField(default=True)),
                ('ended_at', models.DateTimeField(null=True, verbose_name='cleared')),
                ('waiting', models.BigIntegerField(default=0)),
                ('waiting_oldest', models.DateTimeField(null=True)),
                ('gone', models.BigIntegerField(default=0, verbose_name='deleted so far')),
                ('agreed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'retention',
                'verbose_name_plural': 'retention',
                'permissions': [('agree_retention', 'Can agree that data whose time is over is deleted')],
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='retention_due')],
            },
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
