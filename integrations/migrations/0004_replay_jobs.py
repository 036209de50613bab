"""What staff asked to be tried again among many becomes a background job. The columns of the due row
are forgotten here and dropped in the release after; until then the database fills them."""

from django.db import migrations

EXPAND = """
ALTER TABLE integrations_quarantine ALTER COLUMN attempts SET DEFAULT 0,
  ALTER COLUMN error SET DEFAULT ''
"""
CARRY_OVER = """
WITH asked AS (UPDATE integrations_quarantine SET due_at = NULL, token = NULL
    WHERE due_at IS NOT NULL AND replayed_at IS NULL RETURNING id)
INSERT INTO crm_project_job (kind, params, memo, reason, starts_journeys, language, state, cursor,
  "window", done_rows, skipped, created_at, resumed_share, due_at, attempts, error)
SELECT 'replay', jsonb_build_object('ids', jsonb_agg(id ORDER BY id)), '{}', '', false, '', 'queued',
  0, 50, 0, '{}', hutong_now(), 0, hutong_now(), 0, '' FROM asked HAVING count(*) > 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0003_quarantine_row_key"),
        ("crm_project", "0007_jobs"),
    ]

    operations = [
        migrations.RunSQL([EXPAND, CARRY_OVER], migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name="quarantine", name="quarantine_due"),
                *(
                    migrations.RemoveField(model_name="quarantine", name=name)
                    for name in ("due_at", "token", "attempts", "error")
                ),
            ]
        ),
    ]
