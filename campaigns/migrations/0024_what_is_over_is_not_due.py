"""The rule of before is looked over without holding anybody up."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0023_fallback_and_waiting")]

    operations = [ValidateConstraint("message", "message_over_is_not_due")]
