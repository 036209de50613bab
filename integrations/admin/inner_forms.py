"""A form inside a form: the fields of a vendor's or a format's own form among those of the row that
stores what it says, sealed.

A secret that is known is never shown: its field is empty, and left empty it stays.
"""

from collections.abc import Mapping
from copy import deepcopy

from django import forms
from django.forms.forms import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from crm_project.admin.themed_forms import apply_theme
from integrations.connections.vendors import SecretField


def fields_of(form: type[forms.Form], prefix: str, *, required: bool = True) -> dict:
    """Its fields, in the theme, by the names that they have in the form around it. `required`:
    whether the browser may insist on them."""
    found = {}
    for name, field in form.base_fields.items():
        found[prefix + name] = mine = deepcopy(field)
        mine.required = mine.required and required
        apply_theme(mine.widget)
    return found


def begin(around: forms.ModelForm, form: type[forms.Form], prefix: str, stored: Mapping) -> None:
    """The fields begin with what is stored, but for the secrets."""
    for name in form.base_fields:
        field = around.fields[prefix + name]
        if not isinstance(field, SecretField):
            around.initial.setdefault(prefix + name, stored.get(name, field.initial))
        elif stored.get(name):
            field.required = False
            field.help_text = _("It is kept and not shown. Empty: unchanged.")


def cleaned(
    around: forms.ModelForm, form: type[forms.Form], prefix: str, stored: Mapping
) -> dict | None:
    """What the inner form makes of the fields together; None where it has errors, which stand at
    the fields. What is stored and is no field of it stays."""
    inner = form(typed(around, form, prefix, stored))
    for name, errors in inner.errors.items():
        place = None if name == NON_FIELD_ERRORS else prefix + name
        if place not in around.errors:
            around.add_error(place, errors)
    if inner.errors:
        return None
    beside = {name: value for name, value in stored.items() if name not in form.base_fields}
    return {**beside, **inner.cleaned_data}


def typed(around: forms.ModelForm, form: type[forms.Form], prefix: str, stored: Mapping) -> dict:
    """What came for the inner fields, and the secrets that were left as they are."""
    found = {}
    for name in form.base_fields:
        field, where = around.fields[prefix + name], around.add_prefix(prefix + name)
        value = field.widget.value_from_datadict(around.data, around.files, where)
        is_left = isinstance(field, SecretField) and not value
        found[name] = stored.get(name, "") if is_left else value
    return found
