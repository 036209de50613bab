"""What a journey would have done, in numbers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from crm_project.db.clock import Now


def keep_dry_runs(apps, _schema_editor):
    """Their term needs nobody's word: there are none yet."""
    apps.get_model("customers", "Retention").objects.get_or_create(
        kind="dry_runs", defaults={"due_at": Now(), "agreed_at": Now()}
    )


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0030_recipes'),
        ('crm_project', '0008_alarms'),
        ('customers', '0038_limits_are_rows'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DryRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_draft', models.BooleanField(default=True)),
                ('definition', models.JSONField()),
                ('since', models.DateTimeField(verbose_name='from')),
                ('until', models.DateTimeField(verbose_name='until')),
                ('waiting', models.BinaryField(default=b'')),
                ('people', models.PositiveIntegerField(null=True)),
                ('one_in', models.PositiveIntegerField(default=1)),
                ('result', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(verbose_name='began')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='crm_project.job')),
                ('journey', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dry_runs', to='campaigns.journey', verbose_name='journey')),
            ],
            options={
                'verbose_name': 'dry run',
                'verbose_name_plural': 'dry runs',
            },
        ),
        migrations.RunPython(keep_dry_runs, migrations.RunPython.noop),
    ]
