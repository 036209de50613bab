"""A merge that is not finished waits for the number that is noted after it, not for its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("customers", "0017_numbers_of_transactions_are_noted_later")]

    operations = [
        migrations.RunSQL(
            "UPDATE customers_merge SET xid = NULL WHERE due_at IS NOT NULL; UPDATE customers_erasure SET xid = NULL WHERE due_at IS NOT NULL",
            migrations.RunSQL.noop,
        )
    ]
