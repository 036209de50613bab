"""A coupon that is redeemed marks the arm of whoever had it: exchanges cost what they cost there (campaigns/reports/kept/statements.py)."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("campaigns.migrations.0034_report_marks")
BEGINS = "CREATE FUNCTION campaigns_couponmove_marks()"
WAS = BEFORE.TRIGGERS[BEFORE.TRIGGERS.index(BEGINS) : BEFORE.TRIGGERS.index("CREATE TRIGGER marks_insert AFTER INSERT ON campaigns_couponmove ")]
WAS = WAS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
LAST = "  RETURN NULL;\nEND $$;\n"
assert WAS.endswith(LAST)  # noqa: S101 -- of a migration that is never edited
NOW = WAS.removesuffix(LAST) + f"""  {BEFORE.MARK} a.subject, {BEFORE.MONTH.format("a.at")} FROM new_rows v JOIN campaigns_coupon c ON c.id = v.coupon_id
    JOIN campaigns_couponbatch b ON b.id = c.batch_id
    JOIN campaigns_assignment a ON a.customer_id = c.customer_id AND (a.subject = c.issued_by OR a.subject LIKE c.issued_by || ':%')
   WHERE b.kind = 'exchange' AND v.state NOT IN ('pending', 'issued') AND c.issued_by <> '';
""" + LAST


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0036_variants")]

    operations = [migrations.RunSQL(NOW, WAS)]
