"""A batch has a stock unless it is told otherwise, and says whether made-up visitors may draw from it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0012_arms_apart'),
    ]

    operations = [
        migrations.AddField(
            model_name='couponbatch',
            name='is_for_anyone',
            field=models.BooleanField(db_default=False, default=False, help_text="Given also to customers whom only a public key has named (a mini-program's or a website's), and no server of yours. Anyone who reads that key can make up as many of them as they like, and draw a coupon with each: keep stock and budget small.", verbose_name='also for visitors whom nobody vouches for'),
        ),
        migrations.AlterField(
            model_name='couponbatch',
            name='stock',
            field=models.PositiveIntegerField(blank=True, default=1000, help_text='Empty: no limit.', null=True, verbose_name='stock'),
        ),
    ]
