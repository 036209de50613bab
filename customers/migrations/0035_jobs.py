"""Acts on lists and taggings of many become background jobs: their rows move, the tables stay until
the release after, which drops them.

The release before may still be running and write such rows: whoever carries them over afterwards
(customers/bulk/carried_over.py) does it with the same two statements. A row is taken and put in one
statement, so nobody works on it twice. What was exported before is made again when it is wanted.
"""

from django.db import migrations

BULK = """
WITH gone AS (DELETE FROM customers_bulkrun RETURNING *)
INSERT INTO crm_project_job (kind, params, memo, by_id, reason, starts_journeys, language, state,
  cursor, "window", done_rows, skipped, created_at, begun_at, resumed_share, ended_at, expires_at,
  due_at, attempts, error)
SELECT 'bulk',
  jsonb_build_object('act', act, 'list', list, 'query', query, 'last_id', last_id,
    'said', params - 'heading'),
  '{}', by_id, reason, starts_journeys, language,
  CASE WHEN cancelled_at IS NOT NULL THEN 'cancelled' WHEN ended_at IS NULL THEN 'queued'
    WHEN error <> '' THEN 'failed' ELSE 'done' END,
  CASE WHEN is_anew THEN 0 ELSE cursor END, 2000, CASE WHEN is_anew THEN 0 ELSE done_rows END,
  CASE WHEN is_anew THEN '{}' ELSE skipped END, created_at, created_at, 0, ended_at,
  coalesce(ended_at, cancelled_at), CASE WHEN ended_at IS NULL THEN created_at END, 0,
  CASE WHEN ended_at IS NULL THEN '' ELSE error END
  FROM (SELECT *, act = 'export' AND ended_at IS NULL AS is_anew FROM gone) run
"""
TAGS = """
WITH gone AS (DELETE FROM customers_tagjob RETURNING *)
INSERT INTO crm_project_job (kind, params, memo, by_id, reason, starts_journeys, language, state,
  cursor, "window", total, done_rows, skipped, created_at, begun_at, resumed_share, ended_at,
  expires_at, due_at, attempts, error)
SELECT 'tag_many',
  jsonb_build_object('tag', tag_id, 'is_on', is_on, 'segment', segment_id, 'customers',
    to_jsonb(customers), 'until', to_jsonb(expires_at), 'total', total),
  '{}', by_id, why, starts_journeys, '',
  CASE WHEN ended_at IS NULL THEN 'queued' WHEN error <> '' THEN 'failed' ELSE 'done' END,
  cursor, 5000, total, changed,
  CASE WHEN done_so_far > changed THEN jsonb_build_object('as_before', done_so_far - changed)
    ELSE '{}' END,
  created_at, created_at, 0, ended_at, ended_at, CASE WHEN ended_at IS NULL THEN created_at END, 0,
  CASE WHEN ended_at IS NULL THEN '' ELSE error END
  FROM gone
"""
MOVE = ("DELETE FROM customers_exportpart", BULK, TAGS)
# Who was given a right of the old tables has it further: one under the same name, one under a new.
RIGHTS = """
WITH type AS (SELECT n.id AS new, o.id AS old, o.model FROM django_content_type n, django_content_type o
    WHERE (n.app_label, n.model) = ('customers', 'customer') AND o.app_label = 'customers'),
moved AS (UPDATE auth_permission p SET content_type_id = type.new FROM type
    WHERE p.content_type_id = type.old AND (type.model, p.codename) = ('bulkrun', 'export_list')),
earlier AS (SELECT p.id, type.new FROM auth_permission p JOIN type ON type.old = p.content_type_id
    WHERE (type.model, p.codename) = ('tagjob', 'add_tagjob')),
made AS (INSERT INTO auth_permission (name, content_type_id, codename)
    SELECT 'Can tag many customers at once', new, 'tag_many' FROM earlier RETURNING id),
groups AS (INSERT INTO auth_group_permissions (group_id, permission_id)
    SELECT g.group_id, made.id FROM auth_group_permissions g JOIN earlier ON earlier.id =
      g.permission_id, made)
INSERT INTO auth_user_user_permissions (user_id, permission_id)
SELECT u.user_id, made.id FROM auth_user_user_permissions u JOIN earlier ON earlier.id =
  u.permission_id, made
"""
# Nothing refers any more to what the tables before refer to.
LET_GO = """
SET CONSTRAINTS ALL IMMEDIATE;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
      WHERE contype = 'f' AND conrelid IN ('customers_exportpart'::regclass,
        'customers_bulkrun'::regclass, 'customers_tagjob'::regclass) LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.of, one.conname);
  END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0034_owners"),
        ("crm_project", "0007_jobs"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL([*MOVE, RIGHTS], migrations.RunSQL.noop),
        migrations.RunSQL(LET_GO, migrations.RunSQL.noop),
        migrations.RunSQL(
            "DELETE FROM customers_retention WHERE kind = 'tag_jobs'", migrations.RunSQL.noop
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name="ExportPart"),
                migrations.DeleteModel(name="BulkRun"),
                migrations.DeleteModel(name="TagJob"),
            ]
        ),
        migrations.AlterModelOptions(
            name="customer",
            options={
                "permissions": [
                    (
                        "find_by_last_digits",
                        "Can find customers by the last four digits of a phone",
                    ),
                    ("export_customer", "Can export all that is known about one customer"),
                    ("erase_customer", "Can erase a customer for good"),
                    ("export_list", "Can export lists"),
                    ("tag_many", "Can tag many customers at once"),
                ],
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
    ]
