"""What the lists of events, orders, bookings and measurements are filtered by."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0016_bulk'),
        ('events', '0009_interests_change_customers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(fields=['status', 'id'], name='booking_status'),
        ),
        migrations.AddIndex(
            model_name='measurement',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['occurred_at'], name='measurement_moment', pages_per_range=16),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['placed_at'], name='order_placed'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['status', 'id'], name='order_status'),
        ),
        # Late events would stretch a plain block range over years; several ranges each do not.
        migrations.RunSQL(
            "CREATE INDEX event_moment ON events_event USING brin (occurred_at timestamptz_minmax_multi_ops) WITH (pages_per_range = 16)",
            "DROP INDEX event_moment",
        ),
    ]
