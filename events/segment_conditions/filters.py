"""Filters on the properties of events: a form field, SQL, words."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.bounds import number_in
from customers.privacy.personal import SEALED, is_personal_path, kind_of, property_digest
from events import words as said
from events.fields import MOST_FILTERS, FiltersInput

FILTER_OPERATORS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    ">": ">",
    ">=": "≥",
    "<": "<",
    "<=": "≤",
    "exists": gettext_lazy("is known"),
    "not_exists": gettext_lazy("is not known"),
}
PROPERTY = "(properties #>> %({n}_path)s)"
# Numbers are spared the pattern, which costs more than the rest of the row.
NUMERIC = (
    f"CASE WHEN jsonb_typeof(properties #> %({{n}}_path)s) = 'number' OR {PROPERTY} ~"
    f" '^-?[0-9]{{{{1,30}}}}([.][0-9]{{{{1,30}}}})?$' THEN {PROPERTY}::numeric END"
)
# What was taken out because it is personal has left its keyed hash: it can be compared as a whole.
TAKEN = "(properties #>> %({n}_taken)s)"
FILTERS = {
    "is": f"({PROPERTY} = %({{n}}_value)s OR {NUMERIC} = %({{n}}_number)s)",
    "is_not": f"({PROPERTY} IS DISTINCT FROM %({{n}}_value)s)",
    "contains": f"strpos(lower({PROPERTY}), lower(%({{n}}_value)s)) > 0",
    "exists": f"(({PROPERTY} IS NOT NULL AND {PROPERTY} <> '') OR {TAKEN} IS NOT NULL)",
    "not_exists": f"({PROPERTY} IS NULL OR {PROPERTY} = '') AND {TAKEN} IS NULL",
    **{op: f"{NUMERIC} {op} %({{n}}_number)s" for op in (">", ">=", "<", "<=")},
}
OF_PERSONAL = {
    **FILTERS,
    "is": f"({TAKEN} = %({{n}}_digest)s OR {FILTERS['is']})",
    "is_not": f"({TAKEN} IS DISTINCT FROM %({{n}}_digest)s AND {FILTERS['is_not']})",
}
WHOLE = frozenset({"is", "is_not", "exists", "not_exists"})


class FiltersField(forms.JSONField):
    """Filters on properties: a list of [property, operator, value]; a dot in a property leads into
    an object."""

    def __init__(self, **kwargs):
        super().__init__(
            **{
                "required": False,
                "label": gettext_lazy("with properties"),
                "widget": FiltersInput(FILTER_OPERATORS),
                **kwargs,
            }
        )

    def bound_data(self, data, initial):
        return data if isinstance(data, list) else super().bound_data(data, initial)

    def to_python(self, value):
        return value if isinstance(value, list) else super().to_python(value)

    def clean(self, value):
        filters = super().clean(value) or []
        if not isinstance(filters, list) or len(filters) > MOST_FILTERS:
            raise ValidationError(
                _("At most %(n)d filters, each a property, a comparison and a value.")
                % {"n": MOST_FILTERS}
            )
        for one in filters:
            self.check(one)
        return filters

    def check(self, one) -> None:
        if (
            not isinstance(one, list)
            or len(one) not in (2, 3)
            or not isinstance(one[0], str)
            or not 0 < len(one[0]) <= 200
            or not isinstance(one[1], str)
            or one[1] not in FILTER_OPERATORS
            or any("\x00" in str(text) for text in one)
        ):
            raise ValidationError(_("A filter is a property, a comparison and a value."))
        if one[1] not in WHOLE and is_personal_path(one[0]):
            raise ValidationError(
                _("“%(name)s” is encrypted: it can only be compared as a whole.") % {"name": one[0]}
            )
        if one[1] in (">", ">=", "<", "<=") and number_in(one[2] if len(one) == 3 else "") is None:
            raise ValidationError(_("“%(name)s” is compared with a number.") % {"name": one[0]})


def where(filters: list, prefix: str = "w") -> tuple[str, dict]:
    """The filters as SQL on a table's `properties`, and its parameters."""
    sql, params = "", {}
    for index, (name, op, *value) in enumerate(filters):
        n = f"{prefix}{index}"
        text = value[0] if value else ""
        text = str(text).lower() if isinstance(text, bool) else str(text)
        is_personal = is_personal_path(name) or kind_of(name.rpartition(".")[2], text) is not None
        sql += " AND " + (OF_PERSONAL if is_personal else FILTERS)[op].format(n=n)
        params |= {f"{n}_path": name.split("."), f"{n}_value": text, f"{n}_number": number_in(text)}
        params |= {
            f"{n}_taken": [SEALED, name],
            f"{n}_digest": property_digest(name, text) if is_personal else "",
        }
    return sql, params


def numeric(name: str, n: str) -> tuple[str, dict]:
    """A property as a number, NULL where it is none, as SQL and its parameters."""
    return NUMERIC.format(n=n), {f"{n}_path": name.split(".")}


def where_words(filters: list) -> str:
    return ", ".join(
        " ".join(
            [
                said.prop(name),
                str(FILTER_OPERATORS[op]),
                *[f"“{said.value(name, v)}”" for v in value],
            ]
        )
        for name, op, *value in filters
    )


def filtered(text: str, filters: list) -> str:
    """The sentence, with its filters where there are any."""
    return text + (_(" where %(filters)s") % {"filters": where_words(filters)} if filters else "")
