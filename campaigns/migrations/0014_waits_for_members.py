"""Campaigns and slots wait until the members follow the rule that was saved."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0013_batch_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='wait',
            field=models.JSONField(editable=False, help_text='for the members to follow what was saved (customers/segments/catching_up.py)', null=True),
        ),
        migrations.AddField(
            model_name='firing',
            name='wait',
            field=models.JSONField(editable=False, help_text='for the members to follow what was saved (customers/segments/catching_up.py)', null=True),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='status',
            field=models.CharField(choices=[('draft', 'draft'), ('scheduled', 'scheduled'), ('waiting', 'waiting for the segment'), ('sending', 'sending'), ('paused', 'paused'), ('done', 'done'), ('cancelled', 'cancelled')], default='draft', editable=False, max_length=10, verbose_name='status'),
        ),
    ]
