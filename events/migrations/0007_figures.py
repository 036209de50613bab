"""Kept figures, and the triggers by which customers and orders say how much they changed."""

from django.db import migrations, models

CUSTOMERS = """
SELECT 'customer' AS name, date_bin('15 minutes', first_seen_at, 'epoch') AS at, 1 AS n, 0 AS fen
  FROM {rows} WHERE merged_into_id IS NULL AND erased_at IS NULL"""
ORDERS = """
SELECT v.name, date_bin('15 minutes', paid_at, 'epoch') AS at, v.n, v.fen FROM {rows}
 CROSS JOIN LATERAL (VALUES ('order', 1, paid_fen), ('order_refunded', (refunded_fen > 0)::int, paid_fen - net_fen), ('order_net', 1, net_fen)) v(name, n, fen)
 WHERE paid_at IS NOT NULL"""


def counted(table, rows, having=""):
    """Insert, update and delete on the table leave by how much its figures changed."""
    add = "INSERT INTO events_figurechange (name, at, n, fen) SELECT name, at, sum(n), sum(fen) FROM"
    new, old = rows.format(rows="new_rows"), rows.format(rows="old_rows")
    gone = f"SELECT name, at, -n AS n, -fen AS fen FROM ({old}) o"
    triggers = "".join(
        f"CREATE TRIGGER figures_{event.lower()} AFTER {event} ON {table} REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {table}_figures();"
        for event, tables in (
            ("INSERT", "NEW TABLE AS new_rows"),
            ("UPDATE", "NEW TABLE AS new_rows OLD TABLE AS old_rows"),
            ("DELETE", "OLD TABLE AS old_rows"),
        )
    )
    make = f"""
    CREATE FUNCTION {table}_figures() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN {add} ({new}) r GROUP BY 1, 2;
      ELSIF TG_OP = 'DELETE' THEN {add} ({gone}) r GROUP BY 1, 2;
      ELSE {add} ({new} UNION ALL {gone}) r GROUP BY 1, 2 {having};
      END IF;
      RETURN NULL;
    END $$;
    {triggers}
    """
    drop = "".join(f"DROP TRIGGER figures_{event} ON {table};" for event in ("insert", "update", "delete"))
    return migrations.RunSQL(make, f"{drop} DROP FUNCTION {table}_figures;")



class Migration(migrations.Migration):

    dependencies = [
        ('events', '0006_settled_marks'),
    ]

    operations = [
        migrations.CreateModel(
            name='FigureChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('n', models.BigIntegerField(default=0)),
                ('fen', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Reach',
            fields=[
                ('step', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('size', models.PositiveIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('zone', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='DayCustomers',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('step', models.CharField(max_length=20)),
                ('members', models.BinaryField()),
                ('size', models.PositiveIntegerField(default=0, help_text='customers as they are joined now')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'step'), name='daycustomers_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='Figure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('n', models.BigIntegerField(default=0)),
                ('fen', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name', 'at'), include=('n', 'fen'), name='figure_is_unique')],
            },
        ),
        counted("customers_customer", CUSTOMERS, "HAVING sum(n) <> 0"),
        # Of orders the touched quarters count too: money that is credited to messages is worked out anew for them.
        counted("events_order", ORDERS),
    ]
