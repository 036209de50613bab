"""Calls to other systems as rows, and how each connection is faring."""

import customers.privacy.sealing
import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


def keep_calls(apps, _schema_editor):
    """Their term needs nobody's word: there are none yet."""
    now = timezone.now()
    apps.get_model("customers", "Retention").objects.get_or_create(
        kind="calls", defaults={"due_at": now, "agreed_at": now}
    )


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0029_names_and_views'),
    ]

    operations = [
        migrations.CreateModel(
            name='Breaker',
            fields=[
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='breaker', serialize=False, to='customers.connection')),
                ('failures', models.PositiveIntegerField(default=0)),
                ('open_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='connection',
            name='settings_revision',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name='OutboundCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due at')),
                ('token', models.UUIDField(blank=True, editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('error', models.TextField(blank=True, default='', verbose_name='error')),
                ('key', models.CharField(max_length=200, unique=True, verbose_name='key')),
                ('caller', models.CharField(blank=True, default='', max_length=30, verbose_name='caller')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('answered', 'answered'), ('failed', 'failed'), ('expired', 'expired')], default='waiting', max_length=10, verbose_name='state')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('status', models.PositiveSmallIntegerField(null=True, verbose_name='HTTP status')),
                ('sealed_content', customers.privacy.sealing.SealedField()),
                ('sealed_answer', customers.privacy.sealing.SealedField(null=True)),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.connection', verbose_name='connection')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.customer', verbose_name='customer')),
                ('origin_customer', models.ForeignKey(db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.customer')),
            ],
            options={
                'verbose_name': 'call to another system',
                'verbose_name_plural': 'calls to other systems',
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='outboundcall_due'), models.Index(condition=models.Q(('state', 'waiting')), fields=['expires_at'], name='outboundcall_expires'), models.Index(condition=models.Q(('customer__isnull', False)), fields=['customer'], name='outboundcall_customer'), models.Index(fields=['connection', '-id'], name='outboundcall_connection')],
            },
        ),
        migrations.RunPython(keep_calls, migrations.RunPython.noop),
    ]
