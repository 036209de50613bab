"""Coupons that wait for their message to leave, or were withdrawn with it; when a message came back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0009_forgotten_moves"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="bounced_at",
            field=models.DateTimeField(null=True, verbose_name="came back at"),
        ),
        migrations.AlterField(
            model_name="coupon",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "waits for its message to leave"),
                    ("issued", "issued"),
                    ("claimed", "claimed"),
                    ("reserved", "reserved by an order"),
                    ("redeemed", "redeemed"),
                    ("returned", "returned after a refund"),
                    ("void", "void after a refund"),
                    ("expired", "expired"),
                    ("revoked", "revoked"),
                    ("withdrawn", "withdrawn: its message did not leave"),
                ],
                default="issued",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="couponmove",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "waits for its message to leave"),
                    ("issued", "issued"),
                    ("claimed", "claimed"),
                    ("reserved", "reserved by an order"),
                    ("redeemed", "redeemed"),
                    ("returned", "returned after a refund"),
                    ("void", "void after a refund"),
                    ("expired", "expired"),
                    ("revoked", "revoked"),
                    ("withdrawn", "withdrawn: its message did not leave"),
                ],
                max_length=10,
                verbose_name="to",
            ),
        ),
    ]
