"""Every write that can change a segment leaves rows in the changed-customers table (decision 8); the audit log only grows."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION hutong_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT customer_id, TG_ARGV[0] FROM changed_rows;
  RETURN NULL;
END $$;

-- An update may move a row from one customer to another (a merge): both changed.
CREATE FUNCTION hutong_changed_both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT customer_id, TG_ARGV[0] FROM changed_rows UNION SELECT customer_id, TG_ARGV[0] FROM rows_before;
  RETURN NULL;
END $$;

CREATE FUNCTION hutong_changed_self() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what) SELECT id, TG_ARGV[0] FROM changed_rows;
  RETURN NULL;
END $$;

CREATE FUNCTION hutong_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON customers_auditentry FOR EACH ROW EXECUTE FUNCTION hutong_append_only();
CREATE TRIGGER changed_insert AFTER INSERT ON customers_customer REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_self('customer');
CREATE TRIGGER changed_update AFTER UPDATE ON customers_customer REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_self('customer');
"""

DROP = """
DROP TRIGGER changed_insert ON customers_customer;
DROP TRIGGER changed_update ON customers_customer;
DROP TRIGGER audit_only_grows ON customers_auditentry;
DROP FUNCTION hutong_changed, hutong_changed_both, hutong_changed_self, hutong_append_only;
"""


def watch(table: str, what: str) -> migrations.RunSQL:
    """Insert, update and delete on `table` name the customers concerned."""
    sql = f"""
    CREATE TRIGGER changed_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('{what}');
    CREATE TRIGGER changed_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed_rows OLD TABLE AS rows_before
      FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_both('{what}');
    CREATE TRIGGER changed_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('{what}');
    """
    drop = f"DROP TRIGGER changed_insert ON {table}; DROP TRIGGER changed_update ON {table}; DROP TRIGGER changed_delete ON {table};"
    return migrations.RunSQL(sql, drop)


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        watch("customers_customertag", "tag"),
        watch("customers_consent", "consent"),
        watch("customers_customerattribute", "attribute"),
        watch("customers_listmember", "list"),
        watch("customers_identity", "identity"),
    ]
