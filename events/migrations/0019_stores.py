"""Where an order was placed, a booking is kept."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0034_owners'),
        ('events', '0018_order_by_spend'),
    ]

    operations = [
        migrations.AddField(
            model_name='booking',
            name='store',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.store', verbose_name='store'),
        ),
        migrations.AddField(
            model_name='order',
            name='store',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.store', verbose_name='store'),
        ),
    ]
