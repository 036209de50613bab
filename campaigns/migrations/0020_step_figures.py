"""Numbers of journeys' steps, kept by triggers (campaigns/journeys/numbers/keeping.py says what they count)."""

from django.db import migrations, models


# Day by day in the workspace's zone; by the rows' own times, so that what is taken back is taken from where it was put.
TRIGGERS = """
CREATE FUNCTION campaigns_day(at timestamptz) RETURNS date LANGUAGE sql STABLE AS
  $$ SELECT (at AT TIME ZONE coalesce((SELECT time_zone FROM customers_workspace), 'UTC'))::date $$;

CREATE FUNCTION campaigns_run_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
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
     GROUP BY 1, 2, 6, 7 HAVING sum(n) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER numbers_insert AFTER INSERT ON campaigns_run REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_run_numbers();
CREATE TRIGGER numbers_update AFTER UPDATE ON campaigns_run REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_run_numbers();

-- Visits only grow.
CREATE FUNCTION campaigns_runstep_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
  SELECT r.journey_id, r.version_id, s.step, 'left', s.way, CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END,
         campaigns_day(s.at), count(*)
    FROM new_rows s JOIN campaigns_run r ON r.id = s.run_id GROUP BY 1, 2, 3, 5, 6, 7;
  RETURN NULL;
END $$;
CREATE TRIGGER numbers_insert AFTER INSERT ON campaigns_runstep REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_runstep_numbers();

CREATE FUNCTION campaigns_message_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER numbers_insert AFTER INSERT ON campaigns_message REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_numbers();
CREATE TRIGGER numbers_update AFTER UPDATE ON campaigns_message REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_message_numbers();

-- Moves only grow.
CREATE FUNCTION campaigns_couponmove_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
  SELECT r.journey_id, 0, c.step, 'coupon', v.state, CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END,
         campaigns_day(v.at), count(*)
    FROM new_rows v JOIN campaigns_coupon c ON c.id = v.coupon_id JOIN campaigns_run r ON r.id = c.run_id
   WHERE c.step <> '' GROUP BY 1, 3, 5, 6, 7;
  RETURN NULL;
END $$;
CREATE TRIGGER numbers_insert AFTER INSERT ON campaigns_couponmove REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_couponmove_numbers();
"""
DROP = """
DROP TRIGGER numbers_insert ON campaigns_run;
DROP TRIGGER numbers_update ON campaigns_run;
DROP TRIGGER numbers_insert ON campaigns_runstep;
DROP TRIGGER numbers_insert ON campaigns_message;
DROP TRIGGER numbers_update ON campaigns_message;
DROP TRIGGER numbers_insert ON campaigns_couponmove;
DROP FUNCTION campaigns_run_numbers;
DROP FUNCTION campaigns_runstep_numbers;
DROP FUNCTION campaigns_message_numbers;
DROP FUNCTION campaigns_couponmove_numbers;
DROP FUNCTION campaigns_day;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0019_receipts'),
    ]

    operations = [
        migrations.AddField(
            model_name='coupon',
            name='step',
            field=models.CharField(db_default='', default='', editable=False, help_text="of the journey's run", max_length=40),
        ),
        migrations.AddField(
            model_name='runstep',
            name='way',
            field=models.CharField(db_default='', default='', editable=False, help_text='the exit it left by; empty where it left the journey here', max_length=40),
        ),
        migrations.CreateModel(
            name='StepFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('journey_id', models.BigIntegerField()),
                ('version_id', models.BigIntegerField()),
                ('step', models.CharField(help_text='"" is the journey as a whole', max_length=40)),
                ('kind', models.CharField(max_length=12)),
                ('way', models.CharField(max_length=90)),
                ('arm', models.CharField(max_length=12)),
                ('day', models.DateField()),
                ('n', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('journey_id', 'version_id', 'step', 'kind', 'way', 'arm', 'day'), include=('n',), name='stepfigure_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='StepFigureChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('journey_id', models.BigIntegerField()),
                ('version_id', models.BigIntegerField()),
                ('step', models.CharField(help_text='"" is the journey as a whole', max_length=40)),
                ('kind', models.CharField(max_length=12)),
                ('way', models.CharField(max_length=90)),
                ('arm', models.CharField(max_length=12)),
                ('day', models.DateField()),
                ('n', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['journey_id'], name='stepfigurechange_journey')],
            },
        ),
        migrations.RunSQL(TRIGGERS, DROP),
    ]
