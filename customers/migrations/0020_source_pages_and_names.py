"""Which pages in browsers may send to a client source, and what a source calls its events."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0019_rights'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='allowed_origins',
            field=models.TextField(blank=True, db_default='', default='', help_text='For web pages: one origin in each line, such as https://www.shop.cn. With * the pages of every site may send: whoever copies your key can let their own visitors fill your events with what never happened. Mini-programs, apps and servers need none.', verbose_name='pages that may send (origins)'),
        ),
        migrations.AddField(
            model_name='source',
            name='event_names',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What this source calls an event = what it is called here; one in each line, such as order_paid = Order Completed.', verbose_name='names of events'),
        ),
    ]
