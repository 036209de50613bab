"""The events table by hand: LIST on `odd`, then RANGE by month (decision 5), and the ledger that keeps ids for ever."""

from django.db import migrations

EVENTS = """
CREATE SEQUENCE events_event_id_seq;

CREATE TABLE events_event (
  id bigint NOT NULL DEFAULT nextval('events_event_id_seq'),
  source_id bigint NOT NULL,
  name_id integer NOT NULL,
  customer_id integer NOT NULL,
  origin_customer_id integer NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  odd boolean NOT NULL DEFAULT false,
  timing smallint NOT NULL DEFAULT 0,
  external_id text NOT NULL,
  amount_fen bigint,
  keys text[],
  properties jsonb NOT NULL DEFAULT '{}',
  context jsonb NOT NULL DEFAULT '{}',
  personal bytea
) PARTITION BY LIST (odd);
ALTER SEQUENCE events_event_id_seq OWNED BY events_event.id;

CREATE TABLE events_event_odd PARTITION OF events_event FOR VALUES IN (true);
CREATE TABLE events_event_even PARTITION OF events_event FOR VALUES IN (false) PARTITION BY RANGE (occurred_at);

-- The timeline of one customer; pointers to events are (id, occurred_at) and are followed by customer and time.
CREATE INDEX event_customer ON events_event (customer_id, occurred_at) INCLUDE (name_id);
-- Who did X in a window, and for how much: answered from the index alone.
CREATE INDEX event_name ON events_event (name_id, occurred_at) INCLUDE (customer_id, amount_fen);
-- Ids grow as rows are appended: a block range finds one of them for a thousandth of a btree's cost.
CREATE INDEX event_id ON events_event USING brin (id) WITH (pages_per_range = 16);

-- A partition of this month cannot be made while rows of it stand in a default partition, so there is none.
CREATE FUNCTION events_make_month(month date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  partition text := 'events_event_' || to_char(month, 'YYYY_MM');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('events_make_month'));
  IF to_regclass(partition) IS NOT NULL THEN RETURN false; END IF;
  -- LIKE and ATTACH take a weaker lock on the parent than CREATE ... PARTITION OF: ingest goes on.
  EXECUTE format('CREATE TABLE %I (LIKE events_event_even INCLUDING DEFAULTS)', partition);
  EXECUTE format('ALTER TABLE %I SET (autovacuum_vacuum_insert_scale_factor = 0.05)', partition);
  EXECUTE format('ALTER TABLE events_event_even ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition,
                 month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
  RETURN true;
END $$;
"""

LEDGER = """
CREATE TABLE events_ledger (
  source_id bigint NOT NULL,
  id_hash bytea NOT NULL,
  fingerprint bytea NOT NULL,
  PRIMARY KEY (source_id, id_hash)
) PARTITION BY HASH (id_hash);
""" + "\n".join(
    f"CREATE TABLE events_ledger_{n:02d} PARTITION OF events_ledger FOR VALUES WITH (MODULUS 16, REMAINDER {n});" for n in range(16)
)

WATCH = """
CREATE TRIGGER changed_insert AFTER INSERT ON events_event REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('event');
CREATE TRIGGER changed_update AFTER UPDATE ON events_event REFERENCING NEW TABLE AS changed_rows OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_both('event');
CREATE TRIGGER changed_insert AFTER INSERT ON events_order REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('order');
CREATE TRIGGER changed_update AFTER UPDATE ON events_order REFERENCING NEW TABLE AS changed_rows OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_both('order');
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("customers", "0002_changed_customers")]

    operations = [
        migrations.RunSQL(EVENTS, "DROP TABLE events_event; DROP FUNCTION events_make_month"),
        migrations.RunSQL(LEDGER, "DROP TABLE events_ledger"),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
