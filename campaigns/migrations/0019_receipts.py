"""Receipts by the vendor's own ids; suppressions of one purpose."""
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0018_connections_of_messages'),
        ('customers', '0027_connections'),
    ]

    operations = [
        migrations.CreateModel(
            name='EarlyReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due at')),
                ('token', models.UUIDField(blank=True, editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('error', models.TextField(blank=True, default='', verbose_name='error')),
                ('connection_id', models.BigIntegerField(verbose_name='connection')),
                ('provider_id', models.CharField(max_length=128, verbose_name="provider's id")),
                ('outcome', models.CharField(max_length=20)),
                ('at', models.DateTimeField(verbose_name='at')),
                ('detail', models.JSONField(default=dict)),
                ('received_at', models.DateTimeField(verbose_name='received')),
            ],
            options={
                'verbose_name': 'early receipt',
                'verbose_name_plural': 'early receipts',
            },
        ),
        migrations.RemoveConstraint(
            model_name='suppression',
            name='suppression_is_unique',
        ),
        migrations.AddField(
            model_name='message',
            name='complained_at',
            field=models.DateTimeField(null=True, verbose_name='complained at'),
        ),
        migrations.AddField(
            model_name='message',
            name='unsubscribed_at',
            field=models.DateTimeField(null=True, verbose_name='unsubscribed at'),
        ),
        migrations.AddField(
            model_name='suppression',
            name='purpose',
            field=models.CharField(blank=True, choices=[('marketing', 'marketing'), ('service', 'service')], db_default='', default='', max_length=20, verbose_name='purpose'),
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.UniqueConstraint(fields=('origin_customer', 'channel', 'purpose'), name='suppression_is_unique_per_purpose'),
        ),
        migrations.AddIndex(
            model_name='earlyreceipt',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='early_receipt_due'),
        ),
        migrations.AddConstraint(
            model_name='earlyreceipt',
            constraint=models.UniqueConstraint(fields=('connection_id', 'provider_id', 'outcome'), name='early_receipt_is_unique'),
        ),
    ]
