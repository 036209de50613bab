"""What the database does and fills in by itself, by the one clock."""

import crm_project.db.clock
from django.db import migrations, models

# As it stands, with its rights and search path, but for the clock it reads.
REPLACE = "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('campaigns_message_figures()'::regprocedure), '%s()', '%s()'); END $$"


class Migration(migrations.Migration):

    dependencies = [
        ('crm_project', '0005_clock'),
        ('campaigns', '0016_journey_drafts'),
    ]

    operations = [
        migrations.RunSQL(REPLACE % ('now', 'hutong_now'), REPLACE % ('hutong_now', 'now')),
        migrations.AlterField(
            model_name='campaign',
            name='created_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='couponbatch',
            name='created_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='journey',
            name='created_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='created'),
        ),
    ]
