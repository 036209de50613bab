"""Moves of coupons only grow, but for one thing: whoever is forgotten leaves no order's number behind."""

from django.db import migrations

FORGETS = """
DROP TRIGGER couponmove_only_grows ON campaigns_couponmove;
CREATE TRIGGER couponmove_only_grows BEFORE UPDATE ON campaigns_couponmove FOR EACH ROW
  WHEN (NEW.order_number <> 'erased' OR (NEW.id, NEW.coupon_id, NEW.state, NEW.amount_fen, NEW.by, NEW.at)
                                        IS DISTINCT FROM (OLD.id, OLD.coupon_id, OLD.state, OLD.amount_fen, OLD.by, OLD.at))
  EXECUTE FUNCTION hutong_append_only();
CREATE TRIGGER couponmove_stays BEFORE DELETE ON campaigns_couponmove FOR EACH ROW EXECUTE FUNCTION hutong_append_only();
"""
ONLY_GROWS = """
DROP TRIGGER couponmove_stays ON campaigns_couponmove;
DROP TRIGGER couponmove_only_grows ON campaigns_couponmove;
CREATE TRIGGER couponmove_only_grows BEFORE UPDATE OR DELETE ON campaigns_couponmove FOR EACH ROW EXECUTE FUNCTION hutong_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_found_in_lists")]

    operations = [migrations.RunSQL(FORGETS, ONLY_GROWS)]
