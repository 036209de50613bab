"""Assignments, messages, coupons and goals say of which campaign or journey the report is behind (campaigns/reports/deriving.py)."""

from django.db import migrations

MARK = "INSERT INTO campaigns_reportmark (subject, month) SELECT DISTINCT"
MONTH = "date_trunc('month', {} AT TIME ZONE 'UTC')::date"
OF_MESSAGE = "coalesce('campaign:' || {0}.campaign_id, 'journey:' || {0}.journey_id)"
ASSIGNED = MONTH.format("at")
WRITTEN = MONTH.format("m.created_at")
REPORTED = "NOT m.is_test AND (m.campaign_id IS NOT NULL OR m.journey_id IS NOT NULL)"
COUNTED = ", ".join(
    "{0}." + column
    for column in (
        "customer_id state reason channel cost sent_at delivered_at opened_at clicked_at machine_opened_at machine_clicked_at unsubscribed_at"
    ).split()
)

TRIGGERS = f"""
CREATE FUNCTION campaigns_assignment_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    {MARK} subject, {ASSIGNED} FROM new_rows;
  ELSE
    {MARK} subject, {ASSIGNED} FROM old_rows;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER marks_insert AFTER INSERT ON campaigns_assignment REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_assignment_marks();
CREATE TRIGGER marks_update AFTER UPDATE ON campaigns_assignment REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_assignment_marks();

CREATE FUNCTION campaigns_message_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    {MARK} {OF_MESSAGE.format("m")}, {WRITTEN} FROM new_rows m WHERE {REPORTED};
  ELSE
    {MARK} {OF_MESSAGE.format("m")}, {WRITTEN} FROM new_rows m JOIN old_rows o USING (id)
     WHERE {REPORTED} AND ({COUNTED.format("m")}) IS DISTINCT FROM ({COUNTED.format("o")});
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER marks_insert AFTER INSERT ON campaigns_message REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_marks();
CREATE TRIGGER marks_update AFTER UPDATE ON campaigns_message REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_marks();

CREATE FUNCTION campaigns_couponmove_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {MARK} c.issued_by, {MONTH.format("c.issued_at")} FROM new_rows v JOIN campaigns_coupon c ON c.id = v.coupon_id
   WHERE c.issued_by LIKE 'campaign:%' OR c.issued_by LIKE 'journey:%';
  RETURN NULL;
END $$;
CREATE TRIGGER marks_insert AFTER INSERT ON campaigns_couponmove REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_couponmove_marks();

CREATE FUNCTION campaigns_goalreached_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {MARK} a.subject, {MONTH.format("a.at")} FROM new_rows g JOIN campaigns_run r ON r.id = g.run_id
    JOIN campaigns_assignment a ON a.customer_id = r.customer_id AND a.subject = 'journey:' || r.journey_id;
  RETURN NULL;
END $$;
CREATE TRIGGER marks_insert AFTER INSERT ON campaigns_goalreached REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_goalreached_marks();

{MARK} subject, {ASSIGNED} FROM campaigns_assignment;
{MARK} {OF_MESSAGE.format("m")}, {WRITTEN} FROM campaigns_message m WHERE {REPORTED};
INSERT INTO campaigns_reportmark (subject, month)
  SELECT DISTINCT 'workspace', date_trunc('month', paid_at AT TIME ZONE 'UTC')::date FROM events_order WHERE paid_at IS NOT NULL;
"""
DROP = """
DROP TRIGGER marks_insert ON campaigns_goalreached;
DROP FUNCTION campaigns_goalreached_marks;
DROP TRIGGER marks_insert ON campaigns_couponmove;
DROP FUNCTION campaigns_couponmove_marks;
DROP TRIGGER marks_insert ON campaigns_message;
DROP TRIGGER marks_update ON campaigns_message;
DROP FUNCTION campaigns_message_marks;
DROP TRIGGER marks_insert ON campaigns_assignment;
DROP TRIGGER marks_update ON campaigns_assignment;
DROP FUNCTION campaigns_assignment_marks;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0033_reports"), ("events", "0022_product_margin")]

    operations = [migrations.RunSQL(TRIGGERS, DROP)]
