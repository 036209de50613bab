"""Yuan in forms, fen in rows."""

from decimal import Decimal

from django import forms
from django.db import models
from unfold.widgets import UnfoldAdminDecimalFieldWidget


class YuanField(forms.DecimalField):
    """A number of yuan with two decimals whose value is an integer of fen. The label says 元."""

    def __init__(self, **kwargs):
        kwargs.setdefault(
            "widget", UnfoldAdminDecimalFieldWidget(attrs={"step": "0.01", "inputmode": "decimal"})
        )
        super().__init__(
            **{"max_digits": 12, "decimal_places": 2, "min_value": Decimal("0.00"), **kwargs}
        )

    def clean(self, value):
        yuan = super().clean(value)
        return None if yuan is None else int(yuan * 100)

    def prepare_value(self, value):
        """A stored number of fen as yuan; what was typed stays as it was typed."""
        if isinstance(value, int) and not isinstance(value, bool):
            yuan = Decimal(value) / 100
            return f"{yuan:.2f}".removesuffix(".00")
        return value

    def has_changed(self, initial, data):
        return super().has_changed(None if initial is None else Decimal(initial) / 100, data)


def yuan_field(db_field: models.Field, label, **kwargs) -> YuanField:
    return YuanField(
        label=label,
        required=not (db_field.blank or db_field.has_default()),
        help_text=db_field.help_text,
        **kwargs,
    )
