"""A month of events whose time is over goes as a whole. Takes the table for milliseconds, and gives way to whoever holds it."""

from django.db import migrations

DROP_MONTH = """
CREATE FUNCTION events_drop_month(month text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF month !~ '^[0-9]{4}_[0-9]{2}$' OR to_date(month, 'YYYY_MM') > now() - interval '2 months' THEN
    RAISE EXCEPTION 'not a month that may go: %', month;
  END IF;
  PERFORM set_config('lock_timeout', '500ms', true);
  PERFORM pg_advisory_xact_lock(hashtext('events_make_month'));
  EXECUTE format('DROP TABLE IF EXISTS %I', 'events_event_' || month);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0013_reactions_by_customer")]

    operations = [migrations.RunSQL(DROP_MONTH, "DROP FUNCTION events_drop_month")]
