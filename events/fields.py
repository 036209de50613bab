"""Form fields about events: a name that has been seen, filters on properties."""

import json

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from events.models import EventName

MOST_NAMES = 500


class EventNameInput(forms.TextInput):
    """Offers the names seen so far while somebody types; one that has not been seen may be asked for too."""

    def render(self, name, value, attrs=None, renderer=None):
        ident = f"{name}-names"
        written = super().render(name, value, {**(attrs or {}), "list": ident, "autocomplete": "off"}, renderer)
        known = EventName.objects.order_by("name").values_list("name")[:MOST_NAMES]
        return written + format_html('<datalist id="{}">{}</datalist>', ident, format_html_join("", '<option value="{}"></option>', known))


class EventNameField(forms.CharField):
    widget = EventNameInput

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 200, **kwargs})


class FiltersInput(forms.Widget):
    """Rows of property, comparison, value; stored JSON (a list) is taken as it is."""

    rows = 3

    def __init__(self, operators: dict, attrs=None):
        super().__init__(attrs)
        self.operators = operators

    def value_from_datadict(self, data, files, name):
        if name in data or not hasattr(data, "getlist"):
            return data.get(name)
        columns = (data.getlist(f"{name}-{column}") for column in ("property", "op", "value"))
        return [row(*parts) for parts in zip(*columns, strict=False) if parts[0].strip()]

    def value_omitted_from_data(self, data, files, name):
        return name not in data and f"{name}-property" not in data

    def render(self, name, value, attrs=None, renderer=None):
        filters = self.listed(value)
        blank = [["", "is", ""]] * max(1, self.rows - len(filters))
        return format_html(
            '<div class="ht-filters">{}</div>', format_html_join("", "{}", [(self.line(name, one),) for one in [*filters, *blank]])
        )

    def listed(self, value) -> list:
        try:
            value = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            value = None
        return [one for one in value if isinstance(one, list) and len(one) > 1] if isinstance(value, list) else []

    def line(self, name: str, one: list):
        look = {"class": self.attrs.get("class", "")}
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            [(key, " selected" if key == one[1] else "", label) for key, label in self.operators.items()],
        )
        return format_html(
            '<div class="ht-filter"><input{}><select{}>{}</select><input{}></div>',
            flatatt({**look, "name": f"{name}-property", "value": one[0], "placeholder": _("property"), "aria-label": _("property")}),
            flatatt({**look, "name": f"{name}-op", "aria-label": _("comparison")}),
            options,
            flatatt(
                {
                    **look,
                    "name": f"{name}-value",
                    "value": one[2] if len(one) > 2 else "",
                    "placeholder": _("value"),
                    "aria-label": _("value"),
                }
            ),
        )


def row(name: str, op: str, value: str) -> list:
    return [name.strip(), op] if op in ("exists", "not_exists") else [name.strip(), op, value.strip()]
