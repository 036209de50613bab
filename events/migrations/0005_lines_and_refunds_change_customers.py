"""Order lines and refunds, too, name the customers concerned when they are written (decision 8): their order says who that is."""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION hutong_changed_by_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT o.customer_id, 'order' FROM changed_rows c JOIN events_order o ON o.id = c.order_id;
  RETURN NULL;
END $$;

CREATE FUNCTION hutong_changed_by_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customers_changedcustomer (customer_id, what)
  SELECT DISTINCT o.customer_id, 'order' FROM changed_rows c
  JOIN events_order o ON o.namespace_id = c.namespace_id AND o.number = c.order_number;
  RETURN NULL;
END $$;
"""


def watch(table: str, function: str) -> str:
    return f"""
    CREATE TRIGGER changed_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION {function};
    CREATE TRIGGER changed_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION {function};
    CREATE TRIGGER changed_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION {function};
    """


def unwatch(table: str) -> str:
    return "".join(f"DROP TRIGGER changed_{what} ON {table};" for what in ("insert", "update", "delete"))


ORDERS = """
CREATE TRIGGER changed_delete AFTER DELETE ON events_order REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('order');
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0004_bookings_and_measurements")]

    operations = [
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(fields=["occurred_at"], include=("namespace", "order_number"), name="refund_moment"),
        ),
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION hutong_changed_by_line, hutong_changed_by_refund"),
        migrations.RunSQL(watch("events_orderline", "hutong_changed_by_line()"), unwatch("events_orderline")),
        migrations.RunSQL(watch("events_refund", "hutong_changed_by_refund()"), unwatch("events_refund")),
        migrations.RunSQL(ORDERS, "DROP TRIGGER changed_delete ON events_order"),
    ]
