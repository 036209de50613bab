"""Reached goals are among the kept numbers of a journey (campaigns/journeys/numbers/keeping.py)."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("campaigns.migrations.0020_step_figures").TRIGGERS
# The function over the runs, as it was; and with the goals of runs that changed their arm or version.
BEGINS = "CREATE FUNCTION campaigns_run_numbers()"
RUNS = BEFORE[BEFORE.index(BEGINS) : BEFORE.index("CREATE TRIGGER numbers_insert AFTER INSERT ON campaigns_run ")]
WAS = RUNS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
GOALS_MOVE = """
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
"""
LAST = "GROUP BY 1, 2, 6, 7 HAVING sum(n) <> 0;\n  END IF;\n  RETURN NULL;\nEND $$;\n"
assert WAS.endswith(LAST)  # noqa: S101 -- of a migration that is never edited
NOW = WAS.removesuffix(LAST) + "GROUP BY 1, 2, 6, 7 HAVING sum(n) <> 0" + GOALS_MOVE
COUNTED = """
INSERT INTO campaigns_stepfigurechange (journey_id, version_id, step, kind, way, arm, day, n)
SELECT r.journey_id, r.version_id, '', 'goal', '', CASE WHEN r.is_held_out THEN 'held_out' ELSE 'treated' END,
       campaigns_day(g.at), count(*)
  FROM {goals} g JOIN campaigns_run r ON r.id = g.run_id GROUP BY 1, 2, 6, 7;
"""
TRIGGER = f"""
CREATE FUNCTION campaigns_goal_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {COUNTED.format(goals="new_rows")}
  RETURN NULL;
END $$;
CREATE TRIGGER numbers_insert AFTER INSERT ON campaigns_goalreached REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION campaigns_goal_numbers();
"""
DROP = """
DROP TRIGGER numbers_insert ON campaigns_goalreached;
DROP FUNCTION campaigns_goal_numbers;
DELETE FROM campaigns_stepfigurechange WHERE kind = 'goal';
DELETE FROM campaigns_stepfigure WHERE kind = 'goal';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0025_prices_and_fallbacks'),
    ]

    operations = [
        migrations.RunSQL(NOW, WAS),
        # What was reached before, once; then what is reached from now on.
        migrations.RunSQL(COUNTED.format(goals="campaigns_goalreached") + TRIGGER, DROP),
    ]
