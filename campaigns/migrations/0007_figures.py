"""Messages and moves of coupons say by how much their figures changed, and which orders' money may be credited anew."""

from django.db import migrations

FIGURES = """
CREATE FUNCTION campaigns_message_figures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT 'message:' || state, date_bin('15 minutes', created_at, 'epoch'), count(*), 0 FROM new_rows GROUP BY 1, 2;
    -- What comes in already sent may stand before orders that were credited to another.
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT DISTINCT 'attributed', date_bin('15 minutes', o.paid_at, 'epoch'), 0, 0
      FROM new_rows m JOIN events_order o ON o.customer_id = m.customer_id AND o.paid_at >= m.sent_at
     WHERE m.sent_at < now() - interval '5 minutes';
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT 'message:' || state, date_bin('15 minutes', created_at, 'epoch'), -count(*), 0 FROM old_rows GROUP BY 1, 2;
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT DISTINCT 'attributed', date_bin('15 minutes', o.paid_at, 'epoch'), 0, 0
      FROM old_rows m JOIN events_order o ON o.customer_id = m.customer_id AND o.paid_at >= m.sent_at;
  ELSE
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT name, at, sum(n), 0 FROM (
      SELECT 'message:' || state AS name, date_bin('15 minutes', created_at, 'epoch') AS at, 1 AS n FROM new_rows
      UNION ALL
      SELECT 'message:' || state, date_bin('15 minutes', created_at, 'epoch'), -1 FROM old_rows) r
     GROUP BY 1, 2 HAVING sum(n) <> 0;
    -- Moved by a merge, or sent (or no longer sent) some time ago.
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT DISTINCT 'attributed', date_bin('15 minutes', o.paid_at, 'epoch'), 0, 0
      FROM new_rows m JOIN old_rows b USING (id)
      JOIN events_order o ON o.customer_id IN (m.customer_id, b.customer_id) AND o.paid_at >= least(m.sent_at, b.sent_at)
     WHERE (m.customer_id, m.state = 'sent', m.sent_at) IS DISTINCT FROM (b.customer_id, b.state = 'sent', b.sent_at)
       AND (m.customer_id <> b.customer_id OR least(m.sent_at, b.sent_at) < now() - interval '5 minutes');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER figures_insert AFTER INSERT ON campaigns_message REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_figures();
CREATE TRIGGER figures_update AFTER UPDATE ON campaigns_message REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_figures();
CREATE TRIGGER figures_delete AFTER DELETE ON campaigns_message REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_figures();

-- Moves only grow.
CREATE FUNCTION campaigns_couponmove_figures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events_figurechange (name, at, n, fen)
  SELECT 'coupon:' || state, date_bin('15 minutes', at, 'epoch'), count(*), sum(amount_fen) FROM new_rows GROUP BY 1, 2;
  RETURN NULL;
END $$;
CREATE TRIGGER figures_insert AFTER INSERT ON campaigns_couponmove REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_couponmove_figures();
"""
DROP = """
DROP TRIGGER figures_insert ON campaigns_couponmove;
DROP FUNCTION campaigns_couponmove_figures;
DROP TRIGGER figures_insert ON campaigns_message;
DROP TRIGGER figures_update ON campaigns_message;
DROP TRIGGER figures_delete ON campaigns_message;
DROP FUNCTION campaigns_message_figures;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0006_links"), ("events", "0007_figures")]

    operations = [migrations.RunSQL(FIGURES, DROP)]
