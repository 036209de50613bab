"""What conditions ask: receipts and redemptions by time; and suppressions and messages that come in already sent change segments too."""

from django.db import migrations, models

WATCH = """
CREATE TRIGGER changed_insert AFTER INSERT ON campaigns_suppression REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('suppression');
CREATE TRIGGER changed_update AFTER UPDATE ON campaigns_suppression REFERENCING NEW TABLE AS changed_rows OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_both('suppression');
CREATE TRIGGER changed_delete AFTER DELETE ON campaigns_suppression REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('suppression');

-- A message is queued first and matters to nobody's segment; histories bring theirs already sent.
CREATE FUNCTION campaigns_message_came_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what) SELECT DISTINCT customer_id, 'message' FROM changed_rows WHERE sent_at IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER changed_insert AFTER INSERT ON campaigns_message REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_came_sent();
"""

UNWATCH = """
DROP TRIGGER changed_insert ON campaigns_suppression;
DROP TRIGGER changed_update ON campaigns_suppression;
DROP TRIGGER changed_delete ON campaigns_suppression;
DROP TRIGGER changed_insert ON campaigns_message;
DROP FUNCTION campaigns_message_came_sent;
"""


def indexed(model: str, column: str, name: str, **condition) -> migrations.AddIndex:
    return migrations.AddIndex(model_name=model, index=models.Index(condition=models.Q(**condition), fields=[column], name=name))


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_find_what_is_being_sent"), ("customers", "0002_changed_customers")]

    operations = [
        indexed("coupon", "redeemed_at", "coupon_redeemed", state="redeemed"),
        indexed("message", "delivered_at", "message_delivered", delivered_at__isnull=False),
        indexed("message", "opened_at", "message_opened", opened_at__isnull=False),
        indexed("message", "clicked_at", "message_clicked", clicked_at__isnull=False),
        migrations.RunSQL(WATCH, UNWATCH),
    ]
