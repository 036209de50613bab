"""Form fields about events: a name that has been seen, the shop that a number is of, filters on
properties."""

import json

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Namespace
from customers.pickers import Picker, offered

MOST_FILTERS = 5
ABOUT = ("event",)
UNSEEN = gettext_lazy(
    "No event of this name has come in so far. Look whether it is spelled as the source sends it."
)


class EventNameField(forms.CharField):
    """Offers the names seen so far; one that has not been seen may be asked for too, and the page
    says so."""

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 200, "widget": Picker("event", unseen=UNSEEN), **kwargs})


class ShopSelect(forms.Select):
    """Not shown where there is one shop only, unless the rule names one."""

    @property
    def is_hidden(self) -> bool:
        return len(list(self.choices)) <= 2

    def render(self, name, value, attrs=None, renderer=None):
        return (forms.HiddenInput() if self.is_hidden else super()).render(
            name, value, attrs, renderer
        )


class ShopField(forms.ModelChoiceField):
    """The namespace whose product, booking … is meant: two shops may number theirs alike."""

    def __init__(self, **kwargs):
        whole = {
            "queryset": Namespace.objects.order_by("pk"),
            "label": gettext_lazy("of the shop"),
            "required": False,
        }
        super().__init__(
            **{**whole, "empty_label": gettext_lazy("any shop"), "widget": ShopSelect, **kwargs}
        )


class FiltersInput(forms.Widget):
    """Rows of property, comparison, value about the event of the neighbouring field; stored JSON (a
    list) is taken as it is."""

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
        blank = [["", "is", ""]] * max(1, MOST_FILTERS - len(filters))
        lines = format_html_join("", "{}", [(self.line(name, one),) for one in [*filters, *blank]])
        return format_html(
            '<ht-filters class="ht-filters" add="{}">{}</ht-filters>', _("property"), lines
        )

    def listed(self, value) -> list:
        try:
            value = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            value = None
        return (
            [one for one in value if isinstance(one, list) and len(one) > 1]
            if isinstance(value, list)
            else []
        )

    def line(self, name: str, one: list):
        look = {"class": self.attrs.get("class", "")}
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            [
                (key, " selected" if key == one[1] else "", label)
                for key, label in self.operators.items()
            ],
        )
        return format_html(
            '<div class="ht-filter">{}<select{}>{}</select>{}</div>',
            offered(
                self.entry(name, "property", one[0], _("property")),
                "event_property",
                ABOUT,
                said=one[0],
            ),
            flatatt({**look, "name": f"{name}-op", "aria-label": _("comparison")}),
            options,
            offered(
                self.entry(name, "value", one[2] if len(one) > 2 else "", _("value")),
                "event_value",
                (*ABOUT, "property"),
            ),
        )

    def entry(self, name: str, part: str, value, label: str):
        look = {
            "class": self.attrs.get("class", ""),
            "autocomplete": "off",
            "placeholder": label,
            "aria-label": label,
        }
        return format_html("<input{}>", flatatt({**look, "name": f"{name}-{part}", "value": value}))


def row(name: str, op: str, value: str) -> list:
    return (
        [name.strip(), op] if op in ("exists", "not_exists") else [name.strip(), op, value.strip()]
    )
