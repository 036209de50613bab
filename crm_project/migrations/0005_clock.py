"""The one clock. Inlined by the planner, hence no SET, no SECURITY DEFINER, and STABLE as what it calls."""

import crm_project.db.clock
from django.db import migrations, models

NOW = """
CREATE FUNCTION hutong_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT statement_timestamp() $$
"""


class Migration(migrations.Migration):
    dependencies = [("crm_project", "0004_submissions")]

    operations = [
        migrations.RunSQL(NOW, "DROP FUNCTION hutong_now()"),
        migrations.AlterField(
            model_name='session',
            name='begun_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now()),
        ),
        migrations.AlterField(
            model_name='session',
            name='seen_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now()),
        ),
        migrations.AlterField(
            model_name='submission',
            name='at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), db_index=True),
        ),
    ]
