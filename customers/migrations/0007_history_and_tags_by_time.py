"""What conditions ask by time: since when an attribute or a tag. A late statement changes the history and not the current value, so the history is watched too."""

from django.db import migrations, models

WATCH = """
CREATE TRIGGER changed_insert AFTER INSERT ON customers_attributechange REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION hutong_changed('attribute');
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_segment_audit")]

    operations = [
        migrations.AddIndex(
            model_name="attributechange",
            index=models.Index(fields=["key", "occurred_at"], name="attributechange_key"),
        ),
        migrations.AddIndex(
            model_name="customertag",
            index=models.Index(fields=["tag", "since"], name="customertag_since"),
        ),
        migrations.RunSQL(WATCH, "DROP TRIGGER changed_insert ON customers_attributechange;"),
    ]
