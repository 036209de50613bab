-- Written by `make schema`; read by crm_project/db/schema.py.
SET LOCAL check_function_bodies = false;
SET LOCAL search_path = '';
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE FUNCTION public.campaigns_assignment_marks() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO campaigns_reportmark (subject, month) SELECT DISTINCT subject, date_trunc('month', at AT TIME ZONE 'UTC')::date FROM new_rows;
  ELSE
    INSERT INTO campaigns_reportmark (subject, month) SELECT DISTINCT subject, date_trunc('month', at AT TIME ZONE 'UTC')::date FROM old_rows;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_couponmove_figures() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO events_figurechange (name, at, n, fen)
  SELECT 'coupon:' || state, date_bin('15 minutes', at, 'epoch'), count(*), sum(amount_fen) FROM new_rows GROUP BY 1, 2;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_couponmove_marks() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO campaigns_reportmark (subject, month) SELECT DISTINCT c.issued_by, date_trunc('month', c.issued_at AT TIME ZONE 'UTC')::date FROM new_rows v JOIN campaigns_coupon c ON c.id = v.coupon_id
   WHERE c.issued_by LIKE 'campaign:%' OR c.issued_by LIKE 'journey:%';
  INSERT INTO campaigns_reportmark (subject, month) SELECT DISTINCT a.subject, date_trunc('month', a.at AT TIME ZONE 'UTC')::date FROM new_rows v JOIN campaigns_coupon c ON c.id = v.coupon_id
    JOIN campaigns_couponbatch b ON b.id = c.batch_id
    JOIN campaigns_assignment a ON a.customer_id = c.customer_id AND (a.subject = c.issued_by OR a.subject LIKE c.issued_by || ':%')
   WHERE b.kind = 'exchange' AND v.state NOT IN ('pending', 'issued') AND c.issued_by <> '';
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_couponmove_numbers() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
  SELECT r.journey_id, 0, c.step, 'coupon', v.state, CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END,
         campaigns_day(v.at), count(*)
    FROM new_rows v JOIN campaigns_coupon c ON c.id = v.coupon_id JOIN campaigns_run r ON r.id = c.run_id
   WHERE c.step <> '' GROUP BY 1, 3, 5, 6, 7;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_day(at timestamp with time zone) RETURNS date
    LANGUAGE sql STABLE
    AS $$ SELECT (at AT TIME ZONE coalesce((SELECT time_zone FROM customers_workspace), 'UTC'))::date $$;

CREATE FUNCTION public.campaigns_goal_numbers() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  
INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
SELECT r.journey_id, r.version_id, '', 'goal', '', CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END,
       campaigns_day(g.at), count(*)
  FROM new_rows g JOIN campaigns_run r ON r.id = g.run_id GROUP BY 1, 2, 6, 7;

  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_goalreached_marks() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO campaigns_reportmark (subject, month) SELECT DISTINCT a.subject, date_trunc('month', a.at AT TIME ZONE 'UTC')::date FROM new_rows g JOIN campaigns_run r ON r.id = g.run_id
    JOIN campaigns_assignment a ON a.customer_id = r.customer_id AND a.subject = 'journey:' || r.journey_id;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_message_came_sent() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what) SELECT DISTINCT customer_id, 'message' FROM changed_rows WHERE sent_at IS NOT NULL;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_message_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT n.customer_id, 'message' FROM changed_rows n JOIN rows_before o USING (id)
   WHERE (n.state, n.delivered_at, n.opened_at, n.clicked_at, n.customer_id)
         IS DISTINCT FROM (o.state, o.delivered_at, o.opened_at, o.clicked_at, o.customer_id)
  UNION
  SELECT o.customer_id, 'message' FROM changed_rows n JOIN rows_before o USING (id) WHERE n.customer_id <> o.customer_id;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_message_figures() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT 'message:' || state, date_bin('15 minutes', created_at, 'epoch'), count(*), 0 FROM new_rows WHERE NOT is_test GROUP BY 1, 2;
    -- What comes in already sent may stand before orders that were credited to another.
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT DISTINCT 'attributed', date_bin('15 minutes', o.paid_at, 'epoch'), 0, 0
      FROM new_rows m JOIN events_order o ON o.customer_id = m.customer_id AND o.paid_at >= m.sent_at
     WHERE m.sent_at < hutong_now() - interval '5 minutes';
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT 'message:' || state, date_bin('15 minutes', created_at, 'epoch'), -count(*), 0 FROM old_rows WHERE NOT is_test GROUP BY 1, 2;
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT DISTINCT 'attributed', date_bin('15 minutes', o.paid_at, 'epoch'), 0, 0
      FROM old_rows m JOIN events_order o ON o.customer_id = m.customer_id AND o.paid_at >= m.sent_at;
  ELSE
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT name, at, sum(n), 0 FROM (
      SELECT 'message:' || state AS name, date_bin('15 minutes', created_at, 'epoch') AS at, 1 AS n FROM new_rows WHERE NOT is_test
      UNION ALL
      SELECT 'message:' || state, date_bin('15 minutes', created_at, 'epoch'), -1 FROM old_rows WHERE NOT is_test) r
     GROUP BY 1, 2 HAVING sum(n) <> 0;
    -- Moved by a merge, or sent (or no longer sent) some time ago.
    INSERT INTO events_figurechange (name, at, n, fen)
    SELECT DISTINCT 'attributed', date_bin('15 minutes', o.paid_at, 'epoch'), 0, 0
      FROM new_rows m JOIN old_rows b USING (id)
      JOIN events_order o ON o.customer_id IN (m.customer_id, b.customer_id) AND o.paid_at >= least(m.sent_at, b.sent_at)
     WHERE (m.customer_id, m.state = 'sent', m.sent_at) IS DISTINCT FROM (b.customer_id, b.state = 'sent', b.sent_at)
       AND (m.customer_id <> b.customer_id OR least(m.sent_at, b.sent_at) < hutong_now() - interval '5 minutes');
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_message_marks() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO campaigns_reportmark (subject, month) SELECT DISTINCT coalesce('campaign:' || m.campaign_id, 'journey:' || m.journey_id), date_trunc('month', m.created_at AT TIME ZONE 'UTC')::date FROM new_rows m WHERE NOT m.is_test AND (m.campaign_id IS NOT NULL OR m.journey_id IS NOT NULL);
  ELSE
    INSERT INTO campaigns_reportmark (subject, month) SELECT DISTINCT coalesce('campaign:' || m.campaign_id, 'journey:' || m.journey_id), date_trunc('month', m.created_at AT TIME ZONE 'UTC')::date FROM new_rows m JOIN old_rows o USING (id)
     WHERE NOT m.is_test AND (m.campaign_id IS NOT NULL OR m.journey_id IS NOT NULL) AND (m.customer_id, m.state, m.reason, m.channel, m.cost, m.sent_at, m.delivered_at, m.opened_at, m.clicked_at, m.machine_opened_at, m.machine_clicked_at, m.unsubscribed_at) IS DISTINCT FROM (o.customer_id, o.state, o.reason, o.channel, o.cost, o.sent_at, o.delivered_at, o.opened_at, o.clicked_at, o.machine_opened_at, o.machine_clicked_at, o.unsubscribed_at);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_message_numbers() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
    SELECT r.journey_id, 0, m.step, 'message', m.state || CASE WHEN m.state IN ('skipped', 'failed') THEN ':' || m.reason ELSE '' END,
           CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END, campaigns_day(m.created_at), count(*)
      FROM new_rows m JOIN campaigns_run r ON r.id = m.run_id WHERE m.run_id IS NOT NULL GROUP BY 1, 3, 5, 6, 7;
  ELSE
    INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
    SELECT r.journey_id, 0, c.step, 'message', c.way, CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END,
           campaigns_day(c.created_at), sum(c.n)
      FROM (SELECT n.run_id, n.step, n.created_at, v.way, v.n
              FROM new_rows n JOIN old_rows o USING (id)
             CROSS JOIN LATERAL (VALUES
               (n.state || CASE WHEN n.state IN ('skipped', 'failed') THEN ':' || n.reason ELSE '' END, 1),
               (o.state || CASE WHEN o.state IN ('skipped', 'failed') THEN ':' || o.reason ELSE '' END, -1)) v(way, n)
             WHERE n.run_id IS NOT NULL AND (n.state <> o.state OR n.state IN ('skipped', 'failed') AND n.reason <> o.reason)) c
      JOIN campaigns_run r ON r.id = c.run_id GROUP BY 1, 3, 5, 6, 7 HAVING sum(c.n) <> 0;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_run_numbers() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE today date := campaigns_day(hutong_now());
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
    SELECT journey_id, version_id, '', 'entered', '', CASE WHEN is_held_out THEN 'held_out' ELSE 'treated' END,
           campaigns_day(entered_at), count(*) FROM new_rows GROUP BY 1, 2, 6, 7
    UNION ALL
    SELECT journey_id, version_id, step, 'stand', '', CASE WHEN is_held_out THEN 'held_out' ELSE 'treated' END, today, count(*)
      FROM new_rows WHERE state = 'active' GROUP BY 1, 2, 3, 6
    UNION ALL
    SELECT journey_id, version_id, '', 'ended', state || ':' || outcome, CASE WHEN is_held_out THEN 'held_out' ELSE 'treated' END,
           campaigns_day(coalesce(ended_at, entered_at)), count(*)
      FROM new_rows WHERE state <> 'active' GROUP BY 1, 2, 5, 6, 7;
  ELSE
    INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
    SELECT journey_id, version_id, step, 'stand', '', CASE WHEN is_held_out THEN 'held_out' ELSE 'treated' END, today, sum(n)
      FROM (SELECT journey_id, version_id, step, is_held_out, 1 AS n FROM new_rows WHERE state = 'active'
            UNION ALL SELECT journey_id, version_id, step, is_held_out, -1 FROM old_rows WHERE state = 'active') r
     GROUP BY 1, 2, 3, 6 HAVING sum(n) <> 0
    UNION ALL
    SELECT journey_id, version_id, '', 'ended', way, arm, day, sum(n)
      FROM (SELECT journey_id, version_id, state || ':' || outcome AS way,
                   CASE WHEN is_held_out THEN 'held_out' ELSE 'treated' END AS arm, campaigns_day(coalesce(ended_at, entered_at)) AS day, 1 AS n
              FROM new_rows WHERE state <> 'active'
            UNION ALL
            SELECT journey_id, version_id, state || ':' || outcome,
                   CASE WHEN is_held_out THEN 'held_out' ELSE 'treated' END, campaigns_day(coalesce(ended_at, entered_at)), -1
              FROM old_rows WHERE state <> 'active') r
     GROUP BY 1, 2, 5, 6, 7 HAVING sum(n) <> 0
    UNION ALL
    SELECT journey_id, version_id, '', 'entered', '', arm, day, sum(n)
      FROM (SELECT n.journey_id, n.version_id, CASE WHEN n.is_held_out THEN 'held_out' ELSE 'treated' END AS arm,
                   campaigns_day(n.entered_at) AS day, 1 AS n FROM new_rows n JOIN old_rows o USING (id)
             WHERE (n.is_held_out, n.version_id) <> (o.is_held_out, o.version_id)
            UNION ALL
            SELECT o.journey_id, o.version_id, CASE WHEN o.is_held_out THEN 'held_out' ELSE 'treated' END,
                   campaigns_day(o.entered_at), -1 FROM new_rows n JOIN old_rows o USING (id)
             WHERE (n.is_held_out, n.version_id) <> (o.is_held_out, o.version_id)) r
     GROUP BY 1, 2, 6, 7 HAVING sum(n) <> 0
    UNION ALL
    SELECT v.journey_id, v.version_id, '', 'goal', '', CASE WHEN v.is_held_out THEN 'held_out' ELSE 'treated' END,
           campaigns_day(g.at), sum(v.n)
      FROM new_rows n JOIN old_rows o USING (id) JOIN campaigns_goalreached g ON g.run_id = n.id
     CROSS JOIN LATERAL (VALUES (n.journey_id, n.version_id, n.is_held_out, 1),
                                (o.journey_id, o.version_id, o.is_held_out, -1)) v(journey_id, version_id, is_held_out, n)
     WHERE (n.is_held_out, n.version_id) <> (o.is_held_out, o.version_id)
     GROUP BY 1, 2, 6, 7 HAVING sum(v.n) <> 0;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION public.campaigns_runstep_numbers() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
  SELECT r.journey_id, r.version_id, s.step, 'left', s.way, CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END,
         campaigns_day(s.at), count(*)
    FROM new_rows s JOIN campaigns_run r ON r.id = s.run_id GROUP BY 1, 2, 3, 5, 6, 7;
  RETURN NULL;
END $$;

CREATE FUNCTION public.customers_customer_figures() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (
SELECT 'customer' AS name, date_bin('15 minutes', first_seen_at, 'epoch') AS at, 1 AS n, 0 AS fen
  FROM new_rows WHERE merged_into_id IS NULL AND erased_at IS NULL) r GROUP BY 1, 2;
      ELSIF TG_OP = 'DELETE' THEN INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (SELECT name, at, -n AS n, -fen AS fen FROM (
SELECT 'customer' AS name, date_bin('15 minutes', first_seen_at, 'epoch') AS at, 1 AS n, 0 AS fen
  FROM old_rows WHERE merged_into_id IS NULL AND erased_at IS NULL) o) r GROUP BY 1, 2;
      ELSE INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (
SELECT 'customer' AS name, date_bin('15 minutes', first_seen_at, 'epoch') AS at, 1 AS n, 0 AS fen
  FROM new_rows WHERE merged_into_id IS NULL AND erased_at IS NULL UNION ALL SELECT name, at, -n AS n, -fen AS fen FROM (
SELECT 'customer' AS name, date_bin('15 minutes', first_seen_at, 'epoch') AS at, 1 AS n, 0 AS fen
  FROM old_rows WHERE merged_into_id IS NULL AND erased_at IS NULL) o) r GROUP BY 1, 2 HAVING sum(n) <> 0;
      END IF;
      RETURN NULL;
    END $$;

CREATE FUNCTION public.customers_name_grams(name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
  SELECT array_agg(DISTINCT substr(lower(name), place, size)) FROM generate_series(1, char_length(name)) place, generate_series(1, 2) size
$$;

CREATE FUNCTION public.events_customerstage_figures() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (SELECT 'stage:' || stage AS name, timestamptz 'epoch' AS at, 1 AS n, 0 AS fen FROM new_rows) r GROUP BY 1, 2;
      ELSIF TG_OP = 'DELETE' THEN INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (SELECT name, at, -n AS n, -fen AS fen FROM (SELECT 'stage:' || stage AS name, timestamptz 'epoch' AS at, 1 AS n, 0 AS fen FROM old_rows) o) r GROUP BY 1, 2;
      ELSE INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (SELECT 'stage:' || stage AS name, timestamptz 'epoch' AS at, 1 AS n, 0 AS fen FROM new_rows UNION ALL SELECT name, at, -n AS n, -fen AS fen FROM (SELECT 'stage:' || stage AS name, timestamptz 'epoch' AS at, 1 AS n, 0 AS fen FROM old_rows) o) r GROUP BY 1, 2 HAVING sum(n) <> 0;
      END IF;
      RETURN NULL;
    END $$;

CREATE FUNCTION public.events_drop_month(month text) RETURNS void
    LANGUAGE plpgsql
    AS $_$
BEGIN
  IF month !~ '^[0-9]{4}_[0-9]{2}$' OR to_date(month, 'YYYY_MM') > hutong_now() - interval '2 months' THEN
    RAISE EXCEPTION 'not a month that may go: %', month;
  END IF;
  PERFORM set_config('lock_timeout', '500ms', true);
  PERFORM pg_advisory_xact_lock(hashtext('events_make_month'));
  EXECUTE format('DROP TABLE IF EXISTS %I', 'events_event_' || month);
END $_$;

CREATE FUNCTION public.events_make_month(month date) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.events_order_figures() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (
SELECT v.name, date_bin('15 minutes', paid_at, 'epoch') AS at, v.n, v.fen FROM new_rows
 CROSS JOIN LATERAL (VALUES ('order', 1, paid_fen), ('order_refunded', (refunded_fen > 0)::int, paid_fen - net_fen), ('order_net', 1, net_fen)) v(name, n, fen)
 WHERE paid_at IS NOT NULL) r GROUP BY 1, 2;
      ELSIF TG_OP = 'DELETE' THEN INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (SELECT name, at, -n AS n, -fen AS fen FROM (
SELECT v.name, date_bin('15 minutes', paid_at, 'epoch') AS at, v.n, v.fen FROM old_rows
 CROSS JOIN LATERAL (VALUES ('order', 1, paid_fen), ('order_refunded', (refunded_fen > 0)::int, paid_fen - net_fen), ('order_net', 1, net_fen)) v(name, n, fen)
 WHERE paid_at IS NOT NULL) o) r GROUP BY 1, 2;
      ELSE INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (
SELECT v.name, date_bin('15 minutes', paid_at, 'epoch') AS at, v.n, v.fen FROM new_rows
 CROSS JOIN LATERAL (VALUES ('order', 1, paid_fen), ('order_refunded', (refunded_fen > 0)::int, paid_fen - net_fen), ('order_net', 1, net_fen)) v(name, n, fen)
 WHERE paid_at IS NOT NULL UNION ALL SELECT name, at, -n AS n, -fen AS fen FROM (
SELECT v.name, date_bin('15 minutes', paid_at, 'epoch') AS at, v.n, v.fen FROM old_rows
 CROSS JOIN LATERAL (VALUES ('order', 1, paid_fen), ('order_refunded', (refunded_fen > 0)::int, paid_fen - net_fen), ('order_net', 1, net_fen)) v(name, n, fen)
 WHERE paid_at IS NOT NULL) o) r GROUP BY 1, 2 ;
      END IF;
      RETURN NULL;
    END $$;

CREATE FUNCTION public.events_stagechange_figures() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (SELECT 'moved:' || after AS name, date_bin('15 minutes', at, 'epoch') AS at, 1 AS n, 0 AS fen FROM new_rows) r GROUP BY 1, 2;
      ELSIF TG_OP = 'DELETE' THEN INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (SELECT name, at, -n AS n, -fen AS fen FROM (SELECT 'moved:' || after AS name, date_bin('15 minutes', at, 'epoch') AS at, 1 AS n, 0 AS fen FROM old_rows) o) r GROUP BY 1, 2;
      ELSE INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM (SELECT 'moved:' || after AS name, date_bin('15 minutes', at, 'epoch') AS at, 1 AS n, 0 AS fen FROM new_rows UNION ALL SELECT name, at, -n AS n, -fen AS fen FROM (SELECT 'moved:' || after AS name, date_bin('15 minutes', at, 'epoch') AS at, 1 AS n, 0 AS fen FROM old_rows) o) r GROUP BY 1, 2 HAVING sum(n) <> 0;
      END IF;
      RETURN NULL;
    END $$;

CREATE FUNCTION public.hutong_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.hutong_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT customer_id, TG_ARGV[0] FROM changed_rows;
  RETURN NULL;
END $$;

CREATE FUNCTION public.hutong_changed_both() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT customer_id, TG_ARGV[0] FROM changed_rows UNION SELECT customer_id, TG_ARGV[0] FROM rows_before;
  RETURN NULL;
END $$;

CREATE FUNCTION public.hutong_changed_by_line() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT o.customer_id, 'order' FROM changed_rows c JOIN events_order o ON o.id = c.order_id;
  RETURN NULL;
END $$;

CREATE FUNCTION public.hutong_changed_by_refund() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT o.customer_id, 'order' FROM changed_rows c
  JOIN events_order o ON o.namespace_id = c.namespace_id AND o.number = c.order_number;
  RETURN NULL;
END $$;

CREATE FUNCTION public.hutong_changed_interest() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT customer_id, 'interest' FROM changed_rows WHERE version IN (SELECT current FROM events_interestsettings);
  RETURN NULL;
END $$;

CREATE FUNCTION public.hutong_changed_interest_both() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT customer_id, 'interest' FROM changed_rows WHERE version IN (SELECT current FROM events_interestsettings)
  UNION SELECT customer_id, 'interest' FROM rows_before WHERE version IN (SELECT current FROM events_interestsettings);
  RETURN NULL;
END $$;

CREATE FUNCTION public.hutong_changed_self() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what) SELECT id, TG_ARGV[0] FROM changed_rows;
  RETURN NULL;
END $$;

CREATE FUNCTION public.hutong_membership_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT customer_id, 'membership' FROM changed_rows WHERE segment_id IN (SELECT segment_id FROM customers_tag);
  RETURN NULL;
END $$;

CREATE FUNCTION public.hutong_now() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT statement_timestamp() $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);

ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);

ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_user (
    id integer NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL
);

CREATE TABLE public.auth_user_groups (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    group_id integer NOT NULL
);

ALTER TABLE public.auth_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.auth_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_user_user_permissions (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.auth_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_armfigure (
    id bigint NOT NULL,
    of character varying(60) NOT NULL,
    subject character varying(60) NOT NULL,
    month date NOT NULL,
    goal character varying(10) NOT NULL,
    arm character varying(40) NOT NULL,
    places bigint NOT NULL,
    people bigint NOT NULL,
    converted bigint NOT NULL,
    orders bigint NOT NULL,
    net_fen bigint NOT NULL,
    net_squares numeric(40,0) NOT NULL,
    gain_fen bigint NOT NULL,
    gain_squares numeric(40,0) NOT NULL,
    discount_fen bigint NOT NULL,
    last_at timestamp with time zone NOT NULL,
    given_fen bigint DEFAULT 0 NOT NULL
);

ALTER TABLE public.campaigns_armfigure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_armfigure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_assignment (
    id bigint NOT NULL,
    subject character varying(60) NOT NULL,
    arm character varying(40) NOT NULL,
    at timestamp with time zone NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL
);

ALTER TABLE public.campaigns_assignment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_assignment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_batchcode (
    id bigint NOT NULL,
    code bytea NOT NULL,
    code_digest character varying(24) NOT NULL,
    batch_id bigint NOT NULL
);

ALTER TABLE public.campaigns_batchcode ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_batchcode_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_campaign (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    name character varying(100) NOT NULL,
    starts_at timestamp with time zone,
    status character varying(10) NOT NULL,
    content jsonb NOT NULL,
    channel character varying(30) NOT NULL,
    purpose character varying(20) NOT NULL,
    cursor integer NOT NULL,
    audience integer,
    launched_at timestamp with time zone,
    ended_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    launched_by_id integer,
    segment_id bigint,
    coupon_batch_id bigint,
    template_id bigint,
    wait jsonb,
    alternatives jsonb DEFAULT '[]'::jsonb NOT NULL,
    holdout_percent smallint DEFAULT 0 NOT NULL,
    after_id bigint,
    after_what character varying(12) DEFAULT ''::character varying NOT NULL,
    is_urgent boolean DEFAULT false NOT NULL,
    owner_id integer,
    passes_caps boolean DEFAULT false NOT NULL,
    per_hour integer,
    schedule jsonb,
    store_id bigint,
    b_coupon_batch_id bigint,
    b_hours smallint DEFAULT 0 NOT NULL,
    b_share smallint,
    b_template_id bigint,
    c_coupon_batch_id bigint,
    c_hours smallint DEFAULT 0 NOT NULL,
    c_share smallint,
    c_template_id bigint,
    decide_hours smallint DEFAULT 72 NOT NULL,
    goal_category character varying(200) DEFAULT ''::character varying NOT NULL,
    goal_product_id bigint,
    metric character varying(10) DEFAULT 'bought'::character varying NOT NULL,
    test_percent smallint DEFAULT 100 NOT NULL,
    to_rest character varying(10) DEFAULT 'by_hand'::character varying NOT NULL,
    variants smallint DEFAULT 1 NOT NULL,
    CONSTRAINT campaigns_campaign_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT campaigns_campaign_audience_check CHECK ((audience >= 0)),
    CONSTRAINT campaigns_campaign_b_hours_check CHECK ((b_hours >= 0)),
    CONSTRAINT campaigns_campaign_b_share_check CHECK ((b_share >= 0)),
    CONSTRAINT campaigns_campaign_c_hours_check CHECK ((c_hours >= 0)),
    CONSTRAINT campaigns_campaign_c_share_check CHECK ((c_share >= 0)),
    CONSTRAINT campaigns_campaign_decide_hours_check CHECK ((decide_hours >= 0)),
    CONSTRAINT campaigns_campaign_holdout_percent_check CHECK ((holdout_percent >= 0)),
    CONSTRAINT campaigns_campaign_per_hour_check CHECK ((per_hour >= 0)),
    CONSTRAINT campaigns_campaign_test_percent_check CHECK ((test_percent >= 0)),
    CONSTRAINT campaigns_campaign_variants_check CHECK ((variants >= 0))
);

ALTER TABLE public.campaigns_campaign ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_campaign_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_campaign_more_segments (
    id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    segment_id bigint NOT NULL
);

ALTER TABLE public.campaigns_campaign_more_segments ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_campaign_more_segments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_campaign_without_segments (
    id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    segment_id bigint NOT NULL
);

ALTER TABLE public.campaigns_campaign_without_segments ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_campaign_without_segments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_campaignslot (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    at timestamp with time zone NOT NULL,
    subject character varying(60),
    state character varying(10) NOT NULL,
    audience integer,
    cursor integer NOT NULL,
    wait jsonb NOT NULL,
    began_at timestamp with time zone,
    ended_at timestamp with time zone,
    campaign_id bigint NOT NULL,
    version_id bigint NOT NULL,
    counted jsonb,
    decide_at timestamp with time zone,
    wave smallint DEFAULT 0 NOT NULL,
    winner character varying(10) DEFAULT ''::character varying NOT NULL,
    winner_at timestamp with time zone,
    winner_by_id integer,
    CONSTRAINT campaigns_campaignslot_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT campaigns_campaignslot_audience_check CHECK ((audience >= 0)),
    CONSTRAINT campaigns_campaignslot_wave_check CHECK ((wave >= 0))
);

ALTER TABLE public.campaigns_campaignslot ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_campaignslot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_campaignversion (
    id bigint NOT NULL,
    number integer NOT NULL,
    definition jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    campaign_id bigint NOT NULL,
    made_by_id integer,
    CONSTRAINT campaigns_campaignversion_number_check CHECK ((number >= 0))
);

ALTER TABLE public.campaigns_campaignversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_campaignversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_cap (
    id bigint NOT NULL,
    channel character varying(30) NOT NULL,
    purpose character varying(20) NOT NULL,
    seconds integer NOT NULL,
    "limit" integer NOT NULL,
    workspace_id bigint NOT NULL,
    CONSTRAINT campaigns_cap_limit_check CHECK (("limit" >= 0)),
    CONSTRAINT campaigns_cap_seconds_check CHECK ((seconds >= 0))
);

ALTER TABLE public.campaigns_cap ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_cap_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_coupon (
    id bigint NOT NULL,
    code bytea NOT NULL,
    code_digest character varying(24) NOT NULL,
    state character varying(10) NOT NULL,
    effect_key character varying(100) NOT NULL,
    issued_by character varying(60) NOT NULL,
    run_id bigint,
    issued_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone,
    valid_from timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    promised_fen bigint NOT NULL,
    order_number character varying(100) NOT NULL,
    reserved_until timestamp with time zone,
    redeemed_at timestamp with time zone,
    discount_fen bigint NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    batch_id bigint NOT NULL,
    step character varying(40) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT coupon_redeemed_has_order CHECK (((NOT ((state)::text = 'redeemed'::text)) OR ((redeemed_at IS NOT NULL) AND (NOT ((order_number)::text = ''::text)))))
);

ALTER TABLE public.campaigns_coupon ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_coupon_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_couponbatch (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    kind character varying(10) NOT NULL,
    amount_off_fen bigint,
    percent_off smallint,
    most_off_fen bigint,
    threshold_fen bigint NOT NULL,
    products character varying(128)[] NOT NULL,
    categories character varying(200)[] NOT NULL,
    valid_from timestamp with time zone,
    valid_until timestamp with time zone,
    valid_seconds integer,
    stock integer,
    per_customer smallint NOT NULL,
    budget_fen bigint,
    issued integer NOT NULL,
    promised_fen bigint NOT NULL,
    spent_fen bigint NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    namespace_id bigint NOT NULL,
    is_for_anyone boolean DEFAULT false NOT NULL,
    given_cost_fen bigint,
    code_mode character varying(10) DEFAULT 'generated'::character varying NOT NULL,
    codes_left integer DEFAULT 0 NOT NULL,
    shared_code character varying(40) DEFAULT ''::character varying NOT NULL,
    shared_digest character varying(24) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT batch_budget_needs_a_most CHECK (((budget_fen IS NULL) OR (NOT ((kind)::text = 'percent'::text)) OR (most_off_fen IS NOT NULL))),
    CONSTRAINT batch_has_its_value CHECK ((((amount_off_fen IS NOT NULL) AND ((kind)::text = 'amount'::text)) OR (((kind)::text = 'percent'::text) AND (percent_off IS NOT NULL)) OR ((kind)::text = 'exchange'::text))),
    CONSTRAINT batch_is_not_oversold CHECK (((stock IS NULL) OR (issued <= stock))),
    CONSTRAINT batch_keeps_its_budget CHECK (((budget_fen IS NULL) OR (budget_fen >= (promised_fen + spent_fen)))),
    CONSTRAINT batch_money_is_positive CHECK (((promised_fen >= 0) AND (spent_fen >= 0))),
    CONSTRAINT campaigns_couponbatch_codes_left_check CHECK ((codes_left >= 0)),
    CONSTRAINT campaigns_couponbatch_issued_check CHECK ((issued >= 0)),
    CONSTRAINT campaigns_couponbatch_per_customer_check CHECK ((per_customer >= 0)),
    CONSTRAINT campaigns_couponbatch_percent_off_check CHECK ((percent_off >= 0)),
    CONSTRAINT campaigns_couponbatch_stock_check CHECK ((stock >= 0)),
    CONSTRAINT campaigns_couponbatch_valid_seconds_check CHECK ((valid_seconds >= 0))
);

ALTER TABLE public.campaigns_couponbatch ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_couponbatch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_couponmove (
    id bigint NOT NULL,
    state character varying(10) NOT NULL,
    order_number character varying(100) NOT NULL,
    amount_fen bigint NOT NULL,
    by character varying(150) NOT NULL,
    at timestamp with time zone NOT NULL,
    coupon_id bigint NOT NULL
);

ALTER TABLE public.campaigns_couponmove ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_couponmove_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_dryrun (
    id bigint NOT NULL,
    is_draft boolean NOT NULL,
    definition jsonb NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    waiting bytea NOT NULL,
    people integer,
    one_in integer NOT NULL,
    result jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    by_id integer,
    job_id bigint,
    journey_id bigint NOT NULL,
    CONSTRAINT campaigns_dryrun_one_in_check CHECK ((one_in >= 0)),
    CONSTRAINT campaigns_dryrun_people_check CHECK ((people >= 0))
);

ALTER TABLE public.campaigns_dryrun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_dryrun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_earlyreceipt (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    connection_id bigint NOT NULL,
    provider_id character varying(128) NOT NULL,
    outcome character varying(20) NOT NULL,
    at timestamp with time zone NOT NULL,
    detail jsonb NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT campaigns_earlyreceipt_attempts_check CHECK ((attempts >= 0))
);

ALTER TABLE public.campaigns_earlyreceipt ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_earlyreceipt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_firing (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    subject character varying(60) NOT NULL,
    slot timestamp with time zone NOT NULL,
    cursor integer NOT NULL,
    wait jsonb,
    per_hour integer,
    CONSTRAINT campaigns_firing_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT campaigns_firing_per_hour_check CHECK ((per_hour >= 0))
);

ALTER TABLE public.campaigns_firing ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_firing_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_goalreached (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    event_id bigint,
    run_id bigint NOT NULL
);

ALTER TABLE public.campaigns_goalreached ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_goalreached_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_journey (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    description text NOT NULL,
    status character varying(10) NOT NULL,
    draft jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    published_id bigint,
    draft_position integer DEFAULT 0 NOT NULL,
    draft_revision integer DEFAULT 0 NOT NULL,
    step_counter integer DEFAULT 0 NOT NULL,
    entry_slot_at timestamp with time zone,
    recipe character varying(40) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT campaigns_journey_draft_position_check CHECK ((draft_position >= 0)),
    CONSTRAINT campaigns_journey_draft_revision_check CHECK ((draft_revision >= 0)),
    CONSTRAINT campaigns_journey_step_counter_check CHECK ((step_counter >= 0))
);

ALTER TABLE public.campaigns_journey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_journey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_journeydraft (
    id bigint NOT NULL,
    "position" integer NOT NULL,
    definition jsonb NOT NULL,
    operation character varying(20) NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id integer,
    journey_id bigint NOT NULL,
    CONSTRAINT campaigns_journeydraft_position_check CHECK (("position" >= 0))
);

ALTER TABLE public.campaigns_journeydraft ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_journeydraft_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_journeyversion (
    id bigint NOT NULL,
    number integer NOT NULL,
    definition jsonb NOT NULL,
    published_at timestamp with time zone NOT NULL,
    journey_id bigint NOT NULL,
    published_by_id integer,
    CONSTRAINT campaigns_journeyversion_number_check CHECK ((number >= 0))
);

ALTER TABLE public.campaigns_journeyversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_journeyversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_link (
    id bigint NOT NULL,
    url character varying(2000) NOT NULL
);

ALTER TABLE public.campaigns_link ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_link_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_marketingstop (
    id bigint NOT NULL,
    channel character varying(30) NOT NULL,
    began_at timestamp with time zone NOT NULL,
    note character varying(500) NOT NULL,
    ended_at timestamp with time zone,
    began_by_id integer,
    ended_by_id integer
);

ALTER TABLE public.campaigns_marketingstop ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_marketingstop_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_message (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    channel character varying(30) NOT NULL,
    purpose character varying(20) NOT NULL,
    state character varying(10) NOT NULL,
    reason character varying(60) NOT NULL,
    effect_key character varying(100) NOT NULL,
    campaign_id bigint,
    journey_id bigint,
    run_id bigint,
    step character varying(40) NOT NULL,
    assignment_id bigint,
    coupon_id bigint,
    content jsonb NOT NULL,
    facts jsonb NOT NULL,
    content_digest character varying(24) NOT NULL,
    provider_id character varying(128) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    delivered_at timestamp with time zone,
    opened_at timestamp with time zone,
    clicked_at timestamp with time zone,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    bounced_at timestamp with time zone,
    connection_id bigint,
    complained_at timestamp with time zone,
    unsubscribed_at timestamp with time zone,
    is_urgent boolean DEFAULT false NOT NULL,
    alternatives jsonb DEFAULT '[]'::jsonb NOT NULL,
    tried jsonb DEFAULT '[]'::jsonb NOT NULL,
    cost integer,
    parts smallint,
    is_test boolean DEFAULT false NOT NULL,
    machine_clicked_at timestamp with time zone,
    machine_opened_at timestamp with time zone,
    passes_caps boolean DEFAULT false NOT NULL,
    slot_id bigint,
    CONSTRAINT campaigns_message_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT campaigns_message_parts_check CHECK ((parts >= 0)),
    CONSTRAINT message_over_is_not_due CHECK ((((state)::text = ANY ((ARRAY['queued'::character varying, 'sending'::character varying, 'waiting'::character varying])::text[])) OR (due_at IS NULL))),
    CONSTRAINT message_sent_has_time CHECK (((NOT ((state)::text = 'sent'::text)) OR (sent_at IS NOT NULL)))
);

ALTER TABLE public.campaigns_message ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_price (
    id bigint NOT NULL,
    channel character varying(30) NOT NULL,
    kind character varying(30) NOT NULL,
    since timestamp with time zone NOT NULL,
    price integer NOT NULL,
    connection_id bigint,
    CONSTRAINT campaigns_price_price_check CHECK ((price >= 0))
);

ALTER TABLE public.campaigns_price ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_price_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_quietday (
    id bigint NOT NULL,
    date date NOT NULL,
    name character varying(100) NOT NULL,
    workspace_id bigint NOT NULL
);

ALTER TABLE public.campaigns_quietday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_quietday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_quiethours (
    id bigint NOT NULL,
    channel character varying(30) NOT NULL,
    purpose character varying(20) NOT NULL,
    weekdays smallint[] NOT NULL,
    begins time without time zone NOT NULL,
    ends time without time zone NOT NULL,
    act character varying(10) NOT NULL,
    workspace_id bigint NOT NULL
);

ALTER TABLE public.campaigns_quiethours ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_quiethours_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_reportmark (
    id bigint NOT NULL,
    subject character varying(60) NOT NULL,
    month date NOT NULL
);

ALTER TABLE public.campaigns_reportmark ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_reportmark_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_reportstate (
    id bigint NOT NULL,
    subject character varying(60) NOT NULL,
    month date NOT NULL,
    stale_at timestamp with time zone,
    derived_at timestamp with time zone,
    due_at timestamp with time zone,
    took_ms integer DEFAULT 0 NOT NULL,
    settings character varying(24) DEFAULT ''::character varying NOT NULL,
    coupons bigint DEFAULT 0 NOT NULL,
    redeemed bigint DEFAULT 0 NOT NULL,
    discount_fen bigint DEFAULT 0 NOT NULL,
    given_fen bigint DEFAULT 0 NOT NULL,
    CONSTRAINT campaigns_reportstate_took_ms_check CHECK ((took_ms >= 0))
);

ALTER TABLE public.campaigns_reportstate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_reportstate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_run (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    entry_key character varying(200) NOT NULL,
    state character varying(10) NOT NULL,
    outcome character varying(60) NOT NULL,
    step character varying(40) NOT NULL,
    visit integer NOT NULL,
    awaits_name integer,
    keys text[],
    event_id bigint,
    event_occurred_at timestamp with time zone,
    facts jsonb NOT NULL,
    is_held_out boolean NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    customer_id integer NOT NULL,
    journey_id bigint NOT NULL,
    origin_customer_id integer NOT NULL,
    version_id bigint NOT NULL,
    is_waiting boolean NOT NULL,
    awaits integer[] DEFAULT '{}'::integer[] NOT NULL,
    held_at timestamp with time zone,
    watched_until timestamp with time zone,
    CONSTRAINT campaigns_run_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT campaigns_run_visit_check CHECK ((visit >= 0)),
    CONSTRAINT run_ended_is_not_due CHECK ((((state)::text = 'active'::text) OR (due_at IS NULL)))
);

ALTER TABLE public.campaigns_run ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_runmove (
    id bigint NOT NULL,
    visit integer NOT NULL,
    from_step character varying(40) NOT NULL,
    to_step character varying(40) NOT NULL,
    at timestamp with time zone NOT NULL,
    from_version_id bigint NOT NULL,
    run_id bigint NOT NULL,
    to_version_id bigint NOT NULL,
    CONSTRAINT campaigns_runmove_visit_check CHECK ((visit >= 0))
);

ALTER TABLE public.campaigns_runmove ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_runmove_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_runstep (
    id bigint NOT NULL,
    visit integer NOT NULL,
    step character varying(40) NOT NULL,
    at timestamp with time zone NOT NULL,
    outcome character varying(200) NOT NULL,
    run_id bigint NOT NULL,
    way character varying(40) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT campaigns_runstep_visit_check CHECK ((visit >= 0))
);

ALTER TABLE public.campaigns_runstep ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_runstep_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_sendingfigure (
    id bigint NOT NULL,
    of character varying(60) NOT NULL,
    month date NOT NULL,
    day date NOT NULL,
    version_id bigint NOT NULL,
    step character varying(40) NOT NULL,
    channel character varying(30) NOT NULL,
    arm character varying(40) NOT NULL,
    state character varying(10) NOT NULL,
    reason character varying(60) NOT NULL,
    n bigint NOT NULL,
    delivered bigint NOT NULL,
    opened bigint NOT NULL,
    clicked bigint NOT NULL,
    machine_opened bigint NOT NULL,
    machine_clicked bigint NOT NULL,
    unsubscribed bigint NOT NULL,
    cost bigint NOT NULL,
    orders bigint NOT NULL,
    net_fen bigint NOT NULL,
    gain_fen bigint NOT NULL,
    cohort date
);

ALTER TABLE public.campaigns_sendingfigure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_sendingfigure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_stepfigure (
    id bigint NOT NULL,
    journey_id bigint NOT NULL,
    version_id bigint NOT NULL,
    step character varying(40) NOT NULL,
    kind character varying(12) NOT NULL,
    way character varying(90) NOT NULL,
    arm character varying(12) NOT NULL,
    day date NOT NULL,
    n bigint NOT NULL
);

ALTER TABLE public.campaigns_stepfigure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_stepfigure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_stepfigurechange (
    id bigint NOT NULL,
    journey_id bigint NOT NULL,
    version_id bigint NOT NULL,
    step character varying(40) NOT NULL,
    kind character varying(12) NOT NULL,
    way character varying(90) NOT NULL,
    arm character varying(12) NOT NULL,
    day date NOT NULL,
    n bigint NOT NULL
);

ALTER TABLE public.campaigns_stepfigurechange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_stepfigurechange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_stoprelease (
    id bigint NOT NULL,
    campaign_id bigint,
    journey_id bigint,
    at timestamp with time zone NOT NULL,
    by_id integer,
    stop_id bigint NOT NULL
);

ALTER TABLE public.campaigns_stoprelease ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_stoprelease_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_suppression (
    id bigint NOT NULL,
    channel character varying(30) NOT NULL,
    reason character varying(60) NOT NULL,
    at timestamp with time zone NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    purpose character varying(20) DEFAULT ''::character varying NOT NULL
);

ALTER TABLE public.campaigns_suppression ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_suppression_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_template (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    channel character varying(30) NOT NULL,
    purpose character varying(20) NOT NULL,
    content jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    fallback_id bigint
);

ALTER TABLE public.campaigns_template ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_template_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_testperson (
    id bigint NOT NULL,
    digests jsonb NOT NULL,
    named_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    user_id integer NOT NULL
);

ALTER TABLE public.campaigns_testperson ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_testperson_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.campaigns_versionmove (
    id bigint NOT NULL,
    mapping jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    job_id bigint,
    journey_id bigint NOT NULL,
    made_by_id integer,
    to_version_id bigint NOT NULL
);

ALTER TABLE public.campaigns_versionmove ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.campaigns_versionmove_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.crm_project_alarmstate (
    key character varying(40) NOT NULL,
    problem character varying(500) DEFAULT ''::character varying NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.crm_project_file (
    id bigint NOT NULL,
    public_id uuid NOT NULL,
    name character varying(200) DEFAULT ''::character varying NOT NULL,
    content_type character varying(100) DEFAULT ''::character varying NOT NULL,
    key bytea NOT NULL,
    size bigint,
    part_bytes integer,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    completed_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    by_id integer,
    CONSTRAINT crm_project_file_part_bytes_check CHECK ((part_bytes >= 0))
);

ALTER TABLE public.crm_project_file ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.crm_project_file_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.crm_project_filepart (
    id bigint NOT NULL,
    number integer NOT NULL,
    size integer NOT NULL,
    digest bytea NOT NULL,
    place character varying(200) DEFAULT ''::character varying NOT NULL,
    content bytea,
    file_id bigint NOT NULL,
    CONSTRAINT crm_project_filepart_number_check CHECK ((number >= 0)),
    CONSTRAINT crm_project_filepart_size_check CHECK ((size >= 0))
);
ALTER TABLE ONLY public.crm_project_filepart ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE public.crm_project_filepart ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.crm_project_filepart_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.crm_project_heartbeat (
    name character varying(32) NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.crm_project_host (
    key uuid NOT NULL,
    name character varying(200) NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    clock_seconds double precision,
    parts jsonb NOT NULL,
    waits jsonb NOT NULL,
    gone_at timestamp with time zone,
    gone_by_id integer
);

CREATE TABLE public.crm_project_job (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    kind character varying(40) NOT NULL,
    params jsonb NOT NULL,
    memo jsonb NOT NULL,
    reason character varying(200) NOT NULL,
    starts_journeys boolean NOT NULL,
    language character varying(16) NOT NULL,
    state character varying(10) NOT NULL,
    cursor bigint NOT NULL,
    "window" integer NOT NULL,
    total bigint,
    done_rows bigint NOT NULL,
    skipped jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    begun_at timestamp with time zone,
    resumed_at timestamp with time zone,
    resumed_share double precision NOT NULL,
    ended_at timestamp with time zone,
    expires_at timestamp with time zone,
    by_id integer,
    errors_id bigint,
    input_id bigint,
    result_id bigint,
    CONSTRAINT crm_project_job_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT crm_project_job_window_check CHECK (("window" >= 0))
);

ALTER TABLE public.crm_project_job ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.crm_project_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.crm_project_keymark (
    name character varying(40) NOT NULL,
    mark character varying(16) NOT NULL,
    retired_at timestamp with time zone
);

CREATE TABLE public.crm_project_logintries (
    key character varying(40) NOT NULL,
    tries integer NOT NULL,
    names integer DEFAULT 0 NOT NULL,
    tried_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT crm_project_logintries_names_check CHECK ((names >= 0)),
    CONSTRAINT crm_project_logintries_tries_check CHECK ((tries >= 0))
);

CREATE TABLE public.crm_project_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL,
    user_id integer,
    begun_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    seen_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL
);

CREATE TABLE public.crm_project_submission (
    token character varying(64) NOT NULL,
    user_id integer NOT NULL,
    page character varying(500) DEFAULT ''::character varying NOT NULL,
    at timestamp with time zone DEFAULT public.hutong_now() NOT NULL
);

CREATE TABLE public.crm_project_tally (
    id bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    act character varying(60) NOT NULL,
    subject character varying(80) NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT crm_project_tally_number_check CHECK ((number >= 0))
);

ALTER TABLE public.crm_project_tally ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.crm_project_tally_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_approval (
    id bigint NOT NULL,
    kind character varying(30) NOT NULL,
    object_id bigint NOT NULL,
    name character varying(200) NOT NULL,
    digest character varying(64) NOT NULL,
    content jsonb NOT NULL,
    state character varying(10) NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    by_themselves boolean NOT NULL,
    used_at timestamp with time zone,
    note text NOT NULL,
    decided_by_id integer,
    requested_by_id integer,
    CONSTRAINT approval_by_another CHECK (((NOT ((state)::text = ANY ((ARRAY['approved'::character varying, 'used'::character varying])::text[]))) OR by_themselves OR (requested_by_id IS NULL) OR (decided_by_id IS NULL) OR (NOT ((decided_by_id = requested_by_id) AND (decided_by_id IS NOT NULL) AND (requested_by_id IS NOT NULL)))))
);

ALTER TABLE public.customers_approval ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_approval_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_attributechange (
    id bigint NOT NULL,
    key character varying(100) NOT NULL,
    value jsonb,
    sealed bytea,
    digest character varying(24) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    source_id bigint
);

ALTER TABLE public.customers_attributechange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_attributechange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_auditentry (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    act character varying(60) NOT NULL,
    subject character varying(100) NOT NULL,
    details jsonb NOT NULL,
    by_id integer
);

ALTER TABLE public.customers_auditentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_auditentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_auditseal (
    "position" bigint NOT NULL,
    entry_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    entry_digest character varying(64) NOT NULL,
    digest character varying(64) NOT NULL
);

CREATE TABLE public.customers_breaker (
    connection_id bigint NOT NULL,
    failures integer NOT NULL,
    open_until timestamp with time zone,
    CONSTRAINT customers_breaker_failures_check CHECK ((failures >= 0))
);

CREATE TABLE public.customers_bulkrun (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    act character varying(40) NOT NULL,
    list character varying(60) NOT NULL,
    query text NOT NULL,
    params jsonb NOT NULL,
    reason character varying(200) NOT NULL,
    language character varying(16) NOT NULL,
    cursor bigint NOT NULL,
    last_id bigint NOT NULL,
    done_rows integer NOT NULL,
    skipped jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    expires_at timestamp with time zone,
    by_id integer NOT NULL,
    starts_journeys boolean DEFAULT false NOT NULL,
    CONSTRAINT customers_bulkrun_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT customers_bulkrun_done_rows_check CHECK ((done_rows >= 0))
);

ALTER TABLE public.customers_bulkrun ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_bulkrun_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_changedcustomer (
    id bigint NOT NULL,
    customer_id integer NOT NULL,
    what character varying(20) NOT NULL,
    at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    is_mass boolean DEFAULT (COALESCE(current_setting('hutong.lane'::text, true), ''::text) = 'mass'::text) NOT NULL,
    is_history boolean DEFAULT (COALESCE(current_setting('hutong.history'::text, true), ''::text) = 'on'::text) NOT NULL
);

ALTER TABLE public.customers_changedcustomer ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_changedcustomer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_connection (
    id bigint NOT NULL,
    vendor character varying(30) NOT NULL,
    name character varying(100) NOT NULL,
    account character varying(128) NOT NULL,
    sealed_settings bytea,
    base_url character varying(200) NOT NULL,
    open_platform character varying(64) NOT NULL,
    is_active boolean NOT NULL,
    last_ok_at timestamp with time zone,
    last_error character varying(300) NOT NULL,
    last_error_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    namespace_id bigint NOT NULL,
    settings_revision integer DEFAULT 0 NOT NULL,
    CONSTRAINT customers_connection_settings_revision_check CHECK ((settings_revision >= 0))
);

ALTER TABLE public.customers_connection ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_connection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_consent (
    id bigint NOT NULL,
    channel character varying(30) NOT NULL,
    purpose character varying(20) NOT NULL,
    is_granted boolean NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    version character varying(50) NOT NULL,
    proof character varying(500) NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    merge_id bigint,
    source_id bigint
);

ALTER TABLE public.customers_consent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_consent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_customer (
    id integer NOT NULL,
    public_id uuid NOT NULL,
    name character varying(200) NOT NULL,
    language character varying(16) NOT NULL,
    is_provisional boolean NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    erased_at timestamp with time zone,
    merged_into_id integer,
    is_barred boolean DEFAULT false NOT NULL
);

ALTER TABLE public.customers_customer ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_customer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_customerattribute (
    id bigint NOT NULL,
    key character varying(100) NOT NULL,
    value jsonb,
    sealed bytea,
    digest character varying(24) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    customer_id integer NOT NULL
);

ALTER TABLE public.customers_customerattribute ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_customerattribute_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_customertag (
    id bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    by character varying(150) NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    tag_id bigint NOT NULL,
    expired_before timestamp with time zone,
    merge_id bigint
);

ALTER TABLE public.customers_customertag ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_customertag_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_displayname (
    id bigint NOT NULL,
    kind character varying(10) NOT NULL,
    key character varying(200) NOT NULL,
    name_zh character varying(100) DEFAULT ''::character varying NOT NULL,
    name_en character varying(100) DEFAULT ''::character varying NOT NULL
);

ALTER TABLE public.customers_displayname ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_displayname_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_erasedidentity (
    id bigint NOT NULL,
    digest character varying(24) NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE public.customers_erasedidentity ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_erasedidentity_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_erasure (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    customers jsonb NOT NULL,
    wanted bytea,
    reason character varying(200) NOT NULL,
    at timestamp with time zone NOT NULL,
    xid bigint,
    done_at timestamp with time zone,
    by_id integer,
    customer_id integer NOT NULL,
    marks jsonb,
    hosts uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    CONSTRAINT customers_erasure_attempts_check CHECK ((attempts >= 0))
);

ALTER TABLE public.customers_erasure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_erasure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_erasurerequest (
    id bigint NOT NULL,
    asked_by character varying(100) NOT NULL,
    why character varying(20) NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    settled_by_id integer
);

ALTER TABLE public.customers_erasurerequest ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_erasurerequest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_evaluatorclock (
    shard smallint NOT NULL,
    seen_until timestamp with time zone NOT NULL,
    kept jsonb DEFAULT '{}'::jsonb NOT NULL,
    asked_by jsonb DEFAULT '[]'::jsonb NOT NULL,
    of smallint DEFAULT 0 NOT NULL,
    step integer DEFAULT 5000 NOT NULL,
    waiting bytea DEFAULT '\x'::bytea NOT NULL,
    CONSTRAINT customers_evaluatorclock_of_check CHECK ((of >= 0)),
    CONSTRAINT customers_evaluatorclock_shard_check CHECK ((shard >= 0)),
    CONSTRAINT customers_evaluatorclock_step_check CHECK ((step >= 0))
);

CREATE TABLE public.customers_export (
    id uuid NOT NULL,
    archive bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    by_id integer NOT NULL,
    customer_id integer NOT NULL
);

CREATE TABLE public.customers_exportpart (
    id bigint NOT NULL,
    number integer NOT NULL,
    content bytea NOT NULL,
    run_id bigint NOT NULL,
    CONSTRAINT customers_exportpart_number_check CHECK ((number >= 0))
);

ALTER TABLE public.customers_exportpart ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_exportpart_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_followup (
    id bigint NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    title character varying(200) NOT NULL,
    due_on date,
    assignee_id integer,
    by_id integer,
    at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    done_by_id integer,
    asked_by character varying(100),
    is_awaited boolean DEFAULT false NOT NULL,
    result character varying(12) DEFAULT ''::character varying NOT NULL,
    role_id integer
);

ALTER TABLE public.customers_followup ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_followup_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_identity (
    id bigint NOT NULL,
    kind character varying(24) NOT NULL,
    scope character varying(64) NOT NULL,
    value character varying(200) NOT NULL,
    sealed bytea,
    tail character varying(24) NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    is_strong boolean NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    source_id bigint
);

ALTER TABLE public.customers_identity ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_identity_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_identityclaim (
    id bigint NOT NULL,
    kind character varying(24) NOT NULL,
    scope character varying(64) NOT NULL,
    value character varying(200) NOT NULL,
    sealed bytea,
    tail character varying(24) NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    is_provisional boolean NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    source_id bigint
);

ALTER TABLE public.customers_identityclaim ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_identityclaim_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_identityconflict (
    id bigint NOT NULL,
    reason character varying(255) NOT NULL,
    at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    first_id integer NOT NULL,
    second_id integer NOT NULL,
    source_id bigint
);

ALTER TABLE public.customers_identityconflict ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_identityconflict_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_listmember (
    id bigint NOT NULL,
    since timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    segment_id bigint NOT NULL
);

ALTER TABLE public.customers_listmember ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_listmember_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_membership (
    id bigint NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    customer_id integer NOT NULL,
    segment_id bigint NOT NULL
);

ALTER TABLE public.customers_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_merge (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    identity character varying(255) NOT NULL,
    moved jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    by character varying(150) NOT NULL,
    xid bigint,
    undone_at timestamp with time zone,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    CONSTRAINT customers_merge_attempts_check CHECK ((attempts >= 0))
);

ALTER TABLE public.customers_merge ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_merge_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_namespace (
    id bigint NOT NULL,
    key character varying(50) NOT NULL,
    name character varying(100) NOT NULL,
    trade character varying(12) DEFAULT ''::character varying NOT NULL
);

ALTER TABLE public.customers_namespace ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_namespace_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_note (
    id bigint NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    text text NOT NULL,
    by_id integer,
    at timestamp with time zone NOT NULL
);

ALTER TABLE public.customers_note ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_note_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_outboundcall (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    key character varying(200) NOT NULL,
    caller character varying(30) NOT NULL,
    state character varying(10) NOT NULL,
    tries smallint NOT NULL,
    status smallint,
    sealed_content bytea NOT NULL,
    sealed_answer bytea,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    connection_id bigint NOT NULL,
    customer_id integer,
    origin_customer_id integer,
    CONSTRAINT customers_outboundcall_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT customers_outboundcall_status_check CHECK ((status >= 0)),
    CONSTRAINT customers_outboundcall_tries_check CHECK ((tries >= 0))
);

ALTER TABLE public.customers_outboundcall ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_outboundcall_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_owner (
    id bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    is_current boolean NOT NULL,
    by_id integer,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    staff_id integer,
    store_id bigint
);

ALTER TABLE public.customers_owner ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_owner_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_retention (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    kind character varying(40) NOT NULL,
    is_chosen boolean NOT NULL,
    number integer,
    agreed_at timestamp with time zone,
    began_at timestamp with time zone,
    cursor bigint NOT NULL,
    last_id bigint NOT NULL,
    "window" integer NOT NULL,
    found bigint NOT NULL,
    oldest timestamp with time zone,
    only_counts boolean NOT NULL,
    ended_at timestamp with time zone,
    waiting bigint NOT NULL,
    waiting_oldest timestamp with time zone,
    gone bigint NOT NULL,
    agreed_by_id integer,
    CONSTRAINT customers_retention_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT customers_retention_number_check CHECK ((number >= 0)),
    CONSTRAINT customers_retention_window_check CHECK (("window" >= 0))
);

ALTER TABLE public.customers_retention ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_retention_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_reveallimit (
    id bigint NOT NULL,
    per_hour integer,
    per_hour_due integer,
    group_id integer NOT NULL,
    CONSTRAINT customers_reveallimit_per_hour_check CHECK ((per_hour >= 0)),
    CONSTRAINT customers_reveallimit_per_hour_due_check CHECK ((per_hour_due >= 0))
);

ALTER TABLE public.customers_reveallimit ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_reveallimit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_savedview (
    id bigint NOT NULL,
    of character varying(60) NOT NULL,
    name character varying(60) NOT NULL,
    is_shared boolean NOT NULL,
    query character varying(2000) NOT NULL,
    columns character varying(40)[] NOT NULL,
    owner_id integer NOT NULL
);

ALTER TABLE public.customers_savedview ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_savedview_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_scheduledexport (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    name character varying(60) NOT NULL,
    of character varying(60) NOT NULL,
    query character varying(2000) NOT NULL,
    said jsonb NOT NULL,
    reason character varying(200) NOT NULL,
    schedule jsonb NOT NULL,
    until timestamp with time zone NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    fired_at timestamp with time zone,
    delivered_at timestamp with time zone,
    by_id integer NOT NULL,
    job_id bigint,
    CONSTRAINT customers_scheduledexport_attempts_check CHECK ((attempts >= 0))
);

ALTER TABLE public.customers_scheduledexport ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_scheduledexport_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_segment (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    description text NOT NULL,
    kind character varying(10) NOT NULL,
    definition jsonb NOT NULL,
    version integer NOT NULL,
    evaluated_version integer NOT NULL,
    evaluated_at timestamp with time zone,
    size integer NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    created_by_id integer,
    audited_at timestamp with time zone,
    drift integer,
    revision integer DEFAULT 1 NOT NULL,
    failed_at timestamp with time zone,
    failure jsonb,
    failures smallint DEFAULT 0 NOT NULL,
    retry_at timestamp with time zone,
    CONSTRAINT customers_segment_drift_check CHECK ((drift >= 0)),
    CONSTRAINT customers_segment_evaluated_version_check CHECK ((evaluated_version >= 0)),
    CONSTRAINT customers_segment_failures_check CHECK ((failures >= 0)),
    CONSTRAINT customers_segment_revision_check CHECK ((revision >= 0)),
    CONSTRAINT customers_segment_size_check CHECK ((size >= 0)),
    CONSTRAINT customers_segment_version_check CHECK ((version >= 0))
);

ALTER TABLE public.customers_segment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_segment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_segmentpart (
    id bigint NOT NULL,
    shard smallint NOT NULL,
    of smallint NOT NULL,
    revision integer NOT NULL,
    zone character varying(64) NOT NULL,
    size integer NOT NULL,
    evaluated_at timestamp with time zone NOT NULL,
    segment_id bigint NOT NULL,
    CONSTRAINT customers_segmentpart_of_check CHECK ((of >= 0)),
    CONSTRAINT customers_segmentpart_revision_check CHECK ((revision >= 0)),
    CONSTRAINT customers_segmentpart_shard_check CHECK ((shard >= 0))
);

ALTER TABLE public.customers_segmentpart ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_segmentpart_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_segmentsize (
    id bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    size integer NOT NULL,
    segment_id bigint NOT NULL,
    CONSTRAINT customers_segmentsize_size_check CHECK ((size >= 0))
);

ALTER TABLE public.customers_segmentsize ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_segmentsize_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_segmentversion (
    id bigint NOT NULL,
    number integer NOT NULL,
    definition jsonb NOT NULL,
    at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    by_id integer,
    segment_id bigint NOT NULL,
    CONSTRAINT customers_segmentversion_number_check CHECK ((number >= 0))
);

ALTER TABLE public.customers_segmentversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_segmentversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_source (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    format character varying(30) NOT NULL,
    trust character varying(10) NOT NULL,
    key character varying(40) NOT NULL,
    secret bytea,
    previous_secret bytea,
    read_token_digest character varying(40) NOT NULL,
    believe_identities boolean NOT NULL,
    money_unit character varying(4) NOT NULL,
    app_id character varying(64) NOT NULL,
    time_zone character varying(64) NOT NULL,
    is_strict boolean NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    namespace_id bigint NOT NULL,
    requests_per_second integer,
    previous_until timestamp with time zone,
    allowed_origins text DEFAULT ''::text NOT NULL,
    event_names jsonb DEFAULT '{}'::jsonb NOT NULL,
    connection_id bigint,
    sealed_settings bytea,
    CONSTRAINT customers_source_requests_per_second_check CHECK ((requests_per_second >= 0))
);

ALTER TABLE public.customers_source ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_source_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_specialday (
    id bigint NOT NULL,
    day date NOT NULL,
    is_worked boolean NOT NULL,
    name character varying(100) NOT NULL
);

ALTER TABLE public.customers_specialday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_specialday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_store (
    id bigint NOT NULL,
    key character varying(100) NOT NULL,
    name character varying(200) NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    namespace_id bigint NOT NULL
);

ALTER TABLE public.customers_store ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_store_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_tag (
    id bigint NOT NULL,
    name character varying(60) NOT NULL,
    "group" character varying(60) DEFAULT ''::character varying NOT NULL,
    colour character varying(7) NOT NULL,
    keep_days smallint,
    lasts_days smallint,
    segment_id bigint,
    group_id bigint,
    CONSTRAINT customers_tag_keep_days_check CHECK ((keep_days >= 0)),
    CONSTRAINT customers_tag_lasts_days_check CHECK ((lasts_days >= 0)),
    CONSTRAINT tag_is_kept_after_a_rule CHECK (((keep_days IS NULL) OR (segment_id IS NOT NULL)))
);

ALTER TABLE public.customers_tag ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_tag_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_tagchange (
    id bigint NOT NULL,
    is_on boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    by character varying(150) NOT NULL,
    why character varying(200) NOT NULL,
    expires_at timestamp with time zone,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    tag_id bigint NOT NULL
);

ALTER TABLE public.customers_tagchange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_tagchange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_taggroup (
    id bigint NOT NULL,
    name character varying(60) NOT NULL,
    colour character varying(7) NOT NULL,
    is_exclusive boolean NOT NULL
);

ALTER TABLE public.customers_taggroup ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_taggroup_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_tagjob (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    is_on boolean NOT NULL,
    customers integer[],
    expires_at timestamp with time zone,
    why character varying(200) NOT NULL,
    total integer NOT NULL,
    done_so_far integer NOT NULL,
    changed integer NOT NULL,
    cursor integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    by_id integer,
    segment_id bigint,
    tag_id bigint NOT NULL,
    starts_journeys boolean DEFAULT false NOT NULL,
    CONSTRAINT customers_tagjob_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT customers_tagjob_changed_check CHECK ((changed >= 0)),
    CONSTRAINT customers_tagjob_done_so_far_check CHECK ((done_so_far >= 0)),
    CONSTRAINT customers_tagjob_total_check CHECK ((total >= 0))
);

ALTER TABLE public.customers_tagjob ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_tagjob_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_transition (
    id bigint NOT NULL,
    entered boolean NOT NULL,
    reason character varying(20) NOT NULL,
    at timestamp with time zone NOT NULL,
    customer_id integer NOT NULL,
    segment_id bigint NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    due_at timestamp with time zone,
    error text DEFAULT ''::text NOT NULL,
    token uuid,
    CONSTRAINT customers_transition_attempts_check CHECK ((attempts >= 0))
);

ALTER TABLE public.customers_transition ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_transition_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_watchedsegment (
    id bigint NOT NULL,
    watcher character varying(60) NOT NULL,
    segment_id bigint NOT NULL
);

ALTER TABLE public.customers_watchedsegment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_watchedsegment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.customers_workspace (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    time_zone character varying(64) NOT NULL,
    quiet_from time without time zone DEFAULT '21:00:00'::time without time zone NOT NULL,
    quiet_until time without time zone DEFAULT '09:00:00'::time without time zone NOT NULL,
    cap_per_hour smallint DEFAULT 5,
    cap_per_day smallint DEFAULT 10,
    cap_per_week smallint DEFAULT 30,
    holdout_percent numeric(4,2) NOT NULL,
    holdout_salt character varying(64) NOT NULL,
    attribution_days smallint NOT NULL,
    sending_paused boolean NOT NULL,
    backup_at timestamp with time zone,
    restored_at timestamp with time zone,
    trade character varying(12) DEFAULT ''::character varying NOT NULL,
    approval_above integer,
    approvals jsonb DEFAULT '[]'::jsonb NOT NULL,
    approves_own boolean DEFAULT false NOT NULL,
    late_hours integer DEFAULT 24 NOT NULL,
    stopped_channels character varying(30)[] DEFAULT '{}'::character varying(30)[] NOT NULL,
    attribution_touch character varying(10) DEFAULT 'sent'::character varying NOT NULL,
    margin_percent smallint,
    CONSTRAINT customers_workspace_approval_above_check CHECK ((approval_above >= 0)),
    CONSTRAINT customers_workspace_attribution_days_check CHECK ((attribution_days >= 0)),
    CONSTRAINT customers_workspace_cap_per_day_check CHECK ((cap_per_day >= 0)),
    CONSTRAINT customers_workspace_cap_per_hour_check CHECK ((cap_per_hour >= 0)),
    CONSTRAINT customers_workspace_cap_per_week_check CHECK ((cap_per_week >= 0)),
    CONSTRAINT customers_workspace_late_hours_check CHECK ((late_hours >= 0)),
    CONSTRAINT customers_workspace_margin_percent_check CHECK ((margin_percent >= 0)),
    CONSTRAINT workspace_is_one CHECK ((id = 1))
);

ALTER TABLE public.customers_workspace ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.customers_workspace_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id integer NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);

ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_celery_beat_clockedschedule (
    id integer NOT NULL,
    clocked_time timestamp with time zone NOT NULL
);

ALTER TABLE public.django_celery_beat_clockedschedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_clockedschedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_celery_beat_crontabschedule (
    id integer NOT NULL,
    minute character varying(240) NOT NULL,
    hour character varying(96) NOT NULL,
    day_of_week character varying(64) NOT NULL,
    day_of_month character varying(124) NOT NULL,
    month_of_year character varying(64) NOT NULL,
    timezone character varying(63) NOT NULL
);

ALTER TABLE public.django_celery_beat_crontabschedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_crontabschedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_celery_beat_intervalschedule (
    id integer NOT NULL,
    every integer NOT NULL,
    period character varying(24) NOT NULL
);

ALTER TABLE public.django_celery_beat_intervalschedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_intervalschedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_celery_beat_periodictask (
    id integer NOT NULL,
    name character varying(200) NOT NULL,
    task character varying(200) NOT NULL,
    args text NOT NULL,
    kwargs text NOT NULL,
    queue character varying(200),
    exchange character varying(200),
    routing_key character varying(200),
    expires timestamp with time zone,
    enabled boolean NOT NULL,
    last_run_at timestamp with time zone,
    total_run_count integer NOT NULL,
    date_changed timestamp with time zone NOT NULL,
    description text NOT NULL,
    crontab_id integer,
    interval_id integer,
    solar_id integer,
    one_off boolean NOT NULL,
    start_time timestamp with time zone,
    priority integer,
    headers text NOT NULL,
    clocked_id integer,
    expire_seconds integer,
    CONSTRAINT django_celery_beat_periodictask_expire_seconds_check CHECK ((expire_seconds >= 0)),
    CONSTRAINT django_celery_beat_periodictask_priority_check CHECK ((priority >= 0)),
    CONSTRAINT django_celery_beat_periodictask_total_run_count_check CHECK ((total_run_count >= 0))
);

ALTER TABLE public.django_celery_beat_periodictask ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_periodictask_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_celery_beat_periodictasks (
    ident smallint NOT NULL,
    last_update timestamp with time zone NOT NULL
);

CREATE TABLE public.django_celery_beat_solarschedule (
    id integer NOT NULL,
    event character varying(24) NOT NULL,
    latitude numeric(9,6) NOT NULL,
    longitude numeric(9,6) NOT NULL
);

ALTER TABLE public.django_celery_beat_solarschedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_celery_beat_solarschedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);

ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);

ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);

CREATE TABLE public.events_booking (
    id bigint NOT NULL,
    number character varying(100) NOT NULL,
    status character varying(11) NOT NULL,
    kind character varying(11) NOT NULL,
    version bigint,
    occurred_at timestamp with time zone NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    product_id character varying(128) NOT NULL,
    name character varying(200) NOT NULL,
    category character varying(200) NOT NULL,
    place character varying(200) NOT NULL,
    resource character varying(200) NOT NULL,
    customer_id integer NOT NULL,
    namespace_id bigint NOT NULL,
    origin_customer_id integer NOT NULL,
    source_id bigint NOT NULL,
    store_id bigint,
    for_key character varying(100) DEFAULT ''::character varying NOT NULL,
    for_name character varying(200) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT booking_ends_after_its_start CHECK (((ends_at IS NULL) OR (ends_at >= starts_at)))
);

ALTER TABLE public.events_booking ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_booking_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_customerstage (
    customer_id integer NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    paused_at timestamp with time zone,
    returned_at timestamp with time zone,
    orders integer NOT NULL,
    net_fen bigint NOT NULL,
    stage character varying(8) NOT NULL,
    since timestamp with time zone NOT NULL,
    came_from character varying(8) NOT NULL,
    recency smallint NOT NULL,
    frequency smallint NOT NULL,
    money smallint NOT NULL,
    value_class character varying(18) NOT NULL,
    flips_at timestamp with time zone,
    CONSTRAINT events_customerstage_frequency_check CHECK ((frequency >= 0)),
    CONSTRAINT events_customerstage_money_check CHECK ((money >= 0)),
    CONSTRAINT events_customerstage_orders_check CHECK ((orders >= 0)),
    CONSTRAINT events_customerstage_recency_check CHECK ((recency >= 0))
);

CREATE TABLE public.events_cyclemeasure (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    counting character varying(10) NOT NULL,
    gaps integer NOT NULL,
    days jsonb NOT NULL,
    p50 integer,
    p80 integer,
    p90 integer,
    customers integer NOT NULL,
    recency_days integer[],
    frequency integer[],
    money_fen bigint[],
    CONSTRAINT events_cyclemeasure_customers_check CHECK ((customers >= 0)),
    CONSTRAINT events_cyclemeasure_gaps_check CHECK ((gaps >= 0)),
    CONSTRAINT events_cyclemeasure_p50_check CHECK ((p50 >= 0)),
    CONSTRAINT events_cyclemeasure_p80_check CHECK ((p80 >= 0)),
    CONSTRAINT events_cyclemeasure_p90_check CHECK ((p90 >= 0))
);

ALTER TABLE public.events_cyclemeasure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_cyclemeasure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_daycustomers (
    id bigint NOT NULL,
    day date NOT NULL,
    step character varying(20) NOT NULL,
    members bytea NOT NULL,
    size integer NOT NULL,
    CONSTRAINT events_daycustomers_size_check CHECK ((size >= 0))
);

ALTER TABLE public.events_daycustomers ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_daycustomers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_event (
    id bigint NOT NULL,
    source_id bigint NOT NULL,
    name_id integer NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    odd boolean DEFAULT false NOT NULL,
    timing smallint DEFAULT 0 NOT NULL,
    external_id text NOT NULL,
    amount_fen bigint,
    keys text[],
    properties jsonb DEFAULT '{}'::jsonb NOT NULL,
    context jsonb DEFAULT '{}'::jsonb NOT NULL,
    personal bytea
)
PARTITION BY LIST (odd);

CREATE SEQUENCE public.events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.events_event_id_seq OWNED BY public.events_event.id;

CREATE TABLE public.events_event_even (
    id bigint DEFAULT nextval('public.events_event_id_seq'::regclass) CONSTRAINT events_event_id_not_null NOT NULL,
    source_id bigint CONSTRAINT events_event_source_id_not_null NOT NULL,
    name_id integer CONSTRAINT events_event_name_id_not_null NOT NULL,
    customer_id integer CONSTRAINT events_event_customer_id_not_null NOT NULL,
    origin_customer_id integer CONSTRAINT events_event_origin_customer_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_event_occurred_at_not_null NOT NULL,
    received_at timestamp with time zone CONSTRAINT events_event_received_at_not_null NOT NULL,
    odd boolean DEFAULT false CONSTRAINT events_event_odd_not_null NOT NULL,
    timing smallint DEFAULT 0 CONSTRAINT events_event_timing_not_null NOT NULL,
    external_id text CONSTRAINT events_event_external_id_not_null NOT NULL,
    amount_fen bigint,
    keys text[],
    properties jsonb DEFAULT '{}'::jsonb CONSTRAINT events_event_properties_not_null NOT NULL,
    context jsonb DEFAULT '{}'::jsonb CONSTRAINT events_event_context_not_null NOT NULL,
    personal bytea
)
PARTITION BY RANGE (occurred_at);

CREATE TABLE public.events_event_odd (
    id bigint DEFAULT nextval('public.events_event_id_seq'::regclass) CONSTRAINT events_event_id_not_null NOT NULL,
    source_id bigint CONSTRAINT events_event_source_id_not_null NOT NULL,
    name_id integer CONSTRAINT events_event_name_id_not_null NOT NULL,
    customer_id integer CONSTRAINT events_event_customer_id_not_null NOT NULL,
    origin_customer_id integer CONSTRAINT events_event_origin_customer_id_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT events_event_occurred_at_not_null NOT NULL,
    received_at timestamp with time zone CONSTRAINT events_event_received_at_not_null NOT NULL,
    odd boolean DEFAULT false CONSTRAINT events_event_odd_not_null NOT NULL,
    timing smallint DEFAULT 0 CONSTRAINT events_event_timing_not_null NOT NULL,
    external_id text CONSTRAINT events_event_external_id_not_null NOT NULL,
    amount_fen bigint,
    keys text[],
    properties jsonb DEFAULT '{}'::jsonb CONSTRAINT events_event_properties_not_null NOT NULL,
    context jsonb DEFAULT '{}'::jsonb CONSTRAINT events_event_context_not_null NOT NULL,
    personal bytea
);

CREATE TABLE public.events_eventname (
    id integer NOT NULL,
    name character varying(200) NOT NULL,
    first_seen_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    is_declared boolean NOT NULL,
    made_by_id bigint
);

ALTER TABLE public.events_eventname ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_eventname_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_figure (
    id bigint NOT NULL,
    name character varying(40) NOT NULL,
    at timestamp with time zone NOT NULL,
    n bigint NOT NULL,
    fen bigint NOT NULL
);

ALTER TABLE public.events_figure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_figure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_figurechange (
    id bigint NOT NULL,
    name character varying(40) NOT NULL,
    at timestamp with time zone NOT NULL,
    n bigint NOT NULL,
    fen bigint NOT NULL
);

ALTER TABLE public.events_figurechange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_figurechange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_interest (
    id bigint NOT NULL,
    version integer NOT NULL,
    category character varying(200) NOT NULL,
    is_course boolean NOT NULL,
    weight double precision NOT NULL,
    last_week integer NOT NULL,
    weeks smallint NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    CONSTRAINT events_interest_version_check CHECK ((version >= 0))
);

ALTER TABLE public.events_interest ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_interest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_interestsettings (
    id bigint NOT NULL,
    worth jsonb NOT NULL,
    half_life_days smallint NOT NULL,
    course_half_life_days smallint NOT NULL,
    version integer NOT NULL,
    current integer NOT NULL,
    CONSTRAINT events_interestsettings_course_half_life_days_check CHECK ((course_half_life_days >= 0)),
    CONSTRAINT events_interestsettings_current_check CHECK ((current >= 0)),
    CONSTRAINT events_interestsettings_half_life_days_check CHECK ((half_life_days >= 0)),
    CONSTRAINT events_interestsettings_version_check CHECK ((version >= 0)),
    CONSTRAINT interest_fades_in_a_day_or_more CHECK (((course_half_life_days >= 1) AND (half_life_days >= 1))),
    CONSTRAINT interestsettings_is_one CHECK ((id = 1))
);

ALTER TABLE public.events_interestsettings ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_interestsettings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_interestversion (
    id bigint NOT NULL,
    version integer NOT NULL,
    worth jsonb NOT NULL,
    half_life_days smallint NOT NULL,
    course_half_life_days smallint NOT NULL,
    CONSTRAINT events_interestversion_course_half_life_days_check CHECK ((course_half_life_days >= 0)),
    CONSTRAINT events_interestversion_half_life_days_check CHECK ((half_life_days >= 0)),
    CONSTRAINT events_interestversion_version_check CHECK ((version >= 0))
);

ALTER TABLE public.events_interestversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_interestversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_ledger (
    source_id bigint NOT NULL,
    id_hash bytea NOT NULL,
    fingerprint bytea NOT NULL
)
PARTITION BY HASH (id_hash);

CREATE TABLE public.events_ledger_00 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_01 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_02 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_03 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_04 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_05 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_06 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_07 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_08 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_09 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_10 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_11 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_12 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_13 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_14 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_ledger_15 (
    source_id bigint CONSTRAINT events_ledger_source_id_not_null NOT NULL,
    id_hash bytea CONSTRAINT events_ledger_id_hash_not_null NOT NULL,
    fingerprint bytea CONSTRAINT events_ledger_fingerprint_not_null NOT NULL
);

CREATE TABLE public.events_lifecyclesettings (
    id bigint NOT NULL,
    counting character varying(10) NOT NULL,
    events character varying(200)[] NOT NULL,
    is_automatic boolean NOT NULL,
    new_days integer NOT NULL,
    active_days integer NOT NULL,
    silent_days integer NOT NULL,
    rfm_is_automatic boolean NOT NULL,
    recency_days integer[] NOT NULL,
    frequency integer[] NOT NULL,
    money_fen bigint[] NOT NULL,
    high_from smallint NOT NULL,
    CONSTRAINT events_lifecyclesettings_active_days_check CHECK ((active_days >= 0)),
    CONSTRAINT events_lifecyclesettings_high_from_check CHECK ((high_from >= 0)),
    CONSTRAINT events_lifecyclesettings_new_days_check CHECK ((new_days >= 0)),
    CONSTRAINT events_lifecyclesettings_silent_days_check CHECK ((silent_days >= 0)),
    CONSTRAINT lifecycle_stages_follow_each_other CHECK (((active_days > new_days) AND (new_days >= 1) AND (silent_days > active_days))),
    CONSTRAINT lifecyclesettings_is_one CHECK ((id = 1))
);

ALTER TABLE public.events_lifecyclesettings ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_lifecyclesettings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_measurement (
    id bigint NOT NULL,
    number character varying(128) NOT NULL,
    kind character varying(60) NOT NULL,
    value double precision,
    unit character varying(30) NOT NULL,
    text character varying(200) NOT NULL,
    product_id character varying(128) NOT NULL,
    booking_number character varying(100) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    customer_id integer NOT NULL,
    namespace_id bigint NOT NULL,
    origin_customer_id integer NOT NULL,
    source_id bigint NOT NULL,
    CONSTRAINT measurement_says_something CHECK (((value IS NOT NULL) OR (NOT ((text)::text = ''::text))))
);

ALTER TABLE public.events_measurement ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_measurement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_order (
    id bigint NOT NULL,
    number character varying(100) NOT NULL,
    status character varying(10) NOT NULL,
    version bigint,
    occurred_at timestamp with time zone NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    paid_at timestamp with time zone,
    total_fen bigint NOT NULL,
    discount_fen bigint NOT NULL,
    paid_fen bigint NOT NULL,
    refunded_fen bigint NOT NULL,
    net_fen bigint GENERATED ALWAYS AS (GREATEST((paid_fen - refunded_fen), (0)::bigint)) STORED,
    coupon_code_digest character varying(24) NOT NULL,
    customer_id integer NOT NULL,
    namespace_id bigint NOT NULL,
    origin_customer_id integer NOT NULL,
    source_id bigint NOT NULL,
    store_id bigint,
    CONSTRAINT order_money_is_positive CHECK (((discount_fen >= 0) AND (paid_fen >= 0) AND (refunded_fen >= 0) AND (total_fen >= 0)))
);

ALTER TABLE public.events_order ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_order_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_orderline (
    id bigint NOT NULL,
    product_id character varying(128) NOT NULL,
    name character varying(200) NOT NULL,
    category character varying(200) NOT NULL,
    quantity integer NOT NULL,
    price_fen bigint NOT NULL,
    order_id bigint NOT NULL,
    CONSTRAINT events_orderline_quantity_check CHECK ((quantity >= 0))
);

ALTER TABLE public.events_orderline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_orderline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_product (
    id bigint NOT NULL,
    product_id character varying(128) NOT NULL,
    kind character varying(10) NOT NULL,
    name character varying(200) NOT NULL,
    category character varying(200) NOT NULL,
    price_fen bigint,
    stock integer,
    picture_url character varying(500) NOT NULL,
    page character varying(500) NOT NULL,
    is_active boolean NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    namespace_id bigint NOT NULL,
    margin_percent smallint,
    CONSTRAINT events_product_margin_percent_check CHECK ((margin_percent >= 0))
);

ALTER TABLE public.events_product ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_product_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_productpair (
    id bigint NOT NULL,
    buyers integer NOT NULL,
    other_id bigint NOT NULL,
    product_id bigint NOT NULL,
    CONSTRAINT events_productpair_buyers_check CHECK ((buyers >= 0))
);

ALTER TABLE public.events_productpair ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_productpair_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_productsales (
    product_id bigint NOT NULL,
    buyers integer NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    CONSTRAINT events_productsales_buyers_check CHECK ((buyers >= 0))
);

CREATE TABLE public.events_reach (
    step character varying(20) NOT NULL,
    size integer NOT NULL,
    at timestamp with time zone NOT NULL,
    zone character varying(64) NOT NULL,
    CONSTRAINT events_reach_size_check CHECK ((size >= 0))
);

CREATE TABLE public.events_reaction (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    event_id bigint NOT NULL,
    source_id integer NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    amount_fen bigint,
    keys text[],
    properties jsonb NOT NULL,
    customer_id integer NOT NULL,
    name_id integer NOT NULL,
    origin_customer_id integer NOT NULL,
    CONSTRAINT events_reaction_attempts_check CHECK ((attempts >= 0))
);

ALTER TABLE public.events_reaction ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_reaction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_recommendclock (
    id bigint NOT NULL,
    at_product bigint NOT NULL,
    began_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT recommendclock_is_one CHECK ((id = 1))
);

ALTER TABLE public.events_recommendclock ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_recommendclock_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_refund (
    id bigint NOT NULL,
    number character varying(100) NOT NULL,
    order_number character varying(100) NOT NULL,
    amount_fen bigint NOT NULL,
    reason character varying(200) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    namespace_id bigint NOT NULL,
    source_id bigint NOT NULL,
    CONSTRAINT refund_is_positive CHECK ((amount_fen > 0))
);

ALTER TABLE public.events_refund ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_refund_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_schemamark (
    id bigint NOT NULL,
    counted_id bigint NOT NULL,
    next_id bigint NOT NULL,
    next_xid bigint NOT NULL
);

ALTER TABLE public.events_schemamark ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_schemamark_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_seenevent (
    id bigint NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    volume bigint NOT NULL,
    name_id integer NOT NULL,
    source_id bigint NOT NULL
);

ALTER TABLE public.events_seenevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_seenevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_seenproperty (
    id bigint NOT NULL,
    key character varying(100) NOT NULL,
    types character varying(10)[] NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    volume bigint NOT NULL,
    event_id bigint NOT NULL,
    changed_at timestamp with time zone
);

ALTER TABLE public.events_seenproperty ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_seenproperty_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_sourcevolume (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    n bigint NOT NULL,
    source_id bigint NOT NULL
);

ALTER TABLE public.events_sourcevolume ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_sourcevolume_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_stagechange (
    id bigint NOT NULL,
    before character varying(8) NOT NULL,
    after character varying(8) NOT NULL,
    since timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    customer_id integer NOT NULL,
    origin_customer_id integer NOT NULL
);

ALTER TABLE public.events_stagechange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_stagechange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.events_watchedname (
    id bigint NOT NULL,
    watcher character varying(60) NOT NULL,
    name_id integer NOT NULL
);

ALTER TABLE public.events_watchedname ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.events_watchedname_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_accesstoken (
    connection_id bigint NOT NULL,
    sealed_value bytea,
    expires_at timestamp with time zone,
    renewed_at timestamp with time zone,
    forced_at timestamp with time zone,
    renewing_until timestamp with time zone,
    failed_at timestamp with time zone,
    error character varying(300) NOT NULL
);

CREATE TABLE public.integrations_capturedrow (
    id bigint NOT NULL,
    key character varying(200) NOT NULL,
    parent character varying(200) NOT NULL,
    number character varying(200) NOT NULL,
    log character varying(120) NOT NULL,
    "position" bigint,
    at timestamp with time zone NOT NULL,
    stated_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    digest character varying(32) NOT NULL,
    "values" jsonb NOT NULL,
    is_deleted boolean NOT NULL,
    mapping_id bigint NOT NULL
);

ALTER TABLE public.integrations_capturedrow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_capturedrow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_difference (
    id bigint NOT NULL,
    number character varying(100) NOT NULL,
    paid_fen bigint,
    refunded_fen bigint,
    their_paid_fen bigint,
    their_refunded_fen bigint,
    asked_again_at timestamp with time zone,
    day_id bigint NOT NULL
);

ALTER TABLE public.integrations_difference ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_difference_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_fileimport (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    kind character varying(20) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    rows integer,
    shape jsonb NOT NULL,
    columns jsonb NOT NULL,
    options jsonb NOT NULL,
    by_id integer,
    file_id bigint,
    job_id bigint,
    namespace_id bigint NOT NULL,
    trial_id bigint,
    undo_id bigint,
    mapping_id bigint,
    CONSTRAINT integrations_fileimport_rows_check CHECK ((rows >= 0))
);

ALTER TABLE public.integrations_fileimport ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_fileimport_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_grant (
    id bigint NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    said_by character varying(6) NOT NULL,
    push_key character varying(160),
    client_key character varying(160),
    is_lasting boolean NOT NULL,
    is_withdrawal boolean NOT NULL,
    state character varying(8) NOT NULL,
    message_id bigint,
    changed_at timestamp with time zone NOT NULL,
    connection_id bigint NOT NULL,
    customer_id integer NOT NULL,
    identity_id bigint NOT NULL,
    origin_customer_id integer NOT NULL,
    template_id bigint NOT NULL,
    refused_at timestamp with time zone,
    CONSTRAINT grant_lasting_is_not_spent CHECK (((NOT is_lasting) OR ((state)::text = ANY ((ARRAY['free'::character varying, 'void'::character varying])::text[])))),
    CONSTRAINT grant_of_its_message CHECK ((((message_id IS NULL) AND ((state)::text = ANY ((ARRAY['free'::character varying, 'void'::character varying])::text[]))) OR ((message_id IS NOT NULL) AND ((state)::text = ANY ((ARRAY['reserved'::character varying, 'spent'::character varying])::text[]))))),
    CONSTRAINT grant_withdrawal_is_void CHECK (((NOT is_withdrawal) OR ((state)::text = 'void'::text)))
);

ALTER TABLE public.integrations_grant ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_grant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_importmapping (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    kind character varying(20) NOT NULL,
    columns jsonb NOT NULL,
    options jsonb NOT NULL,
    generation integer NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    used_at timestamp with time zone,
    created_by_id integer,
    source_id bigint NOT NULL,
    CONSTRAINT integrations_importmapping_generation_check CHECK ((generation >= 0))
);

ALTER TABLE public.integrations_importmapping ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_importmapping_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_importrow (
    id bigint NOT NULL,
    "row" integer NOT NULL,
    kind character varying(20) NOT NULL,
    object character varying(200) NOT NULL,
    origin integer,
    outcome character varying(10) NOT NULL,
    before jsonb,
    at timestamp with time zone NOT NULL,
    job_id bigint NOT NULL,
    CONSTRAINT integrations_importrow_row_check CHECK (("row" >= 0))
);

ALTER TABLE public.integrations_importrow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_importrow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_membersession (
    id bigint NOT NULL,
    digest bytea NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    connection_id bigint NOT NULL,
    identity_id bigint NOT NULL
);

ALTER TABLE public.integrations_membersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_membersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_phonelookups (
    id bigint NOT NULL,
    day date NOT NULL,
    number integer NOT NULL,
    cost bigint NOT NULL,
    connection_id bigint NOT NULL,
    CONSTRAINT integrations_phonelookups_cost_check CHECK ((cost >= 0)),
    CONSTRAINT integrations_phonelookups_number_check CHECK ((number >= 0))
);

ALTER TABLE public.integrations_phonelookups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_phonelookups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_quarantine (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    format character varying(30) NOT NULL,
    code character varying(60) NOT NULL,
    path character varying(200) NOT NULL,
    raw bytea NOT NULL,
    received_at timestamp with time zone NOT NULL,
    replayed_at timestamp with time zone,
    source_id bigint,
    door character varying(60) NOT NULL,
    size integer NOT NULL,
    row_key uuid,
    CONSTRAINT integrations_quarantine_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT integrations_quarantine_size_check CHECK ((size >= 0))
);

ALTER TABLE public.integrations_quarantine ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_queuesource (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    queue character varying(200) NOT NULL,
    "group" character varying(100) NOT NULL,
    content character varying(10) NOT NULL,
    door character varying(20) NOT NULL,
    at_once integer NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    connection_id bigint NOT NULL,
    source_id bigint NOT NULL,
    is_history boolean DEFAULT false NOT NULL,
    CONSTRAINT integrations_queuesource_at_once_check CHECK ((at_once >= 0))
);

ALTER TABLE public.integrations_queuesource ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_queuesource_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_queuestate (
    queue_id bigint NOT NULL,
    taken bigint NOT NULL,
    stored bigint NOT NULL,
    known bigint NOT NULL,
    refused bigint NOT NULL,
    passed_over bigint NOT NULL,
    waiting bigint,
    per_minute double precision NOT NULL,
    behind_seconds double precision,
    seen_at timestamp with time zone,
    last_ok_at timestamp with time zone,
    last_error character varying(300) NOT NULL,
    last_error_at timestamp with time zone
);

CREATE TABLE public.integrations_reconciledday (
    id bigint NOT NULL,
    day date NOT NULL,
    orders bigint NOT NULL,
    paid_fen bigint NOT NULL,
    refunded_fen bigint NOT NULL,
    customers bigint NOT NULL,
    their_orders bigint NOT NULL,
    their_paid_fen bigint NOT NULL,
    their_refunded_fen bigint NOT NULL,
    their_customers bigint,
    is_equal boolean NOT NULL,
    compared_at timestamp with time zone NOT NULL,
    searched_at timestamp with time zone,
    reconciliation_id bigint NOT NULL
);

ALTER TABLE public.integrations_reconciledday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_reconciledday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_reconciliation (
    id bigint NOT NULL,
    time_zone character varying(64) NOT NULL,
    days smallint NOT NULL,
    is_active boolean NOT NULL,
    complete_until date,
    asked_at timestamp with time zone,
    problem character varying(300) NOT NULL,
    due_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    connection_id bigint NOT NULL,
    source_id bigint NOT NULL,
    CONSTRAINT integrations_reconciliation_days_check CHECK ((days >= 0))
);

ALTER TABLE public.integrations_reconciliation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_reconciliation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_servicewindow (
    id bigint NOT NULL,
    kind character varying(8) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    "left" smallint NOT NULL,
    connection_id bigint NOT NULL,
    customer_id integer NOT NULL,
    identity_id bigint NOT NULL,
    origin_customer_id integer NOT NULL,
    CONSTRAINT integrations_servicewindow_left_check CHECK (("left" >= 0))
);

ALTER TABLE public.integrations_servicewindow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_servicewindow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_smsaccount (
    id bigint NOT NULL,
    due_at timestamp with time zone,
    token uuid,
    attempts smallint NOT NULL,
    error text NOT NULL,
    sign character varying(12) NOT NULL,
    sign_reason character varying(300) NOT NULL,
    balance character varying(60) NOT NULL,
    balance_at timestamp with time zone,
    synced_at timestamp with time zone,
    connection_id bigint NOT NULL,
    signs jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT integrations_smsaccount_attempts_check CHECK ((attempts >= 0))
);

ALTER TABLE public.integrations_smsaccount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_smsaccount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_smstemplate (
    id bigint NOT NULL,
    code character varying(64) NOT NULL,
    name character varying(200) NOT NULL,
    text text NOT NULL,
    kind character varying(12) NOT NULL,
    kind_is_said boolean DEFAULT false NOT NULL,
    review character varying(12) NOT NULL,
    reason character varying(300) NOT NULL,
    synced_at timestamp with time zone NOT NULL,
    connection_id bigint NOT NULL
);

ALTER TABLE public.integrations_smstemplate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_smstemplate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_subscribetemplate (
    id bigint NOT NULL,
    key character varying(128) NOT NULL,
    title character varying(100) NOT NULL,
    kind character varying(10) NOT NULL,
    keywords jsonb NOT NULL,
    every character varying(10) NOT NULL,
    counted_by character varying(32) NOT NULL,
    about character varying(10) NOT NULL,
    promise character varying(200) NOT NULL,
    is_there boolean NOT NULL,
    synced_at timestamp with time zone,
    connection_id bigint NOT NULL
);

ALTER TABLE public.integrations_subscribetemplate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_subscribetemplate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.integrations_tablemapping (
    id bigint NOT NULL,
    "table" character varying(130) NOT NULL,
    kind character varying(10) NOT NULL,
    columns jsonb NOT NULL,
    attributes jsonb NOT NULL,
    statuses jsonb NOT NULL,
    key character varying(200) NOT NULL,
    money_unit character varying(4) NOT NULL,
    time_zone character varying(64) NOT NULL,
    numbers character varying(8) NOT NULL,
    deleted character varying(10) NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone DEFAULT public.hutong_now() NOT NULL,
    source_id bigint NOT NULL
);

ALTER TABLE public.integrations_tablemapping ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.integrations_tablemapping_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.otp_totp_totpdevice (
    id integer NOT NULL,
    name character varying(64) NOT NULL,
    confirmed boolean NOT NULL,
    key character varying(80) NOT NULL,
    step smallint NOT NULL,
    t0 bigint NOT NULL,
    digits smallint NOT NULL,
    tolerance smallint NOT NULL,
    drift smallint NOT NULL,
    last_t bigint NOT NULL,
    user_id integer NOT NULL,
    throttling_failure_count integer NOT NULL,
    throttling_failure_timestamp timestamp with time zone,
    created_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT otp_totp_totpdevice_digits_check CHECK ((digits >= 0)),
    CONSTRAINT otp_totp_totpdevice_step_check CHECK ((step >= 0)),
    CONSTRAINT otp_totp_totpdevice_throttling_failure_count_check CHECK ((throttling_failure_count >= 0)),
    CONSTRAINT otp_totp_totpdevice_tolerance_check CHECK ((tolerance >= 0))
);

ALTER TABLE public.otp_totp_totpdevice ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.otp_totp_totpdevice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.events_event ATTACH PARTITION public.events_event_even FOR VALUES IN (false);

ALTER TABLE ONLY public.events_event ATTACH PARTITION public.events_event_odd FOR VALUES IN (true);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_00 FOR VALUES WITH (modulus 16, remainder 0);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_01 FOR VALUES WITH (modulus 16, remainder 1);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_02 FOR VALUES WITH (modulus 16, remainder 2);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_03 FOR VALUES WITH (modulus 16, remainder 3);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_04 FOR VALUES WITH (modulus 16, remainder 4);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_05 FOR VALUES WITH (modulus 16, remainder 5);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_06 FOR VALUES WITH (modulus 16, remainder 6);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_07 FOR VALUES WITH (modulus 16, remainder 7);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_08 FOR VALUES WITH (modulus 16, remainder 8);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_09 FOR VALUES WITH (modulus 16, remainder 9);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_10 FOR VALUES WITH (modulus 16, remainder 10);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_11 FOR VALUES WITH (modulus 16, remainder 11);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_12 FOR VALUES WITH (modulus 16, remainder 12);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_13 FOR VALUES WITH (modulus 16, remainder 13);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_14 FOR VALUES WITH (modulus 16, remainder 14);

ALTER TABLE ONLY public.events_ledger ATTACH PARTITION public.events_ledger_15 FOR VALUES WITH (modulus 16, remainder 15);

ALTER TABLE ONLY public.events_event ALTER COLUMN id SET DEFAULT nextval('public.events_event_id_seq'::regclass);

INSERT INTO public.customers_retention VALUES
	(1, public.hutong_now(), NULL, 0, '', 'attribute_history', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(2, public.hutong_now(), NULL, 0, '', 'tag_history', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(3, public.hutong_now(), NULL, 0, '', 'transitions', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(4, public.hutong_now(), NULL, 0, '', 'consents', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(5, public.hutong_now(), NULL, 0, '', 'notes', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(6, public.hutong_now(), NULL, 0, '', 'tasks', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(7, public.hutong_now(), NULL, 0, '', 'conflicts', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(8, public.hutong_now(), NULL, 0, '', 'erasures', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(9, public.hutong_now(), NULL, 0, '', 'acts', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(11, public.hutong_now(), NULL, 0, '', 'admin_log', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(12, public.hutong_now(), NULL, 0, '', 'sessions', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(13, public.hutong_now(), NULL, 0, '', 'visitors', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(14, public.hutong_now(), NULL, 0, '', 'provisional', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(15, public.hutong_now(), NULL, 0, '', 'events', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(16, public.hutong_now(), NULL, 0, '', 'odd_events', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(17, public.hutong_now(), NULL, 0, '', 'reactions', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(18, public.hutong_now(), NULL, 0, '', 'orders', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(19, public.hutong_now(), NULL, 0, '', 'refunds', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(20, public.hutong_now(), NULL, 0, '', 'bookings', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(21, public.hutong_now(), NULL, 0, '', 'measurements', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(22, public.hutong_now(), NULL, 0, '', 'stage_history', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(23, public.hutong_now(), NULL, 0, '', 'message_contents', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(24, public.hutong_now(), NULL, 0, '', 'messages', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(25, public.hutong_now(), NULL, 0, '', 'run_details', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(26, public.hutong_now(), NULL, 0, '', 'run_steps', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(27, public.hutong_now(), NULL, 0, '', 'quarantine', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(28, public.hutong_now(), NULL, 0, '', 'spool', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(29, public.hutong_now(), NULL, 0, '', 'mailbox', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(30, public.hutong_now(), NULL, 0, '', 'calls', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(31, public.hutong_now(), NULL, 0, '', 'approvals', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(32, public.hutong_now(), NULL, 0, '', 'dry_runs', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(33, public.hutong_now(), NULL, 0, '', 'member_sessions', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(34, public.hutong_now(), NULL, 0, '', 'imports', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(35, public.hutong_now(), NULL, 0, '', 'imported_rows', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL),
	(36, public.hutong_now(), NULL, 0, '', 'reconciled_days', false, NULL, public.hutong_now(), NULL, 0, 0, 1000, 0, NULL, true, NULL, 0, NULL, 0, NULL);

INSERT INTO public.django_migrations VALUES
	(1, 'contenttypes', '0001_initial', public.hutong_now()),
	(2, 'auth', '0001_initial', public.hutong_now()),
	(3, 'admin', '0001_initial', public.hutong_now()),
	(4, 'admin', '0002_logentry_remove_auto_add', public.hutong_now()),
	(5, 'admin', '0003_logentry_add_action_flag_choices', public.hutong_now()),
	(6, 'contenttypes', '0002_remove_content_type_name', public.hutong_now()),
	(7, 'auth', '0002_alter_permission_name_max_length', public.hutong_now()),
	(8, 'auth', '0003_alter_user_email_max_length', public.hutong_now()),
	(9, 'auth', '0004_alter_user_username_opts', public.hutong_now()),
	(10, 'auth', '0005_alter_user_last_login_null', public.hutong_now()),
	(11, 'auth', '0006_require_contenttypes_0002', public.hutong_now()),
	(12, 'auth', '0007_alter_validators_add_error_messages', public.hutong_now()),
	(13, 'auth', '0008_alter_user_username_max_length', public.hutong_now()),
	(14, 'auth', '0009_alter_user_last_name_max_length', public.hutong_now()),
	(15, 'auth', '0010_alter_group_name_max_length', public.hutong_now()),
	(16, 'auth', '0011_update_proxy_permissions', public.hutong_now()),
	(17, 'auth', '0012_alter_user_first_name_max_length', public.hutong_now()),
	(18, 'crm_project', '0001_initial', public.hutong_now()),
	(19, 'customers', '0001_initial', public.hutong_now()),
	(20, 'customers', '0002_changed_customers', public.hutong_now()),
	(21, 'customers', '0003_whole_holdout_salt', public.hutong_now()),
	(22, 'customers', '0004_requests_per_second', public.hutong_now()),
	(23, 'customers', '0005_restored', public.hutong_now()),
	(24, 'customers', '0006_segment_audit', public.hutong_now()),
	(25, 'customers', '0007_history_and_tags_by_time', public.hutong_now()),
	(26, 'customers', '0008_reveal_identity', public.hutong_now()),
	(27, 'customers', '0009_sizes_and_kept', public.hutong_now()),
	(28, 'customers', '0010_tags', public.hutong_now()),
	(29, 'customers', '0011_customer_first_seen', public.hutong_now()),
	(30, 'customers', '0012_notes_and_names', public.hutong_now()),
	(31, 'customers', '0013_erasures', public.hutong_now()),
	(32, 'customers', '0014_segment_parts', public.hutong_now()),
	(33, 'customers', '0015_awaited_transitions', public.hutong_now()),
	(34, 'customers', '0016_bulk', public.hutong_now()),
	(35, 'customers', '0017_numbers_of_transactions_are_noted_later', public.hutong_now()),
	(36, 'customers', '0018_note_numbers_anew', public.hutong_now()),
	(37, 'customers', '0019_rights', public.hutong_now()),
	(38, 'customers', '0020_source_pages_and_names', public.hutong_now()),
	(39, 'customers', '0021_retention', public.hutong_now()),
	(40, 'customers', '0022_segment_failures', public.hutong_now()),
	(41, 'customers', '0023_lane_of_mass_changes', public.hutong_now()),
	(42, 'customers', '0024_marks_of_the_erased', public.hutong_now()),
	(43, 'customers', '0025_history', public.hutong_now()),
	(44, 'customers', '0026_history_marks', public.hutong_now()),
	(45, 'customers', '0027_connections', public.hutong_now()),
	(46, 'crm_project', '0002_sessions', public.hutong_now()),
	(47, 'crm_project', '0003_rights', public.hutong_now()),
	(48, 'crm_project', '0004_submissions', public.hutong_now()),
	(49, 'crm_project', '0005_clock', public.hutong_now()),
	(50, 'customers', '0028_clock', public.hutong_now()),
	(51, 'customers', '0029_names_and_views', public.hutong_now()),
	(52, 'customers', '0030_outbound_calls', public.hutong_now()),
	(53, 'customers', '0031_erasures_on_hosts', public.hutong_now()),
	(54, 'customers', '0032_trade', public.hutong_now()),
	(55, 'customers', '0033_approval', public.hutong_now()),
	(56, 'customers', '0034_owners', public.hutong_now()),
	(57, 'crm_project', '0006_hosts', public.hutong_now()),
	(58, 'crm_project', '0007_jobs', public.hutong_now()),
	(59, 'customers', '0035_jobs', public.hutong_now()),
	(60, 'customers', '0036_source_settings', public.hutong_now()),
	(61, 'customers', '0037_tasks_and_special_days', public.hutong_now()),
	(62, 'customers', '0038_limits_are_rows', public.hutong_now()),
	(63, 'customers', '0039_late_after_a_pause', public.hutong_now()),
	(64, 'customers', '0040_stopped_channels', public.hutong_now()),
	(65, 'customers', '0041_erasure_requests', public.hutong_now()),
	(66, 'customers', '0042_margin_and_touch', public.hutong_now()),
	(67, 'events', '0001_initial', public.hutong_now()),
	(68, 'events', '0002_partitions', public.hutong_now()),
	(69, 'events', '0003_schema', public.hutong_now()),
	(70, 'events', '0004_bookings_and_measurements', public.hutong_now()),
	(71, 'events', '0005_lines_and_refunds_change_customers', public.hutong_now()),
	(72, 'events', '0006_settled_marks', public.hutong_now()),
	(73, 'events', '0007_figures', public.hutong_now()),
	(74, 'events', '0008_lifecycle', public.hutong_now()),
	(75, 'events', '0009_interests_change_customers', public.hutong_now()),
	(76, 'events', '0010_found_in_lists', public.hutong_now()),
	(77, 'events', '0011_stage_figures', public.hutong_now()),
	(78, 'events', '0012_event_personal_is_sealed', public.hutong_now()),
	(79, 'events', '0013_reactions_by_customer', public.hutong_now()),
	(80, 'events', '0014_drop_month', public.hutong_now()),
	(81, 'events', '0015_who_made_a_name', public.hutong_now()),
	(82, 'events', '0016_clock', public.hutong_now()),
	(83, 'events', '0017_event_cursor', public.hutong_now()),
	(84, 'events', '0018_order_by_spend', public.hutong_now()),
	(85, 'events', '0019_stores', public.hutong_now()),
	(86, 'events', '0020_recommend', public.hutong_now()),
	(87, 'events', '0021_bookings_for_whom', public.hutong_now()),
	(88, 'events', '0022_product_margin', public.hutong_now()),
	(89, 'crm_project', '0008_alarms', public.hutong_now()),
	(90, 'campaigns', '0001_initial', public.hutong_now()),
	(91, 'campaigns', '0002_changed_customers', public.hutong_now()),
	(92, 'campaigns', '0003_run_is_waiting', public.hutong_now()),
	(93, 'campaigns', '0004_find_what_is_being_sent', public.hutong_now()),
	(94, 'campaigns', '0005_reach_and_receipts_by_time', public.hutong_now()),
	(95, 'campaigns', '0006_links', public.hutong_now()),
	(96, 'campaigns', '0007_figures', public.hutong_now()),
	(97, 'campaigns', '0008_found_in_lists', public.hutong_now()),
	(98, 'campaigns', '0009_forgotten_moves', public.hutong_now()),
	(99, 'campaigns', '0010_pending_coupons', public.hutong_now()),
	(100, 'campaigns', '0011_reentry_under_a_lock_and_arms', public.hutong_now()),
	(101, 'campaigns', '0012_arms_apart', public.hutong_now()),
	(102, 'campaigns', '0013_batch_limits', public.hutong_now()),
	(103, 'campaigns', '0014_waits_for_members', public.hutong_now()),
	(104, 'campaigns', '0015_awaits', public.hutong_now()),
	(105, 'campaigns', '0016_journey_drafts', public.hutong_now()),
	(106, 'campaigns', '0017_clock', public.hutong_now()),
	(107, 'campaigns', '0018_connections_of_messages', public.hutong_now()),
	(108, 'campaigns', '0019_receipts', public.hutong_now()),
	(109, 'campaigns', '0020_step_figures', public.hutong_now()),
	(110, 'campaigns', '0021_goals_and_holding', public.hutong_now()),
	(111, 'campaigns', '0022_limits', public.hutong_now()),
	(112, 'campaigns', '0023_fallback_and_waiting', public.hutong_now()),
	(113, 'campaigns', '0024_what_is_over_is_not_due', public.hutong_now()),
	(114, 'campaigns', '0025_prices_and_fallbacks', public.hutong_now()),
	(115, 'campaigns', '0026_goal_figures', public.hutong_now()),
	(116, 'campaigns', '0027_moves_between_versions', public.hutong_now()),
	(117, 'campaigns', '0028_test_messages', public.hutong_now()),
	(118, 'campaigns', '0029_write_to_bookings', public.hutong_now()),
	(119, 'campaigns', '0030_recipes', public.hutong_now()),
	(120, 'campaigns', '0031_dry_runs', public.hutong_now()),
	(121, 'campaigns', '0032_marketing_stops', public.hutong_now()),
	(122, 'campaigns', '0033_reports', public.hutong_now()),
	(123, 'campaigns', '0034_report_marks', public.hutong_now()),
	(124, 'campaigns', '0035_campaign_slots', public.hutong_now()),
	(125, 'campaigns', '0036_variants', public.hutong_now()),
	(126, 'campaigns', '0037_redeemed_marks', public.hutong_now()),
	(127, 'campaigns', '0038_find_tests', public.hutong_now()),
	(128, 'campaigns', '0039_coupon_codes', public.hutong_now()),
	(129, 'customers', '0043_exports', public.hutong_now()),
	(130, 'django_celery_beat', '0001_initial', public.hutong_now()),
	(131, 'django_celery_beat', '0002_auto_20161118_0346', public.hutong_now()),
	(132, 'django_celery_beat', '0003_auto_20161209_0049', public.hutong_now()),
	(133, 'django_celery_beat', '0004_auto_20170221_0000', public.hutong_now()),
	(134, 'django_celery_beat', '0005_add_solarschedule_events_choices', public.hutong_now()),
	(135, 'django_celery_beat', '0006_auto_20180322_0932', public.hutong_now()),
	(136, 'django_celery_beat', '0007_auto_20180521_0826', public.hutong_now()),
	(137, 'django_celery_beat', '0008_auto_20180914_1922', public.hutong_now()),
	(138, 'django_celery_beat', '0006_auto_20180210_1226', public.hutong_now()),
	(139, 'django_celery_beat', '0006_periodictask_priority', public.hutong_now()),
	(140, 'django_celery_beat', '0009_periodictask_headers', public.hutong_now()),
	(141, 'django_celery_beat', '0010_auto_20190429_0326', public.hutong_now()),
	(142, 'django_celery_beat', '0011_auto_20190508_0153', public.hutong_now()),
	(143, 'django_celery_beat', '0012_periodictask_expire_seconds', public.hutong_now()),
	(144, 'django_celery_beat', '0013_auto_20200609_0727', public.hutong_now()),
	(145, 'django_celery_beat', '0014_remove_clockedschedule_enabled', public.hutong_now()),
	(146, 'django_celery_beat', '0015_edit_solarschedule_events_choices', public.hutong_now()),
	(147, 'django_celery_beat', '0016_alter_crontabschedule_timezone', public.hutong_now()),
	(148, 'django_celery_beat', '0017_alter_crontabschedule_month_of_year', public.hutong_now()),
	(149, 'django_celery_beat', '0018_improve_crontab_helptext', public.hutong_now()),
	(150, 'django_celery_beat', '0019_alter_periodictasks_options', public.hutong_now()),
	(151, 'events', '0023_source_volume', public.hutong_now()),
	(152, 'integrations', '0001_initial', public.hutong_now()),
	(153, 'integrations', '0002_quarantine_replay', public.hutong_now()),
	(154, 'integrations', '0003_quarantine_row_key', public.hutong_now()),
	(155, 'integrations', '0004_replay_jobs', public.hutong_now()),
	(156, 'integrations', '0005_wechat_tokens', public.hutong_now()),
	(157, 'integrations', '0006_grants', public.hutong_now()),
	(158, 'integrations', '0007_sms', public.hutong_now()),
	(159, 'integrations', '0008_queues', public.hutong_now()),
	(160, 'integrations', '0009_imports', public.hutong_now()),
	(161, 'integrations', '0010_member_sessions', public.hutong_now()),
	(162, 'integrations', '0011_reconciliation', public.hutong_now()),
	(163, 'integrations', '0012_keep_imports', public.hutong_now()),
	(164, 'integrations', '0013_queue_history', public.hutong_now()),
	(165, 'integrations', '0014_grant_refused', public.hutong_now()),
	(166, 'integrations', '0015_sms_signs', public.hutong_now()),
	(167, 'otp_totp', '0001_initial', public.hutong_now()),
	(168, 'otp_totp', '0002_auto_20190420_0723', public.hutong_now()),
	(169, 'otp_totp', '0003_add_timestamps', public.hutong_now()),
	(170, 'sessions', '0001_initial', public.hutong_now());

SELECT pg_catalog.setval('public.auth_group_id_seq', 1, false);

SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 1, false);

SELECT pg_catalog.setval('public.auth_user_groups_id_seq', 1, false);

SELECT pg_catalog.setval('public.auth_user_id_seq', 1, false);

SELECT pg_catalog.setval('public.auth_user_user_permissions_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_armfigure_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_assignment_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_batchcode_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_campaign_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_campaign_more_segments_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_campaign_without_segments_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_campaignslot_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_campaignversion_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_cap_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_coupon_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_couponbatch_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_couponmove_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_dryrun_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_earlyreceipt_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_firing_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_goalreached_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_journey_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_journeydraft_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_journeyversion_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_link_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_marketingstop_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_message_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_price_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_quietday_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_quiethours_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_reportmark_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_reportstate_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_run_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_runmove_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_runstep_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_sendingfigure_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_stepfigure_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_stepfigurechange_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_stoprelease_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_suppression_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_template_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_testperson_id_seq', 1, false);

SELECT pg_catalog.setval('public.campaigns_versionmove_id_seq', 1, false);

SELECT pg_catalog.setval('public.crm_project_file_id_seq', 1, false);

SELECT pg_catalog.setval('public.crm_project_filepart_id_seq', 1, false);

SELECT pg_catalog.setval('public.crm_project_job_id_seq', 1, false);

SELECT pg_catalog.setval('public.crm_project_tally_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_approval_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_attributechange_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_auditentry_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_bulkrun_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_changedcustomer_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_connection_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_consent_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_customer_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_customerattribute_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_customertag_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_displayname_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_erasedidentity_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_erasure_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_erasurerequest_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_exportpart_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_followup_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_identity_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_identityclaim_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_identityconflict_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_listmember_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_membership_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_merge_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_namespace_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_note_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_outboundcall_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_owner_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_retention_id_seq', 36, true);

SELECT pg_catalog.setval('public.customers_reveallimit_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_savedview_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_scheduledexport_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_segment_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_segmentpart_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_segmentsize_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_segmentversion_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_source_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_specialday_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_store_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_tag_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_tagchange_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_taggroup_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_tagjob_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_transition_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_watchedsegment_id_seq', 1, false);

SELECT pg_catalog.setval('public.customers_workspace_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_admin_log_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_celery_beat_clockedschedule_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_celery_beat_crontabschedule_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_celery_beat_intervalschedule_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_celery_beat_periodictask_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_celery_beat_solarschedule_id_seq', 1, false);

SELECT pg_catalog.setval('public.django_migrations_id_seq', 170, true);

SELECT pg_catalog.setval('public.events_booking_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_cyclemeasure_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_daycustomers_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_event_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_eventname_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_figure_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_figurechange_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_interest_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_interestsettings_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_interestversion_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_lifecyclesettings_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_measurement_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_order_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_orderline_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_product_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_productpair_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_reaction_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_recommendclock_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_refund_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_schemamark_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_seenevent_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_seenproperty_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_sourcevolume_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_stagechange_id_seq', 1, false);

SELECT pg_catalog.setval('public.events_watchedname_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_capturedrow_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_difference_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_fileimport_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_grant_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_importmapping_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_importrow_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_membersession_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_phonelookups_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_quarantine_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_queuesource_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_reconciledday_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_reconciliation_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_servicewindow_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_smsaccount_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_smstemplate_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_subscribetemplate_id_seq', 1, false);

SELECT pg_catalog.setval('public.integrations_tablemapping_id_seq', 1, false);

SELECT pg_catalog.setval('public.otp_totp_totpdevice_id_seq', 1, false);

ALTER TABLE ONLY public.campaigns_armfigure
    ADD CONSTRAINT armfigure_is_unique UNIQUE (of, subject, month, goal, arm);

ALTER TABLE ONLY public.campaigns_assignment
    ADD CONSTRAINT assignment_is_unique UNIQUE (subject, origin_customer_id);

ALTER TABLE ONLY public.customers_customerattribute
    ADD CONSTRAINT attribute_is_unique UNIQUE (customer_id, key);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_group_id_94350c0c_uniq UNIQUE (user_id, group_id);

ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_permission_id_14a6b632_uniq UNIQUE (user_id, permission_id);

ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_username_key UNIQUE (username);

ALTER TABLE ONLY public.events_booking
    ADD CONSTRAINT booking_is_unique UNIQUE (namespace_id, number);

ALTER TABLE ONLY public.campaigns_armfigure
    ADD CONSTRAINT campaigns_armfigure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_assignment
    ADD CONSTRAINT campaigns_assignment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_batchcode
    ADD CONSTRAINT campaigns_batchcode_code_digest_key UNIQUE (code_digest);

ALTER TABLE ONLY public.campaigns_batchcode
    ADD CONSTRAINT campaigns_batchcode_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_campaign_more_segments
    ADD CONSTRAINT campaigns_campaign_more__campaign_id_segment_id_a04e7870_uniq UNIQUE (campaign_id, segment_id);

ALTER TABLE ONLY public.campaigns_campaign_more_segments
    ADD CONSTRAINT campaigns_campaign_more_segments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_name_key UNIQUE (name);

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_campaign_without_segments
    ADD CONSTRAINT campaigns_campaign_witho_campaign_id_segment_id_f01f2989_uniq UNIQUE (campaign_id, segment_id);

ALTER TABLE ONLY public.campaigns_campaign_without_segments
    ADD CONSTRAINT campaigns_campaign_without_segments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_campaignslot
    ADD CONSTRAINT campaigns_campaignslot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_campaignversion
    ADD CONSTRAINT campaigns_campaignversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_cap
    ADD CONSTRAINT campaigns_cap_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_coupon
    ADD CONSTRAINT campaigns_coupon_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_couponbatch
    ADD CONSTRAINT campaigns_couponbatch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_couponmove
    ADD CONSTRAINT campaigns_couponmove_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_dryrun
    ADD CONSTRAINT campaigns_dryrun_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_earlyreceipt
    ADD CONSTRAINT campaigns_earlyreceipt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_firing
    ADD CONSTRAINT campaigns_firing_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_goalreached
    ADD CONSTRAINT campaigns_goalreached_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_goalreached
    ADD CONSTRAINT campaigns_goalreached_run_id_key UNIQUE (run_id);

ALTER TABLE ONLY public.campaigns_journey
    ADD CONSTRAINT campaigns_journey_name_key UNIQUE (name);

ALTER TABLE ONLY public.campaigns_journey
    ADD CONSTRAINT campaigns_journey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_journeydraft
    ADD CONSTRAINT campaigns_journeydraft_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_journeyversion
    ADD CONSTRAINT campaigns_journeyversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_link
    ADD CONSTRAINT campaigns_link_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_marketingstop
    ADD CONSTRAINT campaigns_marketingstop_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_message
    ADD CONSTRAINT campaigns_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_price
    ADD CONSTRAINT campaigns_price_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_quietday
    ADD CONSTRAINT campaigns_quietday_date_key UNIQUE (date);

ALTER TABLE ONLY public.campaigns_quietday
    ADD CONSTRAINT campaigns_quietday_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_quiethours
    ADD CONSTRAINT campaigns_quiethours_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_reportmark
    ADD CONSTRAINT campaigns_reportmark_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_reportstate
    ADD CONSTRAINT campaigns_reportstate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_run
    ADD CONSTRAINT campaigns_run_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_runmove
    ADD CONSTRAINT campaigns_runmove_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_runstep
    ADD CONSTRAINT campaigns_runstep_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_sendingfigure
    ADD CONSTRAINT campaigns_sendingfigure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_stepfigure
    ADD CONSTRAINT campaigns_stepfigure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_stepfigurechange
    ADD CONSTRAINT campaigns_stepfigurechange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_stoprelease
    ADD CONSTRAINT campaigns_stoprelease_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_suppression
    ADD CONSTRAINT campaigns_suppression_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_template
    ADD CONSTRAINT campaigns_template_name_key UNIQUE (name);

ALTER TABLE ONLY public.campaigns_template
    ADD CONSTRAINT campaigns_template_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_testperson
    ADD CONSTRAINT campaigns_testperson_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_testperson
    ADD CONSTRAINT campaigns_testperson_user_id_key UNIQUE (user_id);

ALTER TABLE ONLY public.campaigns_versionmove
    ADD CONSTRAINT campaigns_versionmove_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns_campaignslot
    ADD CONSTRAINT campaignslot_fires_once UNIQUE (campaign_id, at);

ALTER TABLE ONLY public.campaigns_campaignslot
    ADD CONSTRAINT campaignslot_subject_is_unique UNIQUE (subject);

ALTER TABLE ONLY public.campaigns_campaignversion
    ADD CONSTRAINT campaignversion_is_unique UNIQUE (campaign_id, number);

ALTER TABLE ONLY public.campaigns_cap
    ADD CONSTRAINT cap_is_unique UNIQUE (channel, purpose, seconds) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_capturedrow
    ADD CONSTRAINT capturedrow_is_unique UNIQUE (mapping_id, key);

ALTER TABLE ONLY public.customers_identityclaim
    ADD CONSTRAINT claim_is_unique UNIQUE (kind, scope, value, origin_customer_id);

ALTER TABLE ONLY public.customers_identityconflict
    ADD CONSTRAINT conflict_is_unique UNIQUE (first_id, second_id);

ALTER TABLE ONLY public.customers_connection
    ADD CONSTRAINT connection_is_unique UNIQUE (vendor, account);

ALTER TABLE ONLY public.campaigns_coupon
    ADD CONSTRAINT coupon_code_is_unique UNIQUE (code_digest);

ALTER TABLE ONLY public.campaigns_coupon
    ADD CONSTRAINT coupon_is_issued_once UNIQUE (effect_key);

ALTER TABLE ONLY public.crm_project_alarmstate
    ADD CONSTRAINT crm_project_alarmstate_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.crm_project_file
    ADD CONSTRAINT crm_project_file_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.crm_project_file
    ADD CONSTRAINT crm_project_file_public_id_key UNIQUE (public_id);

ALTER TABLE ONLY public.crm_project_filepart
    ADD CONSTRAINT crm_project_filepart_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.crm_project_heartbeat
    ADD CONSTRAINT crm_project_heartbeat_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.crm_project_host
    ADD CONSTRAINT crm_project_host_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.crm_project_job
    ADD CONSTRAINT crm_project_job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.crm_project_keymark
    ADD CONSTRAINT crm_project_keymark_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.crm_project_logintries
    ADD CONSTRAINT crm_project_logintries_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.crm_project_session
    ADD CONSTRAINT crm_project_session_pkey PRIMARY KEY (session_key);

ALTER TABLE ONLY public.crm_project_submission
    ADD CONSTRAINT crm_project_submission_pkey PRIMARY KEY (token);

ALTER TABLE ONLY public.crm_project_tally
    ADD CONSTRAINT crm_project_tally_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_approval
    ADD CONSTRAINT customers_approval_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_attributechange
    ADD CONSTRAINT customers_attributechange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_auditentry
    ADD CONSTRAINT customers_auditentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_auditseal
    ADD CONSTRAINT customers_auditseal_entry_id_key UNIQUE (entry_id);

ALTER TABLE ONLY public.customers_auditseal
    ADD CONSTRAINT customers_auditseal_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.customers_breaker
    ADD CONSTRAINT customers_breaker_pkey PRIMARY KEY (connection_id);

ALTER TABLE ONLY public.customers_bulkrun
    ADD CONSTRAINT customers_bulkrun_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_changedcustomer
    ADD CONSTRAINT customers_changedcustomer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_connection
    ADD CONSTRAINT customers_connection_name_key UNIQUE (name);

ALTER TABLE ONLY public.customers_connection
    ADD CONSTRAINT customers_connection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_consent
    ADD CONSTRAINT customers_consent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_customer
    ADD CONSTRAINT customers_customer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_customer
    ADD CONSTRAINT customers_customer_public_id_key UNIQUE (public_id);

ALTER TABLE ONLY public.customers_customerattribute
    ADD CONSTRAINT customers_customerattribute_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_customertag
    ADD CONSTRAINT customers_customertag_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_displayname
    ADD CONSTRAINT customers_displayname_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_erasedidentity
    ADD CONSTRAINT customers_erasedidentity_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.customers_erasedidentity
    ADD CONSTRAINT customers_erasedidentity_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_erasure
    ADD CONSTRAINT customers_erasure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_erasurerequest
    ADD CONSTRAINT customers_erasurerequest_asked_by_key UNIQUE (asked_by);

ALTER TABLE ONLY public.customers_erasurerequest
    ADD CONSTRAINT customers_erasurerequest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_evaluatorclock
    ADD CONSTRAINT customers_evaluatorclock_pkey PRIMARY KEY (shard);

ALTER TABLE ONLY public.customers_export
    ADD CONSTRAINT customers_export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_exportpart
    ADD CONSTRAINT customers_exportpart_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_followup
    ADD CONSTRAINT customers_followup_asked_by_key UNIQUE (asked_by);

ALTER TABLE ONLY public.customers_followup
    ADD CONSTRAINT customers_followup_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_identity
    ADD CONSTRAINT customers_identity_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_identityclaim
    ADD CONSTRAINT customers_identityclaim_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_identityconflict
    ADD CONSTRAINT customers_identityconflict_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_listmember
    ADD CONSTRAINT customers_listmember_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_membership
    ADD CONSTRAINT customers_membership_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_merge
    ADD CONSTRAINT customers_merge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_namespace
    ADD CONSTRAINT customers_namespace_key_key UNIQUE (key);

ALTER TABLE ONLY public.customers_namespace
    ADD CONSTRAINT customers_namespace_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_note
    ADD CONSTRAINT customers_note_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_outboundcall
    ADD CONSTRAINT customers_outboundcall_key_key UNIQUE (key);

ALTER TABLE ONLY public.customers_outboundcall
    ADD CONSTRAINT customers_outboundcall_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_owner
    ADD CONSTRAINT customers_owner_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_retention
    ADD CONSTRAINT customers_retention_kind_key UNIQUE (kind);

ALTER TABLE ONLY public.customers_retention
    ADD CONSTRAINT customers_retention_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_reveallimit
    ADD CONSTRAINT customers_reveallimit_group_id_key UNIQUE (group_id);

ALTER TABLE ONLY public.customers_reveallimit
    ADD CONSTRAINT customers_reveallimit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_savedview
    ADD CONSTRAINT customers_savedview_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_scheduledexport
    ADD CONSTRAINT customers_scheduledexport_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_segment
    ADD CONSTRAINT customers_segment_name_key UNIQUE (name);

ALTER TABLE ONLY public.customers_segment
    ADD CONSTRAINT customers_segment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_segmentpart
    ADD CONSTRAINT customers_segmentpart_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_segmentsize
    ADD CONSTRAINT customers_segmentsize_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_segmentversion
    ADD CONSTRAINT customers_segmentversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_source
    ADD CONSTRAINT customers_source_key_key UNIQUE (key);

ALTER TABLE ONLY public.customers_source
    ADD CONSTRAINT customers_source_name_key UNIQUE (name);

ALTER TABLE ONLY public.customers_source
    ADD CONSTRAINT customers_source_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_specialday
    ADD CONSTRAINT customers_specialday_day_key UNIQUE (day);

ALTER TABLE ONLY public.customers_specialday
    ADD CONSTRAINT customers_specialday_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_store
    ADD CONSTRAINT customers_store_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_tag
    ADD CONSTRAINT customers_tag_name_key UNIQUE (name);

ALTER TABLE ONLY public.customers_tag
    ADD CONSTRAINT customers_tag_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_tagchange
    ADD CONSTRAINT customers_tagchange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_taggroup
    ADD CONSTRAINT customers_taggroup_name_key UNIQUE (name);

ALTER TABLE ONLY public.customers_taggroup
    ADD CONSTRAINT customers_taggroup_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_tagjob
    ADD CONSTRAINT customers_tagjob_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_transition
    ADD CONSTRAINT customers_transition_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_watchedsegment
    ADD CONSTRAINT customers_watchedsegment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_workspace
    ADD CONSTRAINT customers_workspace_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_customertag
    ADD CONSTRAINT customertag_is_unique UNIQUE (origin_customer_id, tag_id);

ALTER TABLE ONLY public.events_daycustomers
    ADD CONSTRAINT daycustomers_is_unique UNIQUE (day, step);

ALTER TABLE ONLY public.integrations_difference
    ADD CONSTRAINT difference_is_unique UNIQUE (day_id, number);

ALTER TABLE ONLY public.customers_displayname
    ADD CONSTRAINT displayname_is_unique UNIQUE (kind, key);

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_beat_clockedschedule
    ADD CONSTRAINT django_celery_beat_clockedschedule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_beat_crontabschedule
    ADD CONSTRAINT django_celery_beat_crontabschedule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_beat_intervalschedule
    ADD CONSTRAINT django_celery_beat_intervalschedule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_periodictask_name_key UNIQUE (name);

ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_periodictask_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_celery_beat_periodictasks
    ADD CONSTRAINT django_celery_beat_periodictasks_pkey PRIMARY KEY (ident);

ALTER TABLE ONLY public.django_celery_beat_solarschedule
    ADD CONSTRAINT django_celery_beat_solar_event_latitude_longitude_ba64999a_uniq UNIQUE (event, latitude, longitude);

ALTER TABLE ONLY public.django_celery_beat_solarschedule
    ADD CONSTRAINT django_celery_beat_solarschedule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);

ALTER TABLE ONLY public.campaigns_earlyreceipt
    ADD CONSTRAINT early_receipt_is_unique UNIQUE (connection_id, provider_id, outcome);

ALTER TABLE ONLY public.events_booking
    ADD CONSTRAINT events_booking_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_customerstage
    ADD CONSTRAINT events_customerstage_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY public.events_cyclemeasure
    ADD CONSTRAINT events_cyclemeasure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_daycustomers
    ADD CONSTRAINT events_daycustomers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_eventname
    ADD CONSTRAINT events_eventname_name_key UNIQUE (name);

ALTER TABLE ONLY public.events_eventname
    ADD CONSTRAINT events_eventname_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_figure
    ADD CONSTRAINT events_figure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_figurechange
    ADD CONSTRAINT events_figurechange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_interest
    ADD CONSTRAINT events_interest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_interestsettings
    ADD CONSTRAINT events_interestsettings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_interestversion
    ADD CONSTRAINT events_interestversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_interestversion
    ADD CONSTRAINT events_interestversion_version_key UNIQUE (version);

ALTER TABLE ONLY public.events_ledger
    ADD CONSTRAINT events_ledger_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_00
    ADD CONSTRAINT events_ledger_00_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_01
    ADD CONSTRAINT events_ledger_01_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_02
    ADD CONSTRAINT events_ledger_02_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_03
    ADD CONSTRAINT events_ledger_03_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_04
    ADD CONSTRAINT events_ledger_04_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_05
    ADD CONSTRAINT events_ledger_05_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_06
    ADD CONSTRAINT events_ledger_06_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_07
    ADD CONSTRAINT events_ledger_07_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_08
    ADD CONSTRAINT events_ledger_08_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_09
    ADD CONSTRAINT events_ledger_09_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_10
    ADD CONSTRAINT events_ledger_10_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_11
    ADD CONSTRAINT events_ledger_11_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_12
    ADD CONSTRAINT events_ledger_12_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_13
    ADD CONSTRAINT events_ledger_13_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_14
    ADD CONSTRAINT events_ledger_14_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_ledger_15
    ADD CONSTRAINT events_ledger_15_pkey PRIMARY KEY (source_id, id_hash);

ALTER TABLE ONLY public.events_lifecyclesettings
    ADD CONSTRAINT events_lifecyclesettings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_measurement
    ADD CONSTRAINT events_measurement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_order
    ADD CONSTRAINT events_order_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_orderline
    ADD CONSTRAINT events_orderline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_product
    ADD CONSTRAINT events_product_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_productpair
    ADD CONSTRAINT events_productpair_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_productsales
    ADD CONSTRAINT events_productsales_pkey PRIMARY KEY (product_id);

ALTER TABLE ONLY public.events_reach
    ADD CONSTRAINT events_reach_pkey PRIMARY KEY (step);

ALTER TABLE ONLY public.events_reaction
    ADD CONSTRAINT events_reaction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_recommendclock
    ADD CONSTRAINT events_recommendclock_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_refund
    ADD CONSTRAINT events_refund_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_schemamark
    ADD CONSTRAINT events_schemamark_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_seenevent
    ADD CONSTRAINT events_seenevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_seenproperty
    ADD CONSTRAINT events_seenproperty_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_sourcevolume
    ADD CONSTRAINT events_sourcevolume_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_stagechange
    ADD CONSTRAINT events_stagechange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_watchedname
    ADD CONSTRAINT events_watchedname_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.customers_exportpart
    ADD CONSTRAINT exportpart_is_unique UNIQUE (run_id, number);

ALTER TABLE ONLY public.crm_project_filepart
    ADD CONSTRAINT filepart_is_one UNIQUE (file_id, number);

ALTER TABLE ONLY public.campaigns_firing
    ADD CONSTRAINT firing_is_unique UNIQUE (subject, slot);

ALTER TABLE ONLY public.customers_identity
    ADD CONSTRAINT identity_is_unique UNIQUE (kind, scope, value);

ALTER TABLE ONLY public.integrations_accesstoken
    ADD CONSTRAINT integrations_accesstoken_pkey PRIMARY KEY (connection_id);

ALTER TABLE ONLY public.integrations_capturedrow
    ADD CONSTRAINT integrations_capturedrow_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_difference
    ADD CONSTRAINT integrations_difference_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_fileimport
    ADD CONSTRAINT integrations_fileimport_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_client_key_key UNIQUE (client_key);

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_message_id_key UNIQUE (message_id);

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_push_key_key UNIQUE (push_key);

ALTER TABLE ONLY public.integrations_importmapping
    ADD CONSTRAINT integrations_importmapping_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_importmapping
    ADD CONSTRAINT integrations_importmapping_source_id_key UNIQUE (source_id);

ALTER TABLE ONLY public.integrations_importrow
    ADD CONSTRAINT integrations_importrow_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_membersession
    ADD CONSTRAINT integrations_membersession_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.integrations_membersession
    ADD CONSTRAINT integrations_membersession_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_phonelookups
    ADD CONSTRAINT integrations_phonelookups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_quarantine
    ADD CONSTRAINT integrations_quarantine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_queuesource
    ADD CONSTRAINT integrations_queuesource_name_key UNIQUE (name);

ALTER TABLE ONLY public.integrations_queuesource
    ADD CONSTRAINT integrations_queuesource_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_queuestate
    ADD CONSTRAINT integrations_queuestate_pkey PRIMARY KEY (queue_id);

ALTER TABLE ONLY public.integrations_reconciledday
    ADD CONSTRAINT integrations_reconciledday_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_reconciliation
    ADD CONSTRAINT integrations_reconciliation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_reconciliation
    ADD CONSTRAINT integrations_reconciliation_source_id_key UNIQUE (source_id);

ALTER TABLE ONLY public.integrations_servicewindow
    ADD CONSTRAINT integrations_servicewindow_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_smsaccount
    ADD CONSTRAINT integrations_smsaccount_connection_id_key UNIQUE (connection_id);

ALTER TABLE ONLY public.integrations_smsaccount
    ADD CONSTRAINT integrations_smsaccount_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_smstemplate
    ADD CONSTRAINT integrations_smstemplate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_subscribetemplate
    ADD CONSTRAINT integrations_subscribetemplate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_tablemapping
    ADD CONSTRAINT integrations_tablemapping_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.events_interest
    ADD CONSTRAINT interest_is_unique UNIQUE (origin_customer_id, version, category, is_course);

ALTER TABLE ONLY public.campaigns_journeydraft
    ADD CONSTRAINT journeydraft_is_unique UNIQUE (journey_id, "position");

ALTER TABLE ONLY public.campaigns_journeyversion
    ADD CONSTRAINT journeyversion_is_unique UNIQUE (journey_id, number);

ALTER TABLE ONLY public.campaigns_link
    ADD CONSTRAINT link_is_unique UNIQUE (url);

ALTER TABLE ONLY public.customers_listmember
    ADD CONSTRAINT listmember_is_unique UNIQUE (segment_id, origin_customer_id);

ALTER TABLE ONLY public.events_measurement
    ADD CONSTRAINT measurement_is_unique UNIQUE (namespace_id, number);

ALTER TABLE ONLY public.customers_membership
    ADD CONSTRAINT membership_is_unique UNIQUE (segment_id, customer_id);

ALTER TABLE ONLY public.campaigns_message
    ADD CONSTRAINT message_is_queued_once UNIQUE (effect_key);

ALTER TABLE ONLY public.events_order
    ADD CONSTRAINT order_is_unique UNIQUE (namespace_id, number);

ALTER TABLE ONLY public.otp_totp_totpdevice
    ADD CONSTRAINT otp_totp_totpdevice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations_phonelookups
    ADD CONSTRAINT phone_lookups_of_a_day UNIQUE (connection_id, day);

ALTER TABLE ONLY public.campaigns_price
    ADD CONSTRAINT price_is_unique UNIQUE NULLS NOT DISTINCT (connection_id, channel, kind, since);

ALTER TABLE ONLY public.events_product
    ADD CONSTRAINT product_is_unique UNIQUE (namespace_id, product_id);

ALTER TABLE ONLY public.events_productpair
    ADD CONSTRAINT productpair_is_unique UNIQUE (product_id, other_id);

ALTER TABLE ONLY public.integrations_queuesource
    ADD CONSTRAINT queue_is_unique UNIQUE (connection_id, queue, "group");

ALTER TABLE ONLY public.integrations_reconciledday
    ADD CONSTRAINT reconciledday_is_unique UNIQUE (reconciliation_id, day);

ALTER TABLE ONLY public.events_refund
    ADD CONSTRAINT refund_is_unique UNIQUE (namespace_id, number);

ALTER TABLE ONLY public.campaigns_stoprelease
    ADD CONSTRAINT release_is_unique UNIQUE NULLS NOT DISTINCT (stop_id, campaign_id, journey_id);

ALTER TABLE ONLY public.campaigns_reportstate
    ADD CONSTRAINT reportstate_is_unique UNIQUE (subject, month);

ALTER TABLE ONLY public.campaigns_run
    ADD CONSTRAINT run_begins_once UNIQUE (journey_id, origin_customer_id, entry_key);

ALTER TABLE ONLY public.campaigns_runmove
    ADD CONSTRAINT runmove_is_unique UNIQUE (run_id, to_version_id);

ALTER TABLE ONLY public.campaigns_runstep
    ADD CONSTRAINT runstep_is_unique UNIQUE (run_id, visit);

ALTER TABLE ONLY public.customers_savedview
    ADD CONSTRAINT savedview_is_named_once UNIQUE (of, owner_id, name);

ALTER TABLE ONLY public.events_seenevent
    ADD CONSTRAINT seenevent_is_unique UNIQUE (source_id, name_id);

ALTER TABLE ONLY public.events_seenproperty
    ADD CONSTRAINT seenproperty_is_unique UNIQUE (event_id, key);

ALTER TABLE ONLY public.customers_segmentpart
    ADD CONSTRAINT segmentpart_is_unique UNIQUE (segment_id, shard);

ALTER TABLE ONLY public.customers_segmentsize
    ADD CONSTRAINT segmentsize_is_unique UNIQUE (segment_id, hour);

ALTER TABLE ONLY public.customers_segmentversion
    ADD CONSTRAINT segmentversion_is_unique UNIQUE (segment_id, number);

ALTER TABLE ONLY public.integrations_servicewindow
    ADD CONSTRAINT service_window_is_one UNIQUE (identity_id, kind);

ALTER TABLE ONLY public.integrations_smstemplate
    ADD CONSTRAINT sms_template_is_unique UNIQUE (connection_id, code);

ALTER TABLE ONLY public.events_sourcevolume
    ADD CONSTRAINT sourcevolume_is_unique UNIQUE (source_id, at);

ALTER TABLE ONLY public.customers_store
    ADD CONSTRAINT store_is_unique UNIQUE (namespace_id, key);

ALTER TABLE ONLY public.integrations_subscribetemplate
    ADD CONSTRAINT subscribe_template_is_one UNIQUE (connection_id, key);

ALTER TABLE ONLY public.campaigns_suppression
    ADD CONSTRAINT suppression_is_unique_per_purpose UNIQUE (origin_customer_id, channel, purpose);

ALTER TABLE ONLY public.integrations_tablemapping
    ADD CONSTRAINT tablemapping_is_unique UNIQUE (source_id, "table", kind);

ALTER TABLE ONLY public.crm_project_tally
    ADD CONSTRAINT tally_is_one UNIQUE (hour, act, subject);

ALTER TABLE ONLY public.events_watchedname
    ADD CONSTRAINT watchedname_is_unique UNIQUE (name_id, watcher);

ALTER TABLE ONLY public.customers_watchedsegment
    ADD CONSTRAINT watchedsegment_is_unique UNIQUE (segment_id, watcher);

CREATE UNIQUE INDEX approval_is_asked_once ON public.customers_approval USING btree (kind, object_id) WHERE ((state)::text = 'requested'::text);

CREATE INDEX approval_of ON public.customers_approval USING btree (kind, object_id, id DESC);

CREATE INDEX approval_state ON public.customers_approval USING btree (state, id DESC);

CREATE INDEX assignment_at ON public.campaigns_assignment USING brin (at) WITH (pages_per_range='16');

CREATE INDEX attribute_digest ON public.customers_customerattribute USING btree (key, digest) WHERE (NOT ((digest)::text = ''::text));

CREATE INDEX attribute_value ON public.customers_customerattribute USING btree (key, value) WHERE (sealed IS NULL);

CREATE INDEX attributechange_history ON public.customers_attributechange USING btree (customer_id, key, occurred_at);

CREATE INDEX attributechange_key ON public.customers_attributechange USING btree (key, occurred_at);

CREATE INDEX audit_act ON public.customers_auditentry USING btree (act, id);

CREATE INDEX audit_at ON public.customers_auditentry USING btree (at);

CREATE INDEX audit_subject ON public.customers_auditentry USING btree (subject, at);

CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);

CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);

CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);

CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);

CREATE INDEX auth_user_groups_group_id_97559544 ON public.auth_user_groups USING btree (group_id);

CREATE INDEX auth_user_groups_user_id_6a12ed8b ON public.auth_user_groups USING btree (user_id);

CREATE INDEX auth_user_user_permissions_permission_id_1fbb5f2c ON public.auth_user_user_permissions USING btree (permission_id);

CREATE INDEX auth_user_user_permissions_user_id_a95ead1b ON public.auth_user_user_permissions USING btree (user_id);

CREATE INDEX auth_user_username_6821ab7c_like ON public.auth_user USING btree (username varchar_pattern_ops);

CREATE UNIQUE INDEX batch_shared_code_is_unique ON public.campaigns_couponbatch USING btree (shared_digest) WHERE (NOT ((shared_digest)::text = ''::text));

CREATE INDEX booking_customer ON public.events_booking USING btree (customer_id, starts_at) INCLUDE (status, kind, product_id);

CREATE INDEX booking_product ON public.events_booking USING btree (product_id, starts_at) INCLUDE (customer_id, status);

CREATE INDEX booking_start ON public.events_booking USING btree (starts_at, customer_id) INCLUDE (status, kind, product_id);

CREATE INDEX booking_status ON public.events_booking USING btree (status, id);

CREATE INDEX bulkrun_by ON public.customers_bulkrun USING btree (by_id, id DESC);

CREATE INDEX bulkrun_due ON public.customers_bulkrun USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX campaign_due ON public.campaigns_campaign USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX campaigns_assignment_customer_id_6ea6a6c3 ON public.campaigns_assignment USING btree (customer_id);

CREATE INDEX campaigns_batchcode_batch_id_dfbfeaff ON public.campaigns_batchcode USING btree (batch_id);

CREATE INDEX campaigns_batchcode_code_digest_1fb9c093_like ON public.campaigns_batchcode USING btree (code_digest varchar_pattern_ops);

CREATE INDEX campaigns_campaign_after_id_7694350a ON public.campaigns_campaign USING btree (after_id);

CREATE INDEX campaigns_campaign_b_coupon_batch_id_1b5b6b18 ON public.campaigns_campaign USING btree (b_coupon_batch_id);

CREATE INDEX campaigns_campaign_b_template_id_ccdbc921 ON public.campaigns_campaign USING btree (b_template_id);

CREATE INDEX campaigns_campaign_c_coupon_batch_id_39ce2f19 ON public.campaigns_campaign USING btree (c_coupon_batch_id);

CREATE INDEX campaigns_campaign_c_template_id_5d5c5b1f ON public.campaigns_campaign USING btree (c_template_id);

CREATE INDEX campaigns_campaign_coupon_batch_id_36819ca6 ON public.campaigns_campaign USING btree (coupon_batch_id);

CREATE INDEX campaigns_campaign_goal_product_id_399224db ON public.campaigns_campaign USING btree (goal_product_id);

CREATE INDEX campaigns_campaign_launched_by_id_b5f4e431 ON public.campaigns_campaign USING btree (launched_by_id);

CREATE INDEX campaigns_campaign_more_segments_campaign_id_1e770e4f ON public.campaigns_campaign_more_segments USING btree (campaign_id);

CREATE INDEX campaigns_campaign_more_segments_segment_id_1a20f6d2 ON public.campaigns_campaign_more_segments USING btree (segment_id);

CREATE INDEX campaigns_campaign_name_fa815cc6_like ON public.campaigns_campaign USING btree (name varchar_pattern_ops);

CREATE INDEX campaigns_campaign_owner_id_704fc6fd ON public.campaigns_campaign USING btree (owner_id);

CREATE INDEX campaigns_campaign_segment_id_d271406e ON public.campaigns_campaign USING btree (segment_id);

CREATE INDEX campaigns_campaign_store_id_6947148f ON public.campaigns_campaign USING btree (store_id);

CREATE INDEX campaigns_campaign_template_id_d52ddd2a ON public.campaigns_campaign USING btree (template_id);

CREATE INDEX campaigns_campaign_without_segments_campaign_id_58aa1ebd ON public.campaigns_campaign_without_segments USING btree (campaign_id);

CREATE INDEX campaigns_campaign_without_segments_segment_id_b187fc1d ON public.campaigns_campaign_without_segments USING btree (segment_id);

CREATE INDEX campaigns_campaignslot_campaign_id_1ca3897e ON public.campaigns_campaignslot USING btree (campaign_id);

CREATE INDEX campaigns_campaignslot_version_id_8fc49221 ON public.campaigns_campaignslot USING btree (version_id);

CREATE INDEX campaigns_campaignslot_winner_by_id_88456e03 ON public.campaigns_campaignslot USING btree (winner_by_id);

CREATE INDEX campaigns_campaignversion_campaign_id_7fd48ff1 ON public.campaigns_campaignversion USING btree (campaign_id);

CREATE INDEX campaigns_campaignversion_made_by_id_d1ef4787 ON public.campaigns_campaignversion USING btree (made_by_id);

CREATE INDEX campaigns_cap_workspace_id_2c268777 ON public.campaigns_cap USING btree (workspace_id);

CREATE INDEX campaigns_coupon_customer_id_802fec86 ON public.campaigns_coupon USING btree (customer_id);

CREATE INDEX campaigns_couponbatch_namespace_id_ddb0e448 ON public.campaigns_couponbatch USING btree (namespace_id);

CREATE INDEX campaigns_couponmove_coupon_id_72fd254d ON public.campaigns_couponmove USING btree (coupon_id);

CREATE INDEX campaigns_dryrun_by_id_68176671 ON public.campaigns_dryrun USING btree (by_id);

CREATE INDEX campaigns_dryrun_job_id_c725bb2d ON public.campaigns_dryrun USING btree (job_id);

CREATE INDEX campaigns_dryrun_journey_id_ebfdc77d ON public.campaigns_dryrun USING btree (journey_id);

CREATE INDEX campaigns_journey_name_4f5f2ac1_like ON public.campaigns_journey USING btree (name varchar_pattern_ops);

CREATE INDEX campaigns_journey_published_id_24958ef1 ON public.campaigns_journey USING btree (published_id);

CREATE INDEX campaigns_journeydraft_by_id_0b93a118 ON public.campaigns_journeydraft USING btree (by_id);

CREATE INDEX campaigns_journeydraft_journey_id_0ddb4c86 ON public.campaigns_journeydraft USING btree (journey_id);

CREATE INDEX campaigns_journeyversion_journey_id_7ae86c3c ON public.campaigns_journeyversion USING btree (journey_id);

CREATE INDEX campaigns_journeyversion_published_by_id_a091ae98 ON public.campaigns_journeyversion USING btree (published_by_id);

CREATE INDEX campaigns_marketingstop_began_by_id_084eacd5 ON public.campaigns_marketingstop USING btree (began_by_id);

CREATE INDEX campaigns_marketingstop_ended_by_id_af1effd7 ON public.campaigns_marketingstop USING btree (ended_by_id);

CREATE INDEX campaigns_price_connection_id_48829026 ON public.campaigns_price USING btree (connection_id);

CREATE INDEX campaigns_quietday_workspace_id_ce6150b5 ON public.campaigns_quietday USING btree (workspace_id);

CREATE INDEX campaigns_quiethours_workspace_id_b323575c ON public.campaigns_quiethours USING btree (workspace_id);

CREATE INDEX campaigns_run_customer_id_9246490e ON public.campaigns_run USING btree (customer_id);

CREATE INDEX campaigns_run_version_id_6b32c0b7 ON public.campaigns_run USING btree (version_id);

CREATE INDEX campaigns_runmove_from_version_id_b8ec947e ON public.campaigns_runmove USING btree (from_version_id);

CREATE INDEX campaigns_runmove_run_id_9e65d919 ON public.campaigns_runmove USING btree (run_id);

CREATE INDEX campaigns_runmove_to_version_id_028ce9f4 ON public.campaigns_runmove USING btree (to_version_id);

CREATE INDEX campaigns_runstep_run_id_a55b67ec ON public.campaigns_runstep USING btree (run_id);

CREATE INDEX campaigns_stoprelease_by_id_0e9dbb99 ON public.campaigns_stoprelease USING btree (by_id);

CREATE INDEX campaigns_stoprelease_stop_id_a7f659f0 ON public.campaigns_stoprelease USING btree (stop_id);

CREATE INDEX campaigns_suppression_customer_id_a2d0d93f ON public.campaigns_suppression USING btree (customer_id);

CREATE INDEX campaigns_template_fallback_id_82ec9c06 ON public.campaigns_template USING btree (fallback_id);

CREATE INDEX campaigns_template_name_99b1b07f_like ON public.campaigns_template USING btree (name varchar_pattern_ops);

CREATE INDEX campaigns_testperson_customer_id_2c48a678 ON public.campaigns_testperson USING btree (customer_id);

CREATE INDEX campaigns_versionmove_job_id_b1490a9f ON public.campaigns_versionmove USING btree (job_id);

CREATE INDEX campaigns_versionmove_journey_id_c9713328 ON public.campaigns_versionmove USING btree (journey_id);

CREATE INDEX campaigns_versionmove_made_by_id_ab04e271 ON public.campaigns_versionmove USING btree (made_by_id);

CREATE INDEX campaigns_versionmove_to_version_id_45e07d66 ON public.campaigns_versionmove USING btree (to_version_id);

CREATE INDEX campaignslot_due ON public.campaigns_campaignslot USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX campaignslot_testing ON public.campaigns_campaignslot USING btree (decide_at) WHERE ((state)::text = 'testing'::text);

CREATE INDEX capturedrow_number ON public.integrations_capturedrow USING btree (number, mapping_id) WHERE (NOT ((number)::text = ''::text));

CREATE INDEX capturedrow_parent ON public.integrations_capturedrow USING btree (parent, mapping_id) WHERE (NOT ((parent)::text = ''::text));

CREATE INDEX changed_single ON public.customers_changedcustomer USING btree (id) WHERE (NOT is_mass);

CREATE UNIQUE INDEX claim_has_one_provisional ON public.customers_identityclaim USING btree (kind, scope, value) WHERE is_provisional;

CREATE INDEX consent_latest ON public.customers_consent USING btree (customer_id, channel, purpose, occurred_at DESC);

CREATE INDEX coupon_batch ON public.campaigns_coupon USING btree (batch_id, state);

CREATE INDEX coupon_customer ON public.campaigns_coupon USING btree (customer_id, batch_id);

CREATE INDEX coupon_expiry ON public.campaigns_coupon USING btree (expires_at, customer_id) WHERE ((state)::text = ANY ((ARRAY['issued'::character varying, 'claimed'::character varying, 'reserved'::character varying, 'returned'::character varying])::text[]));

CREATE INDEX coupon_issued ON public.campaigns_coupon USING btree (issued_at);

CREATE INDEX coupon_of_subject ON public.campaigns_coupon USING btree (issued_by, issued_at);

CREATE INDEX coupon_order ON public.campaigns_coupon USING btree (order_number) WHERE (NOT ((order_number)::text = ''::text));

CREATE INDEX coupon_redeemed ON public.campaigns_coupon USING btree (redeemed_at) WHERE ((state)::text = 'redeemed'::text);

CREATE INDEX coupon_reserved ON public.campaigns_coupon USING btree (reserved_until) WHERE ((state)::text = 'reserved'::text);

CREATE INDEX coupon_state ON public.campaigns_coupon USING btree (state, id);

CREATE INDEX crm_project_alarmstate_key_9e13f85c_like ON public.crm_project_alarmstate USING btree (key varchar_pattern_ops);

CREATE INDEX crm_project_file_by_id_6c832bf5 ON public.crm_project_file USING btree (by_id);

CREATE INDEX crm_project_file_expires_at_fd290830 ON public.crm_project_file USING btree (expires_at);

CREATE INDEX crm_project_filepart_file_id_9e8e64ea ON public.crm_project_filepart USING btree (file_id);

CREATE INDEX crm_project_heartbeat_name_cfceae2b_like ON public.crm_project_heartbeat USING btree (name varchar_pattern_ops);

CREATE INDEX crm_project_host_gone_by_id_eaa440bb ON public.crm_project_host USING btree (gone_by_id);

CREATE INDEX crm_project_job_by_id_493f211a ON public.crm_project_job USING btree (by_id);

CREATE INDEX crm_project_job_errors_id_4e24fed0 ON public.crm_project_job USING btree (errors_id);

CREATE INDEX crm_project_job_input_id_2605a9e3 ON public.crm_project_job USING btree (input_id);

CREATE INDEX crm_project_job_result_id_38a4c820 ON public.crm_project_job USING btree (result_id);

CREATE INDEX crm_project_keymark_name_a522c4f9_like ON public.crm_project_keymark USING btree (name varchar_pattern_ops);

CREATE INDEX crm_project_logintries_key_ccce03a7_like ON public.crm_project_logintries USING btree (key varchar_pattern_ops);

CREATE INDEX crm_project_logintries_until_672d1597 ON public.crm_project_logintries USING btree (until);

CREATE INDEX crm_project_session_expire_date_8261f1b8 ON public.crm_project_session USING btree (expire_date);

CREATE INDEX crm_project_session_session_key_1445ccfb_like ON public.crm_project_session USING btree (session_key varchar_pattern_ops);

CREATE INDEX crm_project_session_user_id_43251a75 ON public.crm_project_session USING btree (user_id);

CREATE INDEX crm_project_submission_at_e944cc93 ON public.crm_project_submission USING btree (at);

CREATE INDEX crm_project_submission_token_57c6bb6b_like ON public.crm_project_submission USING btree (token varchar_pattern_ops);

CREATE INDEX customer_created ON public.customers_customer USING btree (created_at);

CREATE INDEX customer_first_seen ON public.customers_customer USING btree (first_seen_at);

CREATE INDEX customer_merged ON public.customers_customer USING btree (merged_into_id) WHERE (merged_into_id IS NOT NULL);

CREATE INDEX customer_name ON public.customers_customer USING gin (name public.gin_trgm_ops);

CREATE INDEX customer_name_grams ON public.customers_customer USING gin (public.customers_name_grams((name)::text)) WHERE (NOT ((name)::text = ''::text));

CREATE INDEX customer_provisional ON public.customers_customer USING btree (id) WHERE is_provisional;

CREATE INDEX customers_approval_decided_by_id_4e62647e ON public.customers_approval USING btree (decided_by_id);

CREATE INDEX customers_approval_requested_by_id_88ddfdcb ON public.customers_approval USING btree (requested_by_id);

CREATE INDEX customers_attributechange_customer_id_d531e55c ON public.customers_attributechange USING btree (customer_id);

CREATE INDEX customers_auditentry_by_id_ee38f783 ON public.customers_auditentry USING btree (by_id);

CREATE INDEX customers_bulkrun_by_id_747c3149 ON public.customers_bulkrun USING btree (by_id);

CREATE INDEX customers_connection_name_77c77e7e_like ON public.customers_connection USING btree (name varchar_pattern_ops);

CREATE INDEX customers_connection_namespace_id_8b90cfbc ON public.customers_connection USING btree (namespace_id);

CREATE INDEX customers_consent_customer_id_e5c9af2d ON public.customers_consent USING btree (customer_id);

CREATE INDEX customers_consent_merge_id_c10086ca ON public.customers_consent USING btree (merge_id);

CREATE INDEX customers_consent_source_id_5a3538d9 ON public.customers_consent USING btree (source_id);

CREATE INDEX customers_customertag_customer_id_bd0af7af ON public.customers_customertag USING btree (customer_id);

CREATE INDEX customers_erasedidentity_digest_f73728e4_like ON public.customers_erasedidentity USING btree (digest varchar_pattern_ops);

CREATE INDEX customers_erasure_by_id_4a9e5681 ON public.customers_erasure USING btree (by_id);

CREATE INDEX customers_erasure_customer_id_5a85f39e ON public.customers_erasure USING btree (customer_id);

CREATE INDEX customers_erasurerequest_asked_by_e7e64bcd_like ON public.customers_erasurerequest USING btree (asked_by varchar_pattern_ops);

CREATE INDEX customers_erasurerequest_customer_id_89cf1a1d ON public.customers_erasurerequest USING btree (customer_id);

CREATE INDEX customers_erasurerequest_settled_by_id_dfe33ae1 ON public.customers_erasurerequest USING btree (settled_by_id);

CREATE INDEX customers_export_by_id_7c6ae4ce ON public.customers_export USING btree (by_id);

CREATE INDEX customers_export_customer_id_253e0561 ON public.customers_export USING btree (customer_id);

CREATE INDEX customers_export_expires_at_fc1e51f6 ON public.customers_export USING btree (expires_at);

CREATE INDEX customers_exportpart_run_id_304bcfb5 ON public.customers_exportpart USING btree (run_id);

CREATE INDEX customers_followup_asked_by_b33990ce_like ON public.customers_followup USING btree (asked_by varchar_pattern_ops);

CREATE INDEX customers_followup_customer_id_7f9864ed ON public.customers_followup USING btree (customer_id);

CREATE INDEX customers_identity_customer_id_b1e21f37 ON public.customers_identity USING btree (customer_id);

CREATE INDEX customers_identity_source_id_b0efdb03 ON public.customers_identity USING btree (source_id);

CREATE INDEX customers_identityclaim_customer_id_7554b483 ON public.customers_identityclaim USING btree (customer_id);

CREATE INDEX customers_identityclaim_source_id_f0537e8a ON public.customers_identityclaim USING btree (source_id);

CREATE INDEX customers_identityconflict_first_id_8ace538e ON public.customers_identityconflict USING btree (first_id);

CREATE INDEX customers_identityconflict_second_id_f08fe652 ON public.customers_identityconflict USING btree (second_id);

CREATE INDEX customers_identityconflict_source_id_78102671 ON public.customers_identityconflict USING btree (source_id);

CREATE INDEX customers_listmember_customer_id_f057c2fb ON public.customers_listmember USING btree (customer_id);

CREATE INDEX customers_listmember_segment_id_beeb0282 ON public.customers_listmember USING btree (segment_id);

CREATE INDEX customers_membership_customer_id_ea167a38 ON public.customers_membership USING btree (customer_id);

CREATE INDEX customers_merge_customer_id_b7f6d099 ON public.customers_merge USING btree (customer_id);

CREATE INDEX customers_namespace_key_ea626a74_like ON public.customers_namespace USING btree (key varchar_pattern_ops);

CREATE INDEX customers_note_customer_id_505ed79b ON public.customers_note USING btree (customer_id);

CREATE INDEX customers_outboundcall_connection_id_92b91dfe ON public.customers_outboundcall USING btree (connection_id);

CREATE INDEX customers_outboundcall_key_4d6f5eda_like ON public.customers_outboundcall USING btree (key varchar_pattern_ops);

CREATE INDEX customers_owner_customer_id_3d4c6e1a ON public.customers_owner USING btree (customer_id);

CREATE INDEX customers_retention_agreed_by_id_7e8aaa4d ON public.customers_retention USING btree (agreed_by_id);

CREATE INDEX customers_retention_kind_e4ebb9cb_like ON public.customers_retention USING btree (kind varchar_pattern_ops);

CREATE INDEX customers_savedview_owner_id_daa5e469 ON public.customers_savedview USING btree (owner_id);

CREATE INDEX customers_scheduledexport_by_id_fe650c2a ON public.customers_scheduledexport USING btree (by_id);

CREATE INDEX customers_segment_created_by_id_4fd5a71a ON public.customers_segment USING btree (created_by_id);

CREATE INDEX customers_segment_name_0614080e_like ON public.customers_segment USING btree (name varchar_pattern_ops);

CREATE INDEX customers_segmentversion_by_id_f9567b81 ON public.customers_segmentversion USING btree (by_id);

CREATE INDEX customers_segmentversion_segment_id_ae20c9d7 ON public.customers_segmentversion USING btree (segment_id);

CREATE INDEX customers_source_connection_id_e7be4b07 ON public.customers_source USING btree (connection_id);

CREATE INDEX customers_source_key_a7f648c3_like ON public.customers_source USING btree (key varchar_pattern_ops);

CREATE INDEX customers_source_name_3a73c33a_like ON public.customers_source USING btree (name varchar_pattern_ops);

CREATE INDEX customers_source_namespace_id_90f64919 ON public.customers_source USING btree (namespace_id);

CREATE INDEX customers_source_read_token_digest_4155fd6e ON public.customers_source USING btree (read_token_digest);

CREATE INDEX customers_source_read_token_digest_4155fd6e_like ON public.customers_source USING btree (read_token_digest varchar_pattern_ops);

CREATE INDEX customers_store_namespace_id_bec9d7ae ON public.customers_store USING btree (namespace_id);

CREATE INDEX customers_tag_group_id_8d460b18 ON public.customers_tag USING btree (group_id);

CREATE INDEX customers_tag_name_9c8daeb6_like ON public.customers_tag USING btree (name varchar_pattern_ops);

CREATE INDEX customers_tag_segment_id_272d8080 ON public.customers_tag USING btree (segment_id);

CREATE INDEX customers_taggroup_name_b74f9037_like ON public.customers_taggroup USING btree (name varchar_pattern_ops);

CREATE INDEX customers_tagjob_by_id_95842022 ON public.customers_tagjob USING btree (by_id);

CREATE INDEX customers_tagjob_segment_id_bc0d13e4 ON public.customers_tagjob USING btree (segment_id);

CREATE INDEX customers_tagjob_tag_id_d7f621dc ON public.customers_tagjob USING btree (tag_id);

CREATE INDEX customers_transition_customer_id_3f1e72f7 ON public.customers_transition USING btree (customer_id);

CREATE INDEX customers_watchedsegment_segment_id_bfce2d67 ON public.customers_watchedsegment USING btree (segment_id);

CREATE INDEX customerstage_class ON public.events_customerstage USING btree (value_class);

CREATE INDEX customerstage_first ON public.events_customerstage USING btree (first_at);

CREATE INDEX customerstage_flips ON public.events_customerstage USING btree (flips_at) WHERE (flips_at IS NOT NULL);

CREATE INDEX customerstage_last ON public.events_customerstage USING btree (last_at);

CREATE INDEX customerstage_net ON public.events_customerstage USING btree (net_fen);

CREATE INDEX customerstage_returned ON public.events_customerstage USING btree (returned_at) WHERE (returned_at IS NOT NULL);

CREATE INDEX customerstage_stage ON public.events_customerstage USING btree (stage);

CREATE INDEX customertag_expiry ON public.customers_customertag USING btree (expires_at, customer_id) WHERE (expires_at IS NOT NULL);

CREATE INDEX customertag_merge ON public.customers_customertag USING btree (merge_id) WHERE (merge_id IS NOT NULL);

CREATE INDEX customertag_since ON public.customers_customertag USING btree (tag_id, since);

CREATE INDEX customertag_tag ON public.customers_customertag USING btree (tag_id, customer_id);

CREATE INDEX cyclemeasure_newest ON public.events_cyclemeasure USING btree (at DESC);

CREATE INDEX displayname_given ON public.customers_displayname USING btree (kind, key) WHERE (NOT (((name_en)::text = ''::text) AND ((name_zh)::text = ''::text)));

CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);

CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);

CREATE INDEX django_celery_beat_periodictask_clocked_id_47a69f82 ON public.django_celery_beat_periodictask USING btree (clocked_id);

CREATE INDEX django_celery_beat_periodictask_crontab_id_d3cba168 ON public.django_celery_beat_periodictask USING btree (crontab_id);

CREATE INDEX django_celery_beat_periodictask_interval_id_a8ca27da ON public.django_celery_beat_periodictask USING btree (interval_id);

CREATE INDEX django_celery_beat_periodictask_name_265a36b7_like ON public.django_celery_beat_periodictask USING btree (name varchar_pattern_ops);

CREATE INDEX django_celery_beat_periodictask_solar_id_a87ce72c ON public.django_celery_beat_periodictask USING btree (solar_id);

CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);

CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);

CREATE INDEX early_receipt_due ON public.campaigns_earlyreceipt USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX erasure_due ON public.customers_erasure USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX erasure_request_open ON public.customers_erasurerequest USING btree (due_at) WHERE (settled_at IS NULL);

CREATE INDEX event_customer ON ONLY public.events_event USING btree (customer_id, occurred_at) INCLUDE (name_id);

CREATE INDEX event_id ON ONLY public.events_event USING brin (id) WITH (pages_per_range='16');

CREATE INDEX event_moment ON ONLY public.events_event USING brin (occurred_at timestamptz_minmax_multi_ops) WITH (pages_per_range='16');

CREATE INDEX event_name ON ONLY public.events_event USING btree (name_id, occurred_at) INCLUDE (customer_id, amount_fen);

CREATE INDEX events_booking_customer_id_ecd75a58 ON public.events_booking USING btree (customer_id);

CREATE INDEX events_booking_namespace_id_8b60102c ON public.events_booking USING btree (namespace_id);

CREATE INDEX events_booking_source_id_b723dc8f ON public.events_booking USING btree (source_id);

CREATE INDEX events_event_even_customer_id_occurred_at_name_id_idx ON ONLY public.events_event_even USING btree (customer_id, occurred_at) INCLUDE (name_id);

CREATE INDEX events_event_even_id_idx ON ONLY public.events_event_even USING brin (id) WITH (pages_per_range='16');

CREATE INDEX events_event_even_name_id_occurred_at_customer_id_amount_fe_idx ON ONLY public.events_event_even USING btree (name_id, occurred_at) INCLUDE (customer_id, amount_fen);

CREATE INDEX events_event_even_occurred_at_idx ON ONLY public.events_event_even USING brin (occurred_at timestamptz_minmax_multi_ops) WITH (pages_per_range='16');

CREATE INDEX events_event_odd_customer_id_occurred_at_name_id_idx ON public.events_event_odd USING btree (customer_id, occurred_at) INCLUDE (name_id);

CREATE INDEX events_event_odd_id_idx ON public.events_event_odd USING brin (id) WITH (pages_per_range='16');

CREATE INDEX events_event_odd_name_id_occurred_at_customer_id_amount_fen_idx ON public.events_event_odd USING btree (name_id, occurred_at) INCLUDE (customer_id, amount_fen);

CREATE INDEX events_event_odd_occurred_at_idx ON public.events_event_odd USING brin (occurred_at timestamptz_minmax_multi_ops) WITH (pages_per_range='16');

CREATE INDEX events_eventname_made_by_id_fc4438ca ON public.events_eventname USING btree (made_by_id);

CREATE INDEX events_eventname_name_a8b4267d_like ON public.events_eventname USING btree (name varchar_pattern_ops);

CREATE INDEX events_order_customer_id_2102c7a2 ON public.events_order USING btree (customer_id);

CREATE INDEX events_order_namespace_id_2c9f4b59 ON public.events_order USING btree (namespace_id);

CREATE INDEX events_order_source_id_e6ba5ea8 ON public.events_order USING btree (source_id);

CREATE INDEX events_orderline_order_id_5fdff735 ON public.events_orderline USING btree (order_id);

CREATE INDEX events_product_namespace_id_e4815e67 ON public.events_product USING btree (namespace_id);

CREATE INDEX events_productpair_other_id_7e12614a ON public.events_productpair USING btree (other_id);

CREATE INDEX events_productpair_product_id_479da3ac ON public.events_productpair USING btree (product_id);

CREATE INDEX events_reach_step_2091c6e5_like ON public.events_reach USING btree (step varchar_pattern_ops);

CREATE INDEX events_refund_namespace_id_0250791f ON public.events_refund USING btree (namespace_id);

CREATE INDEX events_refund_source_id_ee729cdf ON public.events_refund USING btree (source_id);

CREATE INDEX events_seenevent_name_id_6d6ee28d ON public.events_seenevent USING btree (name_id);

CREATE INDEX events_watchedname_name_id_3ac55acc ON public.events_watchedname USING btree (name_id);

CREATE UNIQUE INDEX figure_is_unique ON public.events_figure USING btree (name, at) INCLUDE (n, fen);

CREATE INDEX fileimport_created ON public.integrations_fileimport USING btree (created_at);

CREATE INDEX firing_due ON public.campaigns_firing USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX followup_done ON public.customers_followup USING btree (assignee_id, done_at DESC) WHERE (done_at IS NOT NULL);

CREATE INDEX followup_open ON public.customers_followup USING btree (assignee_id, due_on) WHERE (done_at IS NULL);

CREATE INDEX followup_to_be_told ON public.customers_followup USING btree (done_at) WHERE ((done_at IS NOT NULL) AND is_awaited);

CREATE INDEX grant_free ON public.integrations_grant USING btree (template_id, customer_id) WHERE ((state)::text = 'free'::text);

CREATE UNIQUE INDEX grant_lasting_is_one ON public.integrations_grant USING btree (identity_id, template_id) WHERE is_lasting;

CREATE INDEX grant_of_person ON public.integrations_grant USING btree (identity_id, template_id);

CREATE INDEX grant_reserved ON public.integrations_grant USING btree (changed_at) WHERE ((state)::text = 'reserved'::text);

CREATE UNIQUE INDEX grant_withdrawal_is_one ON public.integrations_grant USING btree (identity_id, template_id) WHERE is_withdrawal;

CREATE INDEX identity_tail ON public.customers_identity USING btree (tail) WHERE (NOT ((tail)::text = ''::text));

CREATE INDEX importrow_object ON public.integrations_importrow USING btree (job_id, object);

CREATE INDEX importrow_origin ON public.integrations_importrow USING btree (origin);

CREATE INDEX integrations_difference_day_id_1bd997d4 ON public.integrations_difference USING btree (day_id);

CREATE INDEX integrations_fileimport_by_id_4700fd27 ON public.integrations_fileimport USING btree (by_id);

CREATE INDEX integrations_fileimport_file_id_883983c4 ON public.integrations_fileimport USING btree (file_id);

CREATE INDEX integrations_fileimport_mapping_id_86917f6f ON public.integrations_fileimport USING btree (mapping_id);

CREATE INDEX integrations_fileimport_namespace_id_d4f825a4 ON public.integrations_fileimport USING btree (namespace_id);

CREATE INDEX integrations_grant_client_key_80f52446_like ON public.integrations_grant USING btree (client_key varchar_pattern_ops);

CREATE INDEX integrations_grant_customer_id_800549d2 ON public.integrations_grant USING btree (customer_id);

CREATE INDEX integrations_grant_push_key_29f07d4b_like ON public.integrations_grant USING btree (push_key varchar_pattern_ops);

CREATE INDEX integrations_grant_template_id_3cf46ffa ON public.integrations_grant USING btree (template_id);

CREATE INDEX integrations_importmapping_created_by_id_ac19a7e0 ON public.integrations_importmapping USING btree (created_by_id);

CREATE INDEX integrations_quarantine_source_id_487cc01c ON public.integrations_quarantine USING btree (source_id);

CREATE INDEX integrations_queuesource_connection_id_296dc0ef ON public.integrations_queuesource USING btree (connection_id);

CREATE INDEX integrations_queuesource_name_6a19824c_like ON public.integrations_queuesource USING btree (name varchar_pattern_ops);

CREATE INDEX integrations_queuesource_source_id_2b8b5586 ON public.integrations_queuesource USING btree (source_id);

CREATE INDEX integrations_reconciledday_reconciliation_id_a1d65e70 ON public.integrations_reconciledday USING btree (reconciliation_id);

CREATE INDEX integrations_reconciliation_connection_id_58e7d0e2 ON public.integrations_reconciliation USING btree (connection_id);

CREATE INDEX integrations_servicewindow_connection_id_c523a987 ON public.integrations_servicewindow USING btree (connection_id);

CREATE INDEX integrations_servicewindow_customer_id_2ceb6ad4 ON public.integrations_servicewindow USING btree (customer_id);

CREATE INDEX integrations_smstemplate_connection_id_95e1d8ae ON public.integrations_smstemplate USING btree (connection_id);

CREATE INDEX integrations_subscribetemplate_connection_id_d7df665d ON public.integrations_subscribetemplate USING btree (connection_id);

CREATE INDEX integrations_tablemapping_source_id_5ec7ba09 ON public.integrations_tablemapping USING btree (source_id);

CREATE INDEX interest_category ON public.events_interest USING btree (category, version, weight);

CREATE INDEX interest_customer ON public.events_interest USING btree (customer_id, version);

CREATE INDEX interest_merged ON public.events_interest USING btree (category) WHERE (NOT (customer_id = origin_customer_id));

CREATE INDEX job_by ON public.crm_project_job USING btree (by_id, id DESC);

CREATE INDEX job_due ON public.crm_project_job USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX job_unfinished ON public.crm_project_job USING btree (state) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying, 'paused'::character varying])::text[]));

CREATE INDEX measurement_customer ON public.events_measurement USING btree (customer_id, kind, occurred_at DESC) INCLUDE (value, text);

CREATE INDEX measurement_kind ON public.events_measurement USING btree (kind, occurred_at, customer_id) INCLUDE (value, text);

CREATE INDEX measurement_moment ON public.events_measurement USING brin (occurred_at) WITH (pages_per_range='16');

CREATE INDEX member_session_connection ON public.integrations_membersession USING btree (connection_id);

CREATE INDEX member_session_identity ON public.integrations_membersession USING btree (identity_id, id DESC);

CREATE INDEX merge_due ON public.customers_merge USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX message_campaign ON public.campaigns_message USING btree (campaign_id, state) WHERE (campaign_id IS NOT NULL);

CREATE INDEX message_clicked ON public.campaigns_message USING btree (clicked_at) WHERE (clicked_at IS NOT NULL);

CREATE INDEX message_created ON public.campaigns_message USING btree (created_at);

CREATE INDEX message_customer ON public.campaigns_message USING btree (customer_id, sent_at);

CREATE INDEX message_delivered ON public.campaigns_message USING btree (delivered_at) WHERE (delivered_at IS NOT NULL);

CREATE INDEX message_journey ON public.campaigns_message USING btree (journey_id, state) WHERE (journey_id IS NOT NULL);

CREATE INDEX message_lane ON public.campaigns_message USING btree (channel, COALESCE(connection_id, (0)::bigint), due_at) WHERE ((state)::text = 'queued'::text);

CREATE INDEX message_not_sent ON public.campaigns_message USING btree (state, id) WHERE ((state)::text = ANY ((ARRAY['failed'::character varying, 'unknown'::character varying, 'cancelled'::character varying])::text[]));

CREATE UNIQUE INDEX message_of_provider ON public.campaigns_message USING btree (connection_id, provider_id) WHERE ((connection_id IS NOT NULL) AND (NOT ((provider_id)::text = ''::text)));

CREATE INDEX message_opened ON public.campaigns_message USING btree (opened_at) WHERE (opened_at IS NOT NULL);

CREATE INDEX message_run ON public.campaigns_message USING btree (run_id) WHERE (run_id IS NOT NULL);

CREATE INDEX message_sending ON public.campaigns_message USING btree (due_at) WHERE ((state)::text = 'sending'::text);

CREATE INDEX message_sent ON public.campaigns_message USING btree (sent_at) WHERE (sent_at IS NOT NULL);

CREATE INDEX message_waiting ON public.campaigns_message USING btree (due_at) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX order_customer ON public.events_order USING btree (customer_id, paid_at) INCLUDE (paid_fen, refunded_fen, net_fen);

CREATE INDEX order_paid ON public.events_order USING btree (paid_at) INCLUDE (customer_id, net_fen);

CREATE INDEX order_placed ON public.events_order USING btree (placed_at);

CREATE INDEX order_status ON public.events_order USING btree (status, id);

CREATE INDEX orderline_product ON public.events_orderline USING btree (product_id, order_id);

CREATE INDEX otp_totp_totpdevice_user_id_0fb18292 ON public.otp_totp_totpdevice USING btree (user_id);

CREATE INDEX outboundcall_connection ON public.customers_outboundcall USING btree (connection_id, id DESC);

CREATE INDEX outboundcall_customer ON public.customers_outboundcall USING btree (customer_id) WHERE (customer_id IS NOT NULL);

CREATE INDEX outboundcall_due ON public.customers_outboundcall USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX outboundcall_expires ON public.customers_outboundcall USING btree (expires_at) WHERE ((state)::text = 'waiting'::text);

CREATE INDEX owner_history ON public.customers_owner USING btree (customer_id, since DESC);

CREATE UNIQUE INDEX owner_is_one ON public.customers_owner USING btree (origin_customer_id) WHERE is_current;

CREATE INDEX owner_staff ON public.customers_owner USING btree (staff_id) WHERE is_current;

CREATE INDEX owner_store ON public.customers_owner USING btree (store_id) WHERE is_current;

CREATE INDEX product_category ON public.events_product USING btree (category);

CREATE INDEX quarantine_due ON public.integrations_quarantine USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX quarantine_received ON public.integrations_quarantine USING btree (received_at);

CREATE INDEX quarantine_source ON public.integrations_quarantine USING btree (source_id, code);

CREATE INDEX reaction_customer ON public.events_reaction USING btree (customer_id);

CREATE INDEX reaction_due ON public.events_reaction USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX reconciledday_day ON public.integrations_reconciledday USING btree (day);

CREATE INDEX refund_moment ON public.events_refund USING btree (occurred_at) INCLUDE (namespace_id, order_number);

CREATE INDEX refund_order ON public.events_refund USING btree (namespace_id, order_number);

CREATE INDEX reportstate_due ON public.campaigns_reportstate USING btree (due_at) WHERE (stale_at IS NOT NULL);

CREATE INDEX retention_due ON public.customers_retention USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX run_awaits ON public.campaigns_run USING btree (customer_id, awaits_name) WHERE (awaits_name IS NOT NULL);

CREATE INDEX run_due ON public.campaigns_run USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX run_entered ON public.campaigns_run USING brin (entered_at) WITH (pages_per_range='16');

CREATE INDEX run_in_trouble ON public.campaigns_run USING btree (journey_id, step) WHERE (((state)::text = 'active'::text) AND (NOT (error = ''::text)));

CREATE INDEX run_journey ON public.campaigns_run USING btree (journey_id, state, entered_at);

CREATE INDEX run_keys ON public.campaigns_run USING gin (keys) WHERE (awaits_name IS NOT NULL);

CREATE INDEX savedview_list ON public.customers_savedview USING btree (of);

CREATE INDEX scheduledexport_due ON public.customers_scheduledexport USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX sendingfigure_day ON public.campaigns_sendingfigure USING btree (day);

CREATE INDEX sendingfigure_of ON public.campaigns_sendingfigure USING btree (of, month);

CREATE INDEX sms_account_due ON public.integrations_smsaccount USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX sourcevolume_at ON public.events_sourcevolume USING btree (at);

CREATE INDEX stagechange_at ON public.events_stagechange USING btree (at);

CREATE INDEX stagechange_customer ON public.events_stagechange USING btree (customer_id, at);

CREATE UNIQUE INDEX stepfigure_is_unique ON public.campaigns_stepfigure USING btree (journey_id, version_id, step, kind, way, arm, day) INCLUDE (n);

CREATE INDEX stepfigurechange_journey ON public.campaigns_stepfigurechange USING btree (journey_id);

CREATE UNIQUE INDEX stop_is_one_per_channel ON public.campaigns_marketingstop USING btree (channel) WHERE (ended_at IS NULL);

CREATE INDEX subscribe_template_key ON public.integrations_subscribetemplate USING btree (key);

CREATE INDEX tagchange_customer ON public.customers_tagchange USING btree (customer_id, at);

CREATE INDEX tagchange_tag ON public.customers_tagchange USING btree (tag_id, at);

CREATE INDEX tagjob_due ON public.customers_tagjob USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX transition_due ON public.customers_transition USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX transition_segment ON public.customers_transition USING btree (segment_id, at);

ALTER INDEX public.event_customer ATTACH PARTITION public.events_event_even_customer_id_occurred_at_name_id_idx;

ALTER INDEX public.event_id ATTACH PARTITION public.events_event_even_id_idx;

ALTER INDEX public.event_name ATTACH PARTITION public.events_event_even_name_id_occurred_at_customer_id_amount_fe_idx;

ALTER INDEX public.event_moment ATTACH PARTITION public.events_event_even_occurred_at_idx;

ALTER INDEX public.event_customer ATTACH PARTITION public.events_event_odd_customer_id_occurred_at_name_id_idx;

ALTER INDEX public.event_id ATTACH PARTITION public.events_event_odd_id_idx;

ALTER INDEX public.event_name ATTACH PARTITION public.events_event_odd_name_id_occurred_at_customer_id_amount_fen_idx;

ALTER INDEX public.event_moment ATTACH PARTITION public.events_event_odd_occurred_at_idx;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_00_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_01_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_02_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_03_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_04_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_05_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_06_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_07_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_08_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_09_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_10_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_11_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_12_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_13_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_14_pkey;

ALTER INDEX public.events_ledger_pkey ATTACH PARTITION public.events_ledger_15_pkey;

CREATE TRIGGER audit_only_grows BEFORE DELETE OR UPDATE ON public.customers_auditentry FOR EACH ROW EXECUTE FUNCTION public.hutong_append_only();

CREATE TRIGGER audit_seal_only_grows BEFORE DELETE OR UPDATE ON public.customers_auditseal FOR EACH ROW EXECUTE FUNCTION public.hutong_append_only();

CREATE TRIGGER changed_delete AFTER DELETE ON public.campaigns_suppression REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('suppression');

CREATE TRIGGER changed_delete AFTER DELETE ON public.customers_consent REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('consent');

CREATE TRIGGER changed_delete AFTER DELETE ON public.customers_customerattribute REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('attribute');

CREATE TRIGGER changed_delete AFTER DELETE ON public.customers_customertag REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('tag');

CREATE TRIGGER changed_delete AFTER DELETE ON public.customers_identity REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('identity');

CREATE TRIGGER changed_delete AFTER DELETE ON public.customers_listmember REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('list');

CREATE TRIGGER changed_delete AFTER DELETE ON public.customers_owner REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('owner');

CREATE TRIGGER changed_delete AFTER DELETE ON public.events_booking REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('booking');

CREATE TRIGGER changed_delete AFTER DELETE ON public.events_interest REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_interest();

CREATE TRIGGER changed_delete AFTER DELETE ON public.events_measurement REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('measurement');

CREATE TRIGGER changed_delete AFTER DELETE ON public.events_order REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('order');

CREATE TRIGGER changed_delete AFTER DELETE ON public.events_orderline REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_by_line();

CREATE TRIGGER changed_delete AFTER DELETE ON public.events_refund REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_by_refund();

CREATE TRIGGER changed_delete AFTER DELETE ON public.integrations_grant REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('grant');

CREATE TRIGGER changed_insert AFTER INSERT ON public.campaigns_coupon REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('coupon');

CREATE TRIGGER changed_insert AFTER INSERT ON public.campaigns_message REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_came_sent();

CREATE TRIGGER changed_insert AFTER INSERT ON public.campaigns_suppression REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('suppression');

CREATE TRIGGER changed_insert AFTER INSERT ON public.customers_attributechange REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('attribute');

CREATE TRIGGER changed_insert AFTER INSERT ON public.customers_consent REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('consent');

CREATE TRIGGER changed_insert AFTER INSERT ON public.customers_customer REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_self('customer');

CREATE TRIGGER changed_insert AFTER INSERT ON public.customers_customerattribute REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('attribute');

CREATE TRIGGER changed_insert AFTER INSERT ON public.customers_customertag REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('tag');

CREATE TRIGGER changed_insert AFTER INSERT ON public.customers_identity REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('identity');

CREATE TRIGGER changed_insert AFTER INSERT ON public.customers_listmember REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('list');

CREATE TRIGGER changed_insert AFTER INSERT ON public.customers_owner REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('owner');

CREATE TRIGGER changed_insert AFTER INSERT ON public.events_booking REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('booking');

CREATE TRIGGER changed_insert AFTER INSERT ON public.events_event REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('event');

CREATE TRIGGER changed_insert AFTER INSERT ON public.events_interest REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_interest();

CREATE TRIGGER changed_insert AFTER INSERT ON public.events_measurement REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('measurement');

CREATE TRIGGER changed_insert AFTER INSERT ON public.events_order REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('order');

CREATE TRIGGER changed_insert AFTER INSERT ON public.events_orderline REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_by_line();

CREATE TRIGGER changed_insert AFTER INSERT ON public.events_refund REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_by_refund();

CREATE TRIGGER changed_insert AFTER INSERT ON public.integrations_grant REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed('grant');

CREATE TRIGGER changed_update AFTER UPDATE ON public.campaigns_coupon REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('coupon');

CREATE TRIGGER changed_update AFTER UPDATE ON public.campaigns_message REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_changed();

CREATE TRIGGER changed_update AFTER UPDATE ON public.campaigns_suppression REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('suppression');

CREATE TRIGGER changed_update AFTER UPDATE ON public.customers_consent REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('consent');

CREATE TRIGGER changed_update AFTER UPDATE ON public.customers_customer REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_self('customer');

CREATE TRIGGER changed_update AFTER UPDATE ON public.customers_customerattribute REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('attribute');

CREATE TRIGGER changed_update AFTER UPDATE ON public.customers_customertag REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('tag');

CREATE TRIGGER changed_update AFTER UPDATE ON public.customers_identity REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('identity');

CREATE TRIGGER changed_update AFTER UPDATE ON public.customers_listmember REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('list');

CREATE TRIGGER changed_update AFTER UPDATE ON public.customers_owner REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('owner');

CREATE TRIGGER changed_update AFTER UPDATE ON public.events_booking REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('booking');

CREATE TRIGGER changed_update AFTER UPDATE ON public.events_event REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('event');

CREATE TRIGGER changed_update AFTER UPDATE ON public.events_interest REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_interest_both();

CREATE TRIGGER changed_update AFTER UPDATE ON public.events_measurement REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('measurement');

CREATE TRIGGER changed_update AFTER UPDATE ON public.events_order REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('order');

CREATE TRIGGER changed_update AFTER UPDATE ON public.events_orderline REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_by_line();

CREATE TRIGGER changed_update AFTER UPDATE ON public.events_refund REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_by_refund();

CREATE TRIGGER changed_update AFTER UPDATE ON public.integrations_grant REFERENCING OLD TABLE AS rows_before NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_changed_both('grant');

CREATE TRIGGER couponmove_only_grows BEFORE UPDATE ON public.campaigns_couponmove FOR EACH ROW WHEN ((((new.order_number)::text <> 'erased'::text) OR ((((((new.id IS DISTINCT FROM old.id) OR (new.coupon_id IS DISTINCT FROM old.coupon_id)) OR ((new.state)::text IS DISTINCT FROM (old.state)::text)) OR (new.amount_fen IS DISTINCT FROM old.amount_fen)) OR ((new.by)::text IS DISTINCT FROM (old.by)::text)) OR (new.at IS DISTINCT FROM old.at)))) EXECUTE FUNCTION public.hutong_append_only();

CREATE TRIGGER couponmove_stays BEFORE DELETE ON public.campaigns_couponmove FOR EACH ROW EXECUTE FUNCTION public.hutong_append_only();

CREATE TRIGGER figures_delete AFTER DELETE ON public.campaigns_message REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_figures();

CREATE TRIGGER figures_delete AFTER DELETE ON public.customers_customer REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.customers_customer_figures();

CREATE TRIGGER figures_delete AFTER DELETE ON public.events_customerstage REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_customerstage_figures();

CREATE TRIGGER figures_delete AFTER DELETE ON public.events_order REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_order_figures();

CREATE TRIGGER figures_delete AFTER DELETE ON public.events_stagechange REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_stagechange_figures();

CREATE TRIGGER figures_insert AFTER INSERT ON public.campaigns_couponmove REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_couponmove_figures();

CREATE TRIGGER figures_insert AFTER INSERT ON public.campaigns_message REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_figures();

CREATE TRIGGER figures_insert AFTER INSERT ON public.customers_customer REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.customers_customer_figures();

CREATE TRIGGER figures_insert AFTER INSERT ON public.events_customerstage REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_customerstage_figures();

CREATE TRIGGER figures_insert AFTER INSERT ON public.events_order REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_order_figures();

CREATE TRIGGER figures_insert AFTER INSERT ON public.events_stagechange REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_stagechange_figures();

CREATE TRIGGER figures_update AFTER UPDATE ON public.campaigns_message REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_figures();

CREATE TRIGGER figures_update AFTER UPDATE ON public.customers_customer REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.customers_customer_figures();

CREATE TRIGGER figures_update AFTER UPDATE ON public.events_customerstage REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_customerstage_figures();

CREATE TRIGGER figures_update AFTER UPDATE ON public.events_order REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_order_figures();

CREATE TRIGGER figures_update AFTER UPDATE ON public.events_stagechange REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.events_stagechange_figures();

CREATE TRIGGER marks_insert AFTER INSERT ON public.campaigns_assignment REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_assignment_marks();

CREATE TRIGGER marks_insert AFTER INSERT ON public.campaigns_couponmove REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_couponmove_marks();

CREATE TRIGGER marks_insert AFTER INSERT ON public.campaigns_goalreached REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_goalreached_marks();

CREATE TRIGGER marks_insert AFTER INSERT ON public.campaigns_message REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_marks();

CREATE TRIGGER marks_update AFTER UPDATE ON public.campaigns_assignment REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_assignment_marks();

CREATE TRIGGER marks_update AFTER UPDATE ON public.campaigns_message REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_marks();

CREATE TRIGGER membership_insert AFTER INSERT ON public.customers_transition REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION public.hutong_membership_changed();

CREATE TRIGGER numbers_insert AFTER INSERT ON public.campaigns_couponmove REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_couponmove_numbers();

CREATE TRIGGER numbers_insert AFTER INSERT ON public.campaigns_goalreached REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_goal_numbers();

CREATE TRIGGER numbers_insert AFTER INSERT ON public.campaigns_message REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_numbers();

CREATE TRIGGER numbers_insert AFTER INSERT ON public.campaigns_run REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_run_numbers();

CREATE TRIGGER numbers_insert AFTER INSERT ON public.campaigns_runstep REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_runstep_numbers();

CREATE TRIGGER numbers_update AFTER UPDATE ON public.campaigns_message REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_message_numbers();

CREATE TRIGGER numbers_update AFTER UPDATE ON public.campaigns_run REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.campaigns_run_numbers();

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_group_id_97559544_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_6a12ed8b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_assignment
    ADD CONSTRAINT campaigns_assignment_customer_id_6ea6a6c3_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_assignment
    ADD CONSTRAINT campaigns_assignment_origin_customer_id_7cc2bf84_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_batchcode
    ADD CONSTRAINT campaigns_batchcode_batch_id_dfbfeaff_fk_campaigns FOREIGN KEY (batch_id) REFERENCES public.campaigns_couponbatch(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_after_id_7694350a_fk_campaigns_campaign_id FOREIGN KEY (after_id) REFERENCES public.campaigns_campaign(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_b_coupon_batch_id_1b5b6b18_fk_campaigns FOREIGN KEY (b_coupon_batch_id) REFERENCES public.campaigns_couponbatch(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_b_template_id_ccdbc921_fk_campaigns FOREIGN KEY (b_template_id) REFERENCES public.campaigns_template(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_c_coupon_batch_id_39ce2f19_fk_campaigns FOREIGN KEY (c_coupon_batch_id) REFERENCES public.campaigns_couponbatch(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_c_template_id_5d5c5b1f_fk_campaigns FOREIGN KEY (c_template_id) REFERENCES public.campaigns_template(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_coupon_batch_id_36819ca6_fk_campaigns FOREIGN KEY (coupon_batch_id) REFERENCES public.campaigns_couponbatch(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_goal_product_id_399224db_fk_events_pr FOREIGN KEY (goal_product_id) REFERENCES public.events_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_launched_by_id_b5f4e431_fk_auth_user_id FOREIGN KEY (launched_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign_more_segments
    ADD CONSTRAINT campaigns_campaign_m_campaign_id_1e770e4f_fk_campaigns FOREIGN KEY (campaign_id) REFERENCES public.campaigns_campaign(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign_more_segments
    ADD CONSTRAINT campaigns_campaign_m_segment_id_1a20f6d2_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_owner_id_704fc6fd_fk_auth_user_id FOREIGN KEY (owner_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_segment_id_d271406e_fk_customers_segment_id FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_store_id_6947148f_fk_customers_store_id FOREIGN KEY (store_id) REFERENCES public.customers_store(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign
    ADD CONSTRAINT campaigns_campaign_template_id_d52ddd2a_fk_campaigns FOREIGN KEY (template_id) REFERENCES public.campaigns_template(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign_without_segments
    ADD CONSTRAINT campaigns_campaign_w_campaign_id_58aa1ebd_fk_campaigns FOREIGN KEY (campaign_id) REFERENCES public.campaigns_campaign(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaign_without_segments
    ADD CONSTRAINT campaigns_campaign_w_segment_id_b187fc1d_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaignslot
    ADD CONSTRAINT campaigns_campaignsl_campaign_id_1ca3897e_fk_campaigns FOREIGN KEY (campaign_id) REFERENCES public.campaigns_campaign(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaignslot
    ADD CONSTRAINT campaigns_campaignsl_version_id_8fc49221_fk_campaigns FOREIGN KEY (version_id) REFERENCES public.campaigns_campaignversion(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaignslot
    ADD CONSTRAINT campaigns_campaignslot_winner_by_id_88456e03_fk_auth_user_id FOREIGN KEY (winner_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaignversion
    ADD CONSTRAINT campaigns_campaignve_campaign_id_7fd48ff1_fk_campaigns FOREIGN KEY (campaign_id) REFERENCES public.campaigns_campaign(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_campaignversion
    ADD CONSTRAINT campaigns_campaignversion_made_by_id_d1ef4787_fk_auth_user_id FOREIGN KEY (made_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_cap
    ADD CONSTRAINT campaigns_cap_workspace_id_2c268777_fk_customers_workspace_id FOREIGN KEY (workspace_id) REFERENCES public.customers_workspace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_coupon
    ADD CONSTRAINT campaigns_coupon_batch_id_6978cf76_fk_campaigns_couponbatch_id FOREIGN KEY (batch_id) REFERENCES public.campaigns_couponbatch(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_coupon
    ADD CONSTRAINT campaigns_coupon_customer_id_802fec86_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_coupon
    ADD CONSTRAINT campaigns_coupon_origin_customer_id_e6ddaa2c_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_couponbatch
    ADD CONSTRAINT campaigns_couponbatc_namespace_id_ddb0e448_fk_customers FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_couponmove
    ADD CONSTRAINT campaigns_couponmove_coupon_id_72fd254d_fk_campaigns_coupon_id FOREIGN KEY (coupon_id) REFERENCES public.campaigns_coupon(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_dryrun
    ADD CONSTRAINT campaigns_dryrun_by_id_68176671_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_dryrun
    ADD CONSTRAINT campaigns_dryrun_job_id_c725bb2d_fk_crm_project_job_id FOREIGN KEY (job_id) REFERENCES public.crm_project_job(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_dryrun
    ADD CONSTRAINT campaigns_dryrun_journey_id_ebfdc77d_fk_campaigns_journey_id FOREIGN KEY (journey_id) REFERENCES public.campaigns_journey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_goalreached
    ADD CONSTRAINT campaigns_goalreached_run_id_71ee0dfe_fk_campaigns_run_id FOREIGN KEY (run_id) REFERENCES public.campaigns_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_journey
    ADD CONSTRAINT campaigns_journey_published_id_24958ef1_fk_campaigns FOREIGN KEY (published_id) REFERENCES public.campaigns_journeyversion(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_journeydraft
    ADD CONSTRAINT campaigns_journeydra_journey_id_0ddb4c86_fk_campaigns FOREIGN KEY (journey_id) REFERENCES public.campaigns_journey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_journeydraft
    ADD CONSTRAINT campaigns_journeydraft_by_id_0b93a118_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_journeyversion
    ADD CONSTRAINT campaigns_journeyver_journey_id_7ae86c3c_fk_campaigns FOREIGN KEY (journey_id) REFERENCES public.campaigns_journey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_journeyversion
    ADD CONSTRAINT campaigns_journeyver_published_by_id_a091ae98_fk_auth_user FOREIGN KEY (published_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_marketingstop
    ADD CONSTRAINT campaigns_marketingstop_began_by_id_084eacd5_fk_auth_user_id FOREIGN KEY (began_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_marketingstop
    ADD CONSTRAINT campaigns_marketingstop_ended_by_id_af1effd7_fk_auth_user_id FOREIGN KEY (ended_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_price
    ADD CONSTRAINT campaigns_price_connection_id_48829026_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_quietday
    ADD CONSTRAINT campaigns_quietday_workspace_id_ce6150b5_fk_customers FOREIGN KEY (workspace_id) REFERENCES public.customers_workspace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_quiethours
    ADD CONSTRAINT campaigns_quiethours_workspace_id_b323575c_fk_customers FOREIGN KEY (workspace_id) REFERENCES public.customers_workspace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_run
    ADD CONSTRAINT campaigns_run_customer_id_9246490e_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_run
    ADD CONSTRAINT campaigns_run_journey_id_d9dd719a_fk_campaigns_journey_id FOREIGN KEY (journey_id) REFERENCES public.campaigns_journey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_run
    ADD CONSTRAINT campaigns_run_origin_customer_id_eaf10c20_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_run
    ADD CONSTRAINT campaigns_run_version_id_6b32c0b7_fk_campaigns FOREIGN KEY (version_id) REFERENCES public.campaigns_journeyversion(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_runmove
    ADD CONSTRAINT campaigns_runmove_from_version_id_b8ec947e_fk_campaigns FOREIGN KEY (from_version_id) REFERENCES public.campaigns_journeyversion(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_runmove
    ADD CONSTRAINT campaigns_runmove_run_id_9e65d919_fk_campaigns_run_id FOREIGN KEY (run_id) REFERENCES public.campaigns_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_runmove
    ADD CONSTRAINT campaigns_runmove_to_version_id_028ce9f4_fk_campaigns FOREIGN KEY (to_version_id) REFERENCES public.campaigns_journeyversion(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_runstep
    ADD CONSTRAINT campaigns_runstep_run_id_a55b67ec_fk_campaigns_run_id FOREIGN KEY (run_id) REFERENCES public.campaigns_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_stoprelease
    ADD CONSTRAINT campaigns_stopreleas_stop_id_a7f659f0_fk_campaigns FOREIGN KEY (stop_id) REFERENCES public.campaigns_marketingstop(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_stoprelease
    ADD CONSTRAINT campaigns_stoprelease_by_id_0e9dbb99_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_suppression
    ADD CONSTRAINT campaigns_suppressio_customer_id_a2d0d93f_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_suppression
    ADD CONSTRAINT campaigns_suppressio_origin_customer_id_afcdf950_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_template
    ADD CONSTRAINT campaigns_template_fallback_id_82ec9c06_fk_campaigns FOREIGN KEY (fallback_id) REFERENCES public.campaigns_template(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_testperson
    ADD CONSTRAINT campaigns_testperson_customer_id_2c48a678_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_testperson
    ADD CONSTRAINT campaigns_testperson_origin_customer_id_9d688d22_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_testperson
    ADD CONSTRAINT campaigns_testperson_user_id_ff4b6072_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_versionmove
    ADD CONSTRAINT campaigns_versionmov_journey_id_c9713328_fk_campaigns FOREIGN KEY (journey_id) REFERENCES public.campaigns_journey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_versionmove
    ADD CONSTRAINT campaigns_versionmov_to_version_id_45e07d66_fk_campaigns FOREIGN KEY (to_version_id) REFERENCES public.campaigns_journeyversion(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_versionmove
    ADD CONSTRAINT campaigns_versionmove_job_id_b1490a9f_fk_crm_project_job_id FOREIGN KEY (job_id) REFERENCES public.crm_project_job(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.campaigns_versionmove
    ADD CONSTRAINT campaigns_versionmove_made_by_id_ab04e271_fk_auth_user_id FOREIGN KEY (made_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.crm_project_file
    ADD CONSTRAINT crm_project_file_by_id_6c832bf5_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.crm_project_filepart
    ADD CONSTRAINT crm_project_filepart_file_id_9e8e64ea_fk_crm_project_file_id FOREIGN KEY (file_id) REFERENCES public.crm_project_file(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.crm_project_host
    ADD CONSTRAINT crm_project_host_gone_by_id_eaa440bb_fk_auth_user_id FOREIGN KEY (gone_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.crm_project_job
    ADD CONSTRAINT crm_project_job_by_id_493f211a_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.crm_project_job
    ADD CONSTRAINT crm_project_job_errors_id_4e24fed0_fk_crm_project_file_id FOREIGN KEY (errors_id) REFERENCES public.crm_project_file(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.crm_project_job
    ADD CONSTRAINT crm_project_job_input_id_2605a9e3_fk_crm_project_file_id FOREIGN KEY (input_id) REFERENCES public.crm_project_file(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.crm_project_job
    ADD CONSTRAINT crm_project_job_result_id_38a4c820_fk_crm_project_file_id FOREIGN KEY (result_id) REFERENCES public.crm_project_file(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_approval
    ADD CONSTRAINT customers_approval_decided_by_id_4e62647e_fk_auth_user_id FOREIGN KEY (decided_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_approval
    ADD CONSTRAINT customers_approval_requested_by_id_88ddfdcb_fk_auth_user_id FOREIGN KEY (requested_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_attributechange
    ADD CONSTRAINT customers_attributec_customer_id_d531e55c_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_attributechange
    ADD CONSTRAINT customers_attributec_origin_customer_id_e451771a_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_attributechange
    ADD CONSTRAINT customers_attributec_source_id_c95672c8_fk_customers FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_auditentry
    ADD CONSTRAINT customers_auditentry_by_id_ee38f783_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_breaker
    ADD CONSTRAINT customers_breaker_connection_id_88b66987_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_connection
    ADD CONSTRAINT customers_connection_namespace_id_8b90cfbc_fk_customers FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_consent
    ADD CONSTRAINT customers_consent_customer_id_e5c9af2d_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_consent
    ADD CONSTRAINT customers_consent_merge_id_c10086ca_fk_customers_merge_id FOREIGN KEY (merge_id) REFERENCES public.customers_merge(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_consent
    ADD CONSTRAINT customers_consent_origin_customer_id_d10b5c1d_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_consent
    ADD CONSTRAINT customers_consent_source_id_5a3538d9_fk_customers_source_id FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_customer
    ADD CONSTRAINT customers_customer_merged_into_id_2994ddb6_fk_customers FOREIGN KEY (merged_into_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_customerattribute
    ADD CONSTRAINT customers_customerat_customer_id_ea41101e_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_customertag
    ADD CONSTRAINT customers_customerta_customer_id_bd0af7af_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_customertag
    ADD CONSTRAINT customers_customerta_origin_customer_id_89d6f7ca_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_customertag
    ADD CONSTRAINT customers_customertag_merge_id_522c7a89_fk_customers_merge_id FOREIGN KEY (merge_id) REFERENCES public.customers_merge(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_customertag
    ADD CONSTRAINT customers_customertag_tag_id_9e916327_fk_customers_tag_id FOREIGN KEY (tag_id) REFERENCES public.customers_tag(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_erasure
    ADD CONSTRAINT customers_erasure_by_id_4a9e5681_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_erasure
    ADD CONSTRAINT customers_erasure_customer_id_5a85f39e_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_erasurerequest
    ADD CONSTRAINT customers_erasurereq_customer_id_89cf1a1d_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_erasurerequest
    ADD CONSTRAINT customers_erasurereq_origin_customer_id_d2b957df_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_erasurerequest
    ADD CONSTRAINT customers_erasurerequest_settled_by_id_dfe33ae1_fk_auth_user_id FOREIGN KEY (settled_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_export
    ADD CONSTRAINT customers_export_by_id_7c6ae4ce_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_export
    ADD CONSTRAINT customers_export_customer_id_253e0561_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_followup
    ADD CONSTRAINT customers_followup_assignee_id_f9691362_fk_auth_user_id FOREIGN KEY (assignee_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_followup
    ADD CONSTRAINT customers_followup_by_id_57abafad_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_followup
    ADD CONSTRAINT customers_followup_customer_id_7f9864ed_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_followup
    ADD CONSTRAINT customers_followup_done_by_id_5314aa4c_fk_auth_user_id FOREIGN KEY (done_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_followup
    ADD CONSTRAINT customers_followup_origin_customer_id_37634008_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_followup
    ADD CONSTRAINT customers_followup_role_id_d8892ea1_fk_auth_group_id FOREIGN KEY (role_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identity
    ADD CONSTRAINT customers_identity_customer_id_b1e21f37_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identity
    ADD CONSTRAINT customers_identity_origin_customer_id_e2e76ed8_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identity
    ADD CONSTRAINT customers_identity_source_id_b0efdb03_fk_customers_source_id FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identityclaim
    ADD CONSTRAINT customers_identitycl_customer_id_7554b483_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identityclaim
    ADD CONSTRAINT customers_identitycl_origin_customer_id_81893590_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identityclaim
    ADD CONSTRAINT customers_identitycl_source_id_f0537e8a_fk_customers FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identityconflict
    ADD CONSTRAINT customers_identityco_first_id_8ace538e_fk_customers FOREIGN KEY (first_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identityconflict
    ADD CONSTRAINT customers_identityco_second_id_f08fe652_fk_customers FOREIGN KEY (second_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_identityconflict
    ADD CONSTRAINT customers_identityco_source_id_78102671_fk_customers FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_listmember
    ADD CONSTRAINT customers_listmember_customer_id_f057c2fb_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_listmember
    ADD CONSTRAINT customers_listmember_origin_customer_id_99b70adb_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_listmember
    ADD CONSTRAINT customers_listmember_segment_id_beeb0282_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_membership
    ADD CONSTRAINT customers_membership_customer_id_ea167a38_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_membership
    ADD CONSTRAINT customers_membership_segment_id_c9cede7e_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_merge
    ADD CONSTRAINT customers_merge_customer_id_b7f6d099_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_merge
    ADD CONSTRAINT customers_merge_origin_customer_id_f5416173_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_note
    ADD CONSTRAINT customers_note_by_id_d89ecc23_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_note
    ADD CONSTRAINT customers_note_customer_id_505ed79b_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_note
    ADD CONSTRAINT customers_note_origin_customer_id_72915d29_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_outboundcall
    ADD CONSTRAINT customers_outboundca_connection_id_92b91dfe_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_owner
    ADD CONSTRAINT customers_owner_by_id_f2d5b06c_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_owner
    ADD CONSTRAINT customers_owner_customer_id_3d4c6e1a_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_owner
    ADD CONSTRAINT customers_owner_origin_customer_id_577428f2_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_owner
    ADD CONSTRAINT customers_owner_staff_id_526b37da_fk_auth_user_id FOREIGN KEY (staff_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_owner
    ADD CONSTRAINT customers_owner_store_id_88f2f453_fk_customers_store_id FOREIGN KEY (store_id) REFERENCES public.customers_store(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_retention
    ADD CONSTRAINT customers_retention_agreed_by_id_7e8aaa4d_fk_auth_user_id FOREIGN KEY (agreed_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_reveallimit
    ADD CONSTRAINT customers_reveallimit_group_id_47d88a95_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_savedview
    ADD CONSTRAINT customers_savedview_owner_id_daa5e469_fk_auth_user_id FOREIGN KEY (owner_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_scheduledexport
    ADD CONSTRAINT customers_scheduledexport_by_id_fe650c2a_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_segment
    ADD CONSTRAINT customers_segment_created_by_id_4fd5a71a_fk_auth_user_id FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_segmentpart
    ADD CONSTRAINT customers_segmentpar_segment_id_6d03da63_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_segmentsize
    ADD CONSTRAINT customers_segmentsiz_segment_id_1f4a99dc_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_segmentversion
    ADD CONSTRAINT customers_segmentver_segment_id_ae20c9d7_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_segmentversion
    ADD CONSTRAINT customers_segmentversion_by_id_f9567b81_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_source
    ADD CONSTRAINT customers_source_connection_id_e7be4b07_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_source
    ADD CONSTRAINT customers_source_namespace_id_90f64919_fk_customers FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_store
    ADD CONSTRAINT customers_store_namespace_id_bec9d7ae_fk_customers_namespace_id FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_tag
    ADD CONSTRAINT customers_tag_group_id_8d460b18_fk_customers_taggroup_id FOREIGN KEY (group_id) REFERENCES public.customers_taggroup(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_tag
    ADD CONSTRAINT customers_tag_segment_id_272d8080_fk_customers_segment_id FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_transition
    ADD CONSTRAINT customers_transition_customer_id_3f1e72f7_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_transition
    ADD CONSTRAINT customers_transition_segment_id_763eaa7f_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.customers_watchedsegment
    ADD CONSTRAINT customers_watchedseg_segment_id_bfce2d67_fk_customers FOREIGN KEY (segment_id) REFERENCES public.customers_segment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_p_clocked_id_47a69f82_fk_django_ce FOREIGN KEY (clocked_id) REFERENCES public.django_celery_beat_clockedschedule(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_p_crontab_id_d3cba168_fk_django_ce FOREIGN KEY (crontab_id) REFERENCES public.django_celery_beat_crontabschedule(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_p_interval_id_a8ca27da_fk_django_ce FOREIGN KEY (interval_id) REFERENCES public.django_celery_beat_intervalschedule(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_celery_beat_periodictask
    ADD CONSTRAINT django_celery_beat_p_solar_id_a87ce72c_fk_django_ce FOREIGN KEY (solar_id) REFERENCES public.django_celery_beat_solarschedule(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_booking
    ADD CONSTRAINT events_booking_customer_id_ecd75a58_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_booking
    ADD CONSTRAINT events_booking_namespace_id_8b60102c_fk_customers_namespace_id FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_booking
    ADD CONSTRAINT events_booking_origin_customer_id_dcdeba7b_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_booking
    ADD CONSTRAINT events_booking_source_id_b723dc8f_fk_customers_source_id FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_eventname
    ADD CONSTRAINT events_eventname_made_by_id_fc4438ca_fk_customers_source_id FOREIGN KEY (made_by_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_order
    ADD CONSTRAINT events_order_customer_id_2102c7a2_fk_customers_customer_id FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_order
    ADD CONSTRAINT events_order_namespace_id_2c9f4b59_fk_customers_namespace_id FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_order
    ADD CONSTRAINT events_order_origin_customer_id_4486292b_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_order
    ADD CONSTRAINT events_order_source_id_e6ba5ea8_fk_customers_source_id FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_orderline
    ADD CONSTRAINT events_orderline_order_id_5fdff735_fk_events_order_id FOREIGN KEY (order_id) REFERENCES public.events_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_product
    ADD CONSTRAINT events_product_namespace_id_e4815e67_fk_customers_namespace_id FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_productpair
    ADD CONSTRAINT events_productpair_other_id_7e12614a_fk_events_product_id FOREIGN KEY (other_id) REFERENCES public.events_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_productpair
    ADD CONSTRAINT events_productpair_product_id_479da3ac_fk_events_product_id FOREIGN KEY (product_id) REFERENCES public.events_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_productsales
    ADD CONSTRAINT events_productsales_product_id_45acf203_fk_events_product_id FOREIGN KEY (product_id) REFERENCES public.events_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_refund
    ADD CONSTRAINT events_refund_namespace_id_0250791f_fk_customers_namespace_id FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_refund
    ADD CONSTRAINT events_refund_source_id_ee729cdf_fk_customers_source_id FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_seenevent
    ADD CONSTRAINT events_seenevent_name_id_6d6ee28d_fk_events_eventname_id FOREIGN KEY (name_id) REFERENCES public.events_eventname(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_seenevent
    ADD CONSTRAINT events_seenevent_source_id_44048a1f_fk_customers_source_id FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_seenproperty
    ADD CONSTRAINT events_seenproperty_event_id_bddbfc1b_fk_events_seenevent_id FOREIGN KEY (event_id) REFERENCES public.events_seenevent(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_sourcevolume
    ADD CONSTRAINT events_sourcevolume_source_id_7234c849_fk_customers_source_id FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.events_watchedname
    ADD CONSTRAINT events_watchedname_name_id_3ac55acc_fk_events_eventname_id FOREIGN KEY (name_id) REFERENCES public.events_eventname(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_accesstoken
    ADD CONSTRAINT integrations_accesst_connection_id_6a40c6b5_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_capturedrow
    ADD CONSTRAINT integrations_capture_mapping_id_4739a8f5_fk_integrati FOREIGN KEY (mapping_id) REFERENCES public.integrations_tablemapping(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_difference
    ADD CONSTRAINT integrations_differe_day_id_1bd997d4_fk_integrati FOREIGN KEY (day_id) REFERENCES public.integrations_reconciledday(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_fileimport
    ADD CONSTRAINT integrations_fileimp_mapping_id_86917f6f_fk_integrati FOREIGN KEY (mapping_id) REFERENCES public.integrations_importmapping(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_fileimport
    ADD CONSTRAINT integrations_fileimp_namespace_id_d4f825a4_fk_customers FOREIGN KEY (namespace_id) REFERENCES public.customers_namespace(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_fileimport
    ADD CONSTRAINT integrations_fileimport_by_id_4700fd27_fk_auth_user_id FOREIGN KEY (by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_fileimport
    ADD CONSTRAINT integrations_fileimport_file_id_883983c4_fk_crm_project_file_id FOREIGN KEY (file_id) REFERENCES public.crm_project_file(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_connection_id_900228ec_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_customer_id_800549d2_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_identity_id_2c11a5b4_fk_customers FOREIGN KEY (identity_id) REFERENCES public.customers_identity(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_origin_customer_id_3e2a6d53_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_grant
    ADD CONSTRAINT integrations_grant_template_id_3cf46ffa_fk_integrati FOREIGN KEY (template_id) REFERENCES public.integrations_subscribetemplate(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_importmapping
    ADD CONSTRAINT integrations_importm_created_by_id_ac19a7e0_fk_auth_user FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_importmapping
    ADD CONSTRAINT integrations_importm_source_id_b84d7fea_fk_customers FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_membersession
    ADD CONSTRAINT integrations_members_connection_id_5be8686b_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_membersession
    ADD CONSTRAINT integrations_members_identity_id_f5a3c7fc_fk_customers FOREIGN KEY (identity_id) REFERENCES public.customers_identity(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_phonelookups
    ADD CONSTRAINT integrations_phonelo_connection_id_a3fa6a28_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_quarantine
    ADD CONSTRAINT integrations_quarant_source_id_487cc01c_fk_customers FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_queuesource
    ADD CONSTRAINT integrations_queueso_connection_id_296dc0ef_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_queuesource
    ADD CONSTRAINT integrations_queueso_source_id_2b8b5586_fk_customers FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_queuestate
    ADD CONSTRAINT integrations_queuest_queue_id_1a1131a4_fk_integrati FOREIGN KEY (queue_id) REFERENCES public.integrations_queuesource(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reconciliation
    ADD CONSTRAINT integrations_reconci_connection_id_58e7d0e2_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reconciledday
    ADD CONSTRAINT integrations_reconci_reconciliation_id_a1d65e70_fk_integrati FOREIGN KEY (reconciliation_id) REFERENCES public.integrations_reconciliation(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_reconciliation
    ADD CONSTRAINT integrations_reconci_source_id_45d4f053_fk_customers FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_servicewindow
    ADD CONSTRAINT integrations_service_connection_id_c523a987_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_servicewindow
    ADD CONSTRAINT integrations_service_customer_id_2ceb6ad4_fk_customers FOREIGN KEY (customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_servicewindow
    ADD CONSTRAINT integrations_service_identity_id_588b4450_fk_customers FOREIGN KEY (identity_id) REFERENCES public.customers_identity(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_servicewindow
    ADD CONSTRAINT integrations_service_origin_customer_id_ced92aad_fk_customers FOREIGN KEY (origin_customer_id) REFERENCES public.customers_customer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_smsaccount
    ADD CONSTRAINT integrations_smsacco_connection_id_c90667dd_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_smstemplate
    ADD CONSTRAINT integrations_smstemp_connection_id_95e1d8ae_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_subscribetemplate
    ADD CONSTRAINT integrations_subscri_connection_id_d7df665d_fk_customers FOREIGN KEY (connection_id) REFERENCES public.customers_connection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.integrations_tablemapping
    ADD CONSTRAINT integrations_tablema_source_id_5ec7ba09_fk_customers FOREIGN KEY (source_id) REFERENCES public.customers_source(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.otp_totp_totpdevice
    ADD CONSTRAINT otp_totp_totpdevice_user_id_0fb18292_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
RESET search_path;
RESET check_function_bodies;
