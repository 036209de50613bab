"""Acts on all rows of a list, the sealed parts of exported files, and what lists of customers and the audit log are filtered by."""

import customers.privacy.sealing
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0015_awaited_transitions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due at')),
                ('token', models.UUIDField(blank=True, editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('error', models.TextField(blank=True, default='', verbose_name='error')),
                ('act', models.CharField(max_length=40, verbose_name='act')),
                ('list', models.CharField(help_text='app.model', max_length=60, verbose_name='list')),
                ('query', models.TextField(blank=True, default='', verbose_name='filter')),
                ('params', models.JSONField(default=dict, editable=False)),
                ('reason', models.CharField(blank=True, default='', max_length=200, verbose_name='why')),
                ('language', models.CharField(blank=True, default='', max_length=16)),
                ('cursor', models.BigIntegerField(default=0, editable=False)),
                ('last_id', models.BigIntegerField(default=0, editable=False)),
                ('done_rows', models.PositiveIntegerField(default=0, verbose_name='done')),
                ('skipped', models.JSONField(default=dict, help_text='reason: rows', verbose_name='skipped')),
                ('created_at', models.DateTimeField(verbose_name='began')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('cancelled_at', models.DateTimeField(null=True, verbose_name='cancelled')),
                ('expires_at', models.DateTimeField(null=True, verbose_name='expires')),
            ],
            options={
                'verbose_name': 'background act',
                'verbose_name_plural': 'background acts',
                'permissions': [('export_list', 'Can export lists')],
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', customers.privacy.sealing.SealedField()),
            ],
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['act', 'id'], name='audit_act'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('is_provisional', True)), fields=['id'], name='customer_provisional'),
        ),
        migrations.AddField(
            model_name='bulkrun',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='exportpart',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='customers.bulkrun'),
        ),
        migrations.AddIndex(
            model_name='bulkrun',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='bulkrun_due'),
        ),
        migrations.AddIndex(
            model_name='bulkrun',
            index=models.Index(fields=['by', '-id'], name='bulkrun_by'),
        ),
        migrations.AddConstraint(
            model_name='exportpart',
            constraint=models.UniqueConstraint(fields=('run', 'number'), name='exportpart_is_unique'),
        ),
    ]
