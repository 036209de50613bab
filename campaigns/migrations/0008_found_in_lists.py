"""What the lists of coupons, messages and runs are filtered by."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0007_figures'),
        ('customers', '0016_bulk'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(fields=['issued_at'], name='coupon_issued'),
        ),
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(fields=['state', 'id'], name='coupon_state'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('journey_id__isnull', False)), fields=['journey_id', 'state'], name='message_journey'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state__in', ['failed', 'unknown', 'cancelled'])), fields=['state', 'id'], name='message_not_sent'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=django.contrib.postgres.indexes.BrinIndex(fields=['entered_at'], name='run_entered', pages_per_range=16),
        ),
    ]
