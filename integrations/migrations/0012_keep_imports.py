from django.db import migrations

from crm_project.db.clock import Now


def keep(apps, _schema_editor):
    """Their term needs nobody's word: there are none yet."""
    for kind in ("imports", "imported_rows", "reconciled_days"):
        apps.get_model("customers", "Retention").objects.get_or_create(
            kind=kind, defaults={"due_at": Now(), "agreed_at": Now()}
        )


class Migration(migrations.Migration):

    dependencies = [
        ("integrations", "0011_reconciliation"),
        ("customers", "0042_margin_and_touch"),
    ]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
