"""Tests to their author, and figures that leave them out."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# As it stands, with its rights and search path, but for which rows it counts.
COUNTED = (
    ("FROM new_rows GROUP BY 1, 2", "FROM new_rows WHERE NOT is_test GROUP BY 1, 2"),
    ("FROM old_rows GROUP BY 1, 2", "FROM old_rows WHERE NOT is_test GROUP BY 1, 2"),
    ("1 AS n FROM new_rows", "1 AS n FROM new_rows WHERE NOT is_test"),
    ("-1 FROM old_rows)", "-1 FROM old_rows WHERE NOT is_test)"),
)


def replaced(pairs):
    text = "pg_get_functiondef('campaigns_message_figures()'::regprocedure)"
    for before, after in pairs:
        text = f"replace({text}, '{before}', '{after}')"
    return f"DO $$ BEGIN EXECUTE {text}; END $$"


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0027_moves_between_versions'),
        ('customers', '0038_limits_are_rows'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='is_test',
            field=models.BooleanField(db_default=False, default=False, verbose_name='test'),
        ),
        migrations.CreateModel(
            name='TestPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digests', models.JSONField(default=dict, editable=False)),
                ('named_at', models.DateTimeField(verbose_name='named at')),
                ('confirmed_at', models.DateTimeField(null=True, verbose_name='confirmed at')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer', verbose_name='customer')),
                ('origin_customer', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'test person',
                'verbose_name_plural': 'test persons',
            },
        ),
        migrations.RunSQL(
            replaced(COUNTED), replaced([(after, before) for before, after in COUNTED])
        ),
    ]
