"""Interests in force name the customers concerned when they change (decision 8); a version that is still being counted stays silent."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION hutong_changed_interest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT customer_id, 'interest' FROM changed_rows WHERE version IN (SELECT current FROM events_interestsettings);
  RETURN NULL;
END $$;

CREATE FUNCTION hutong_changed_interest_both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT customer_id, 'interest' FROM changed_rows WHERE version IN (SELECT current FROM events_interestsettings)
  UNION SELECT customer_id, 'interest' FROM rows_before WHERE version IN (SELECT current FROM events_interestsettings);
  RETURN NULL;
END $$;

CREATE TRIGGER changed_insert AFTER INSERT ON events_interest REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_interest();
CREATE TRIGGER changed_update AFTER UPDATE ON events_interest REFERENCING NEW TABLE AS changed_rows OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_interest_both();
CREATE TRIGGER changed_delete AFTER DELETE ON events_interest REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_interest();
"""
DROP = """
DROP TRIGGER changed_insert ON events_interest; DROP TRIGGER changed_update ON events_interest; DROP TRIGGER changed_delete ON events_interest;
DROP FUNCTION hutong_changed_interest, hutong_changed_interest_both;
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0008_lifecycle")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
