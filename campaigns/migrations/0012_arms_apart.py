"""Who was held out by the workspace is told apart from who was held out by one journey.

Campaigns had no holdout of their own. In a journey it was the workspace's where the workspace's draw says so at the share of today.
"""

from django.db import migrations

ARMS = """
UPDATE campaigns_assignment a SET arm = 'held_out_all'
  FROM customers_workspace w
 WHERE a.arm = 'held_out' AND (a.subject LIKE 'campaign:%%' OR
       ('x' || encode(substring(sha256(convert_to(w.holdout_salt || ':' || a.origin_customer_id, 'UTF8')) FOR 7), 'hex'))::bit(56)::bigint %% 10000
         < w.holdout_percent * 100)
"""


def arms(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(ARMS, [])


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0011_reentry_under_a_lock_and_arms"), ("customers", "0018_note_numbers_anew")]

    operations = [migrations.RunPython(arms, migrations.RunPython.noop)]
