"""Messages move on to another channel, and wait for people."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0022_limits'),
        ('customers', '0038_limits_are_rows'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='message',
            name='message_ended_is_not_due',
        ),
        migrations.AddField(
            model_name='message',
            name='alternatives',
            field=models.JSONField(db_default=[], default=list, editable=False, help_text='[{channel, content}] to move on to'),
        ),
        migrations.AddField(
            model_name='message',
            name='tried',
            field=models.JSONField(db_default=[], default=list, editable=False, help_text='[{channel, reason}] it moved on from'),
        ),
        migrations.AlterField(
            model_name='message',
            name='state',
            field=models.CharField(choices=[('queued', 'queued'), ('sending', 'sending'), ('waiting', 'waiting for a person'), ('sent', 'sent'), ('skipped', 'skipped'), ('failed', 'failed'), ('unknown', 'cannot know'), ('cancelled', 'cancelled')], default='queued', max_length=10, verbose_name='state'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='message_waiting'),
        ),
        AddConstraintNotValid(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'sending', 'waiting']), ('due_at', None), _connector='OR'), name='message_over_is_not_due'),
        ),
    ]
