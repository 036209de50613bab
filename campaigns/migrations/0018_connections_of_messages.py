"""Messages leave through connections, each of which has a lane."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0017_clock'),
        ('customers', '0027_connections'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='message',
            name='message_due',
        ),
        migrations.AddField(
            model_name='message',
            name='connection_id',
            field=models.BigIntegerField(null=True, verbose_name='connection'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('channel'), django.db.models.functions.comparison.Coalesce('connection_id', 0), models.F('due_at'), condition=models.Q(('state', 'queued')), name='message_lane'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('connection_id__isnull', False), models.Q(('provider_id', ''), _negated=True)), fields=('connection_id', 'provider_id'), name='message_of_provider'),
        ),
    ]
