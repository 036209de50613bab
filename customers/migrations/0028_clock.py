"""What the database fills in by itself, by the one clock."""

import crm_project.db.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm_project', '0005_clock'),
        ('customers', '0027_connections'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='at'),
        ),
        migrations.AlterField(
            model_name='changedcustomer',
            name='at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now()),
        ),
        migrations.AlterField(
            model_name='connection',
            name='created_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='customer',
            name='created_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='listmember',
            name='since',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='since'),
        ),
        migrations.AlterField(
            model_name='segment',
            name='created_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='segmentversion',
            name='at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='at'),
        ),
        migrations.AlterField(
            model_name='source',
            name='created_at',
            field=models.DateTimeField(db_default=crm_project.db.clock.Now(), editable=False, verbose_name='created'),
        ),
    ]
