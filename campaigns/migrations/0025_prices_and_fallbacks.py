"""What sending costs; templates that stand in for others."""
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0024_what_is_over_is_not_due'),
        ('customers', '0038_limits_are_rows'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='alternatives',
            field=models.JSONField(db_default=[], default=list, editable=False, help_text='of its fallbacks, fixed at launch'),
        ),
        migrations.AddField(
            model_name='message',
            name='cost',
            field=models.IntegerField(null=True, verbose_name='cost'),
        ),
        migrations.AddField(
            model_name='message',
            name='parts',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='parts'),
        ),
        migrations.AddField(
            model_name='template',
            name='fallback',
            field=models.ForeignKey(blank=True, help_text='Sent instead, by its own channel: no address there, no consent, unsubscribed.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='campaigns.template', verbose_name='where this channel does not get to somebody'),
        ),
        migrations.CreateModel(
            name='Price',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=30, verbose_name='channel')),
                ('kind', models.CharField(blank=True, default='', help_text='As the channel names it, such as abroad; empty: any.', max_length=30, verbose_name='kind')),
                ('since', models.DateTimeField(verbose_name='from')),
                ('price', models.PositiveIntegerField(validators=[django.core.validators.MaxValueValidator(100000000)], verbose_name='price of one part, 1/100 fen')),
                ('connection', models.ForeignKey(blank=True, help_text='Empty: all that have no price of their own.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.connection', verbose_name='connection')),
            ],
            options={
                'verbose_name': 'price of sending',
                'verbose_name_plural': 'prices of sending',
                'constraints': [models.UniqueConstraint(fields=('connection', 'channel', 'kind', 'since'), name='price_is_unique', nulls_distinct=False)],
            },
        ),
    ]
