"""The trade in whose words pages speak: of the workspace, and of each namespace."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0031_erasures_on_hosts'),
    ]

    operations = [
        migrations.AddField(
            model_name='namespace',
            name='trade',
            field=models.CharField(blank=True, choices=[('shop', 'Retail'), ('school', 'Education'), ('clinic', 'Medical')], db_default='', default='', help_text='Whose customer somebody is, their page speaks so. Empty: as the workspace.', max_length=12, verbose_name='trade'),
        ),
        migrations.AddField(
            model_name='workspace',
            name='trade',
            field=models.CharField(blank=True, choices=[('shop', 'Retail'), ('school', 'Education'), ('clinic', 'Medical')], db_default='', default='', help_text='Pages use its words: members, students or patients, for one. Empty: general.', max_length=12, verbose_name='trade'),
        ),
    ]
