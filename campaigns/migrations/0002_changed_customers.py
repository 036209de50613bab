"""Coupons and what became of messages can change a segment too."""

from django.db import migrations

WATCH = """
CREATE TRIGGER changed_insert AFTER INSERT ON campaigns_coupon REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('coupon');
CREATE TRIGGER changed_update AFTER UPDATE ON campaigns_coupon REFERENCING NEW TABLE AS changed_rows OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_both('coupon');

-- Leases and texts of messages change often and matter to nobody's segment: only the state and the receipts do.
CREATE FUNCTION campaigns_message_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT n.customer_id, 'message' FROM changed_rows n JOIN rows_before o USING (id)
   WHERE (n.state, n.delivered_at, n.opened_at, n.clicked_at, n.customer_id)
         IS DISTINCT FROM (o.state, o.delivered_at, o.opened_at, o.clicked_at, o.customer_id)
  UNION
  SELECT o.customer_id, 'message' FROM changed_rows n JOIN rows_before o USING (id) WHERE n.customer_id <> o.customer_id;
  RETURN NULL;
END $$;
CREATE TRIGGER changed_update AFTER UPDATE ON campaigns_message REFERENCING NEW TABLE AS changed_rows OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_changed();
CREATE TRIGGER couponmove_only_grows BEFORE UPDATE OR DELETE ON campaigns_couponmove FOR EACH ROW EXECUTE FUNCTION hutong_append_only();
"""

UNWATCH = """
DROP TRIGGER couponmove_only_grows ON campaigns_couponmove;
DROP TRIGGER changed_insert ON campaigns_coupon;
DROP TRIGGER changed_update ON campaigns_coupon;
DROP TRIGGER changed_update ON campaigns_message;
DROP FUNCTION campaigns_message_changed;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial"), ("customers", "0002_changed_customers")]

    operations = [migrations.RunSQL(WATCH, UNWATCH)]
