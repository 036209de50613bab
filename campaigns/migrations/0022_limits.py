"""Caps, quiet hours and quiet days are rows; those of an installation that is there become some."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

# From the columns of the workspace, which the release before still reads. "00:00 to 00:00" meant
# never; a service message disturbs nobody at night from now on.
COPY = """
INSERT INTO campaigns_cap (workspace_id, channel, purpose, seconds, "limit")
SELECT id, '', 'marketing', c.seconds, c.most FROM customers_workspace CROSS JOIN LATERAL
  (VALUES (3600, cap_per_hour), (86400, cap_per_day), (604800, cap_per_week)) AS c (seconds, most)
 WHERE c.most IS NOT NULL;
INSERT INTO campaigns_quiethours (workspace_id, channel, purpose, weekdays, begins, ends, act)
SELECT id, '', 'marketing', '{}'::smallint[], quiet_from, quiet_until, 'postpone' FROM customers_workspace
 WHERE quiet_from <> quiet_until
 UNION ALL SELECT id, '', 'service', '{}'::smallint[], '22:00', '07:00', 'postpone' FROM customers_workspace;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0021_goals_and_holding'),
        ('customers', '0038_limits_are_rows'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='is_urgent',
            field=models.BooleanField(db_default=False, default=False, verbose_name='urgent'),
        ),
        migrations.CreateModel(
            name='QuietDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(unique=True, verbose_name='day')),
                ('name', models.CharField(blank=True, default='', max_length=100, verbose_name='name')),
                ('workspace', models.ForeignKey(default=1, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='quiet_days', to='customers.workspace')),
            ],
            options={
                'verbose_name': 'quiet day',
                'verbose_name_plural': 'quiet days',
            },
        ),
        migrations.CreateModel(
            name='QuietHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(blank=True, default='', max_length=30, verbose_name='channel')),
                ('purpose', models.CharField(choices=[('marketing', 'marketing'), ('service', 'service')], default='marketing', max_length=20, verbose_name='purpose')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None, verbose_name='on')),
                ('begins', models.TimeField(verbose_name='from')),
                ('ends', models.TimeField(verbose_name='until')),
                ('act', models.CharField(choices=[('postpone', 'wait until they are over'), ('drop', 'are not sent')], default='postpone', max_length=10, verbose_name='messages')),
                ('workspace', models.ForeignKey(default=1, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='quiet_hours', to='customers.workspace')),
            ],
            options={
                'verbose_name': 'quiet hours',
                'verbose_name_plural': 'quiet hours',
            },
        ),
        migrations.CreateModel(
            name='Cap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(blank=True, default='', max_length=30, verbose_name='channel')),
                ('purpose', models.CharField(choices=[('marketing', 'marketing'), ('service', 'service')], default='marketing', max_length=20, verbose_name='purpose')),
                ('seconds', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31622400)], verbose_name='seconds')),
                ('limit', models.PositiveIntegerField(verbose_name='at most')),
                ('workspace', models.ForeignKey(default=1, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='caps', to='customers.workspace')),
            ],
            options={
                'verbose_name': 'cap',
                'verbose_name_plural': 'caps',
                'constraints': [models.UniqueConstraint(fields=('channel', 'purpose', 'seconds'), name='cap_is_unique', deferrable=models.Deferrable['DEFERRED'])],
            },
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]
