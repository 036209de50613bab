"""Notes, follow-up tasks; names are found by any character of them, or any two that are neighbours."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

GRAMS = """
CREATE FUNCTION customers_name_grams(name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT array_agg(DISTINCT substr(lower(name), place, size)) FROM generate_series(1, char_length(name)) place, generate_series(1, 2) size
$$;
"""


def customer(name="+", **more):
    return models.ForeignKey("customers.customer", models.PROTECT, related_name=name, **more)


def person(**more):
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, django.db.models.deletion.SET_NULL, null=True, related_name="+", db_index=False, **more
    )


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("customers", "0011_customer_first_seen")]

    operations = [
        migrations.AlterModelOptions(
            name="customer",
            options={
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
                "permissions": [("find_by_last_digits", "Can find customers by the last four digits of a phone")],
            },
        ),
        migrations.RunSQL(GRAMS, "DROP FUNCTION customers_name_grams(text);"),
        migrations.AddIndex(
            model_name="customer",
            index=GinIndex(
                models.Func("name", function="customers_name_grams"), name="customer_name_grams", condition=~models.Q(name="")
            ),
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("customer", customer(verbose_name="customer")),
                ("origin_customer", customer(db_index=False, editable=False)),
                ("text", models.TextField(max_length=4000, verbose_name="note")),
                ("by", person(verbose_name="by")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={"verbose_name": "note", "verbose_name_plural": "notes"},
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("customer", customer(verbose_name="customer")),
                ("origin_customer", customer(db_index=False, editable=False)),
                ("title", models.CharField(max_length=200, verbose_name="what to do")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="due")),
                ("assignee", person(blank=True, verbose_name="who")),
                ("by", person(verbose_name="by")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("done_at", models.DateTimeField(null=True, verbose_name="done")),
                ("done_by", person()),
            ],
            options={
                "verbose_name": "follow-up task",
                "verbose_name_plural": "follow-up tasks",
                "indexes": [
                    models.Index(fields=["assignee", "due_on"], name="followup_open", condition=models.Q(done_at=None)),
                    models.Index(fields=["assignee", "-done_at"], name="followup_done", condition=models.Q(done_at__isnull=False)),
                ],
            },
        ),
    ]
