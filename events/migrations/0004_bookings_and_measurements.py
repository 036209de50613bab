"""Bookings and measurements; every write to them names the customers concerned (decision 8)."""

import django.db.models.deletion
from django.db import migrations, models


def watch(table: str, what: str) -> migrations.RunSQL:
    sql = f"""
    CREATE TRIGGER changed_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('{what}');
    CREATE TRIGGER changed_update AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed_rows OLD TABLE AS rows_before
      FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed_both('{what}');
    CREATE TRIGGER changed_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS changed_rows
      FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('{what}');
    """
    return migrations.RunSQL(sql, migrations.RunSQL.noop)  # the triggers go with their tables


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_requests_per_second"),
        ("events", "0003_schema"),
    ]

    operations = [
        migrations.AlterField(
            model_name="product",
            name="kind",
            field=models.CharField(
                choices=[("product", "product"), ("course", "course"), ("doctor", "doctor"), ("service", "service")],
                default="product",
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=100, verbose_name="number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("booked", "booked"),
                            ("rescheduled", "rescheduled"),
                            ("confirmed", "confirmed"),
                            ("cancelled", "cancelled"),
                            ("no_show", "no-show"),
                            ("attended", "attended"),
                        ],
                        max_length=11,
                        verbose_name="status",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("appointment", "appointment"), ("class", "class"), ("enrolment", "enrolment"), ("service", "service")],
                        max_length=11,
                        verbose_name="kind",
                    ),
                ),
                ("version", models.BigIntegerField(null=True, verbose_name="version")),
                ("occurred_at", models.DateTimeField(verbose_name="state as of")),
                ("starts_at", models.DateTimeField(verbose_name="starts")),
                ("ends_at", models.DateTimeField(null=True, verbose_name="ends")),
                ("product_id", models.CharField(blank=True, default="", max_length=128, verbose_name="product id")),
                ("name", models.CharField(blank=True, default="", max_length=200, verbose_name="what")),
                ("category", models.CharField(blank=True, default="", max_length=200, verbose_name="category")),
                ("place", models.CharField(blank=True, default="", max_length=200, verbose_name="place")),
                (
                    "resource",
                    models.CharField(
                        blank=True, default="", help_text="the teacher, the doctor, the room", max_length=200, verbose_name="with"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer", verbose_name="customer"
                    ),
                ),
                (
                    "namespace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.namespace", verbose_name="namespace"
                    ),
                ),
                (
                    "origin_customer",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.source", verbose_name="source"
                    ),
                ),
            ],
            options={
                "verbose_name": "booking",
                "verbose_name_plural": "bookings",
                "indexes": [
                    models.Index(fields=["customer", "starts_at"], include=("status", "kind", "product_id"), name="booking_customer"),
                    models.Index(fields=["starts_at", "customer"], include=("status", "kind", "product_id"), name="booking_start"),
                    models.Index(fields=["product_id", "starts_at"], include=("customer", "status"), name="booking_product"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("namespace", "number"), name="booking_is_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at", None), ("ends_at__gte", models.F("starts_at")), _connector="OR"),
                        name="booking_ends_after_its_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=128, verbose_name="number")),
                ("kind", models.CharField(max_length=60, verbose_name="kind")),
                ("value", models.FloatField(null=True, verbose_name="value")),
                ("unit", models.CharField(blank=True, default="", max_length=30, verbose_name="unit")),
                ("text", models.CharField(blank=True, default="", max_length=200, verbose_name="in words")),
                ("product_id", models.CharField(blank=True, default="", max_length=128, verbose_name="product id")),
                ("booking_number", models.CharField(blank=True, default="", max_length=100, verbose_name="booking number")),
                ("occurred_at", models.DateTimeField(verbose_name="measured")),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "namespace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.namespace",
                        verbose_name="namespace",
                    ),
                ),
                (
                    "origin_customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="customers.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "measurement",
                "verbose_name_plural": "measurements",
                "indexes": [
                    models.Index(fields=["customer", "kind", "-occurred_at"], include=("value", "text"), name="measurement_customer"),
                    models.Index(fields=["kind", "occurred_at", "customer"], include=("value", "text"), name="measurement_kind"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("namespace", "number"), name="measurement_is_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("value__isnull", False), models.Q(("text", ""), _negated=True), _connector="OR"),
                        name="measurement_says_something",
                    ),
                ],
            },
        ),
        watch("events_booking", "booking"),
        watch("events_measurement", "measurement"),
    ]
