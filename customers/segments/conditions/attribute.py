"""Attribute: what a customer is like."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.bounds import number_in
from crm_project.templatetags.hutong import page_of
from customers.attributes.values import value_of
from customers.attributes.words import attribute
from customers.models import AttributeChange
from customers.pickers import LinesPicker, Picker
from customers.privacy.personal import attribute_digest, is_personal_key
from customers.privacy.sealing import digest
from customers.segments.conditions.base import Condition, Evidence, Rows

OPERATORS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "one_of": gettext_lazy("is one of"),
    "none_of": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "starts_with": gettext_lazy("starts with"),
    ">": gettext_lazy("is more than"),
    ">=": gettext_lazy("is at least"),
    "<": gettext_lazy("is less than"),
    "<=": gettext_lazy("is at most"),
    "between": gettext_lazy("is between"),
    "includes": gettext_lazy("(list) includes"),
    "exists": gettext_lazy("is known"),
    "not_exists": gettext_lazy("is not known"),
}
NEGATIVE = {
    "is_not": "is",
    "none_of": "one_of",
    "not_exists": "exists",
}  # these take in whoever lacks the attribute
FOR_SEALED = frozenset({"is", "is_not", "one_of", "none_of", "exists", "not_exists"})
WITHOUT_VALUE = frozenset({"exists", "not_exists"})
NUMERIC = frozenset({">", ">=", "<", "<=", "between"})
COLUMNS = frozenset(
    {"key", "value", "sealed", "digest"}
)  # the same for all conditions on attributes, so that one copy serves them

TEXT = "(value #>> '{}')"
# Text digits compare as numbers; anything else is no match, never an error.
NUMBER = (
    f"CASE WHEN jsonb_typeof(value) IN ('number', 'string') AND {TEXT} ~"
    f" '^-?[0-9]{{1,30}}([.][0-9]{{1,30}})?$' THEN {TEXT}::numeric END"
)
PREDICATES = {
    "exists": "(value IS NOT NULL OR sealed IS NOT NULL)",
    "one_of": (
        f"(({TEXT} = ANY(%(values)s) AND jsonb_typeof(value) <> 'array') OR digest ="
        f" ANY(%(digests)s) OR {NUMBER} = ANY(%(numbers)s))"
    ),
    "contains": f"strpos(lower({TEXT}), lower(%(value)s)) > 0 AND jsonb_typeof(value) = 'string'",
    "starts_with": f"starts_with({TEXT}, %(value)s) AND jsonb_typeof(value) = 'string'",
    "includes": "jsonb_typeof(value) = 'array' AND value ? %(value)s",
    "between": f"{NUMBER} BETWEEN %(number)s AND %(number_to)s",
    **{op: f"{NUMBER} {op} %(number)s" for op in (">", ">=", "<", "<=")},
}
PREDICATES["is"] = PREDICATES["one_of"]


def compared_with(key: str, values: list[str]) -> dict:
    """The parameters of PREDICATES for the attribute `key`."""
    return {
        "key": key,
        "value": values[0] if values else "",
        "values": values,
        # The second is of what was stored before there was one spelling (`manage.py normalise`).
        "digests": [
            one for v in values for one in (attribute_digest(key, v), digest(f"attribute:{key}", v))
        ],
        "numbers": [n for v in values if (n := number_in(v)) is not None],
        "number": number_in(values[0]) if values else None,
    }


def stated(customer, key: str) -> list[Evidence]:
    """What the attribute is now, and the statement that made it so."""
    found = customer.attributes.filter(key=key).exclude(value__isnull=True, sealed__isnull=True)
    changes = AttributeChange.objects.filter(customer=customer, key=key).order_by(
        "-occurred_at", "-pk"
    )
    return [
        Evidence(
            f"{attribute(one.key)}: {value_of(one)}",
            one.occurred_at,
            page_of(change) if (change := changes.first()) else "",
        )
        for one in found
    ]


class Attribute(Condition):
    key, label, reads = "attribute", gettext_lazy("Attribute"), frozenset({"attribute"})
    permission = "customers.view_customer"
    help = gettext_lazy(
        "What is known of a customer: level, city, points and whatever else comes in."
    )

    attribute = forms.CharField(
        label=gettext_lazy("attribute"), max_length=100, widget=Picker("attribute")
    )
    operator = forms.ChoiceField(label=gettext_lazy("comparison"), choices=list(OPERATORS.items()))
    value = forms.CharField(
        label=gettext_lazy("value"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Several values: one per line."),
        widget=LinesPicker("attribute_value", ("attribute",)),
    )
    value_to = forms.CharField(
        label=gettext_lazy("and"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Both ends count."),
    )

    shown_if = {"value": "operator!=exists|not_exists", "value_to": "operator=between"}

    def clean(self):
        data = super().clean()
        op, value = data.get("operator"), data.get("value", "")
        if op not in WITHOUT_VALUE and not value:
            raise ValidationError({"value": _("Give a value.")})
        first, last = number_in(value), number_in(data.get("value_to", ""))
        if op in NUMERIC and first is None:
            raise ValidationError({"value": _("Give a number.")})
        if op == "between" and last is None:
            raise ValidationError({"value_to": _("Give a number.")})
        if op == "between" and first is not None and last is not None and first > last:
            raise ValidationError({"value_to": _("The end lies before the beginning.")})
        if is_personal_key(data.get("attribute", "")) and op not in FOR_SEALED:
            raise ValidationError(
                {"operator": _("This attribute is encrypted: it can only be compared as a whole.")}
            )
        return data

    def values(self) -> list[str]:
        text = self.cleaned_data["value"]
        return (
            [line.strip() for line in text.splitlines() if line.strip()]
            if self.cleaned_data["operator"] in ("one_of", "none_of")
            else [text]
        )

    def rows(self, now):
        return Rows(
            "customers_customerattribute",
            COLUMNS,
            "key",
            frozenset({self.cleaned_data["attribute"]}),
        )

    def customers(self, *, now, among):
        op, values = self.cleaned_data["operator"], self.values()
        key = self.cleaned_data["attribute"]
        found = self.asked(
            "SELECT customer_id FROM customers_customerattribute WHERE key = %(key)s AND"  # noqa: S608
            f" {PREDICATES[NEGATIVE.get(op, op)]} {{among}}",
            {**compared_with(key, values), "number_to": number_in(self.cleaned_data["value_to"])},
            now=now,
            among=among,
        )
        return among - found if op in NEGATIVE else found

    def evidence(self, customer, *, now):
        return stated(customer, self.cleaned_data["attribute"])

    def sentence(self):
        words = {
            "attribute": attribute(self.cleaned_data["attribute"]),
            "operator": OPERATORS[self.cleaned_data["operator"]],
        }
        if self.cleaned_data["operator"] in WITHOUT_VALUE:
            return _("%(attribute)s %(operator)s") % words
        if self.cleaned_data["operator"] == "between":
            bounds = {"first": self.cleaned_data["value"], "last": self.cleaned_data["value_to"]}
            return _("%(attribute)s is between %(first)s and %(last)s") % {**words, **bounds}
        return _("%(attribute)s %(operator)s “%(value)s”") % {
            **words,
            "value": ", ".join(self.values()),
        }
