"""Two people with the same form open: the second one who saves is told what the first one made of
it, and loses nothing.

A form carries a stamp of what it was opened with, a short hash per field. It is compared with the
row as it stands when the form comes back, under the row's lock; what somebody else changed
meanwhile is said, theirs and yours, and saving again is saving knowingly.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connection, models, transaction
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

NAME = "_revision"  # of the hidden field


def names_of(
    form_class: type[forms.BaseForm], model: type[models.Model], beside: tuple[str, ...] = ()
) -> list[str]:
    """The fields of the row that a form of this class changes, and those that are changed beside
    it."""
    typed = [name for name, field in form_class.base_fields.items() if not field.disabled]
    return [name for name in (*typed, *beside) if field_of(model, name) is not None]


def field_of(model: type[models.Model], name: str):
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if hasattr(field, "value_from_object") else None


def stamp(row: models.Model, names: list[str]) -> str:
    """What these fields of the row say now."""
    return " ".join(f"{name}:{hashed(row, name)}" for name in names)


def hashed(row: models.Model, name: str) -> str:
    value = field_of(type(row), name).value_from_object(row)
    if isinstance(value, list) and all(isinstance(one, models.Model) for one in value):
        value = sorted(one.pk for one in value)
    return hash_of(name, value)


def hash_of(name: str, value) -> str:
    said = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(f"{name}\0{said}".encode()).hexdigest()[:12]


def changed_meanwhile(row: models.Model, posted: str) -> list[str]:
    """The fields that say something else than when the form was opened."""
    return [
        name
        for name, known in opened_with(posted)
        if field_of(type(row), name) is not None and hashed(row, name) != known
    ]


def opened_with(posted: str) -> list[tuple[str, str]]:
    """The fields of a stamp that came back, each with its hash."""
    return [one.partition(":")[::2] for one in posted.split()][:200]


def in_words(row: models.Model, name: str) -> str:
    field = field_of(type(row), name)
    if field.many_to_many:
        return ", ".join(sorted(map(str, getattr(row, name).all()))) or "–"
    if field.is_relation:
        return str(getattr(row, name) or "–")
    value = getattr(row, name)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return value_in_words(value)


def value_in_words(value) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, models.QuerySet | list | tuple) and not isinstance(value, str):
        said = list(map(str, value))
        return (
            ", ".join(said if all(isinstance(one, int) for one in value) else sorted(said)) or "–"
        )
    if hasattr(value, "utcoffset"):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return str(value)


def typed_in_words(form: forms.BaseForm, name: str) -> str:
    """What stands in the field as it was sent."""
    value = form.cleaned_data.get(name, form[name].value()) if name in form.fields else None
    field = form.fields.get(name)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return str(dict(flat(field.choices)).get(value, value))
    return value_in_words(value)


def flat(choices):
    for value, label in choices:
        yield from (flat(label) if isinstance(label, list | tuple) else [(value, label)])


def conflict(told: list[tuple[str, str, str]]) -> ValidationError:
    """`told` are (label, theirs, yours) of each field."""
    lines = format_html_join(
        "",
        "<li><b>{}</b> – {}: {} – {}: {}</li>",
        ((label, _("now"), theirs, _("yours"), yours) for label, theirs, yours in told),
    )
    words = _(
        "Somebody else has saved this meanwhile. What you typed stands below and is not saved yet;"
        " save again, and yours takes the place of theirs."
    )
    return ValidationError(
        format_html('{}<ul class="ht-list" data-conflict>{}</ul>', words, lines), code="conflict"
    )


class Revised:
    """For a model form of the admin; `model_admin` says what is changed beside its fields, and how
    that reads."""

    model_admin = None

    def _post_clean(self):
        super()._post_clean()
        posted = self.data.get(NAME, "")
        if not (posted and self.instance.pk):
            return
        # Whoever saves at this moment is waited for.
        row = (
            type(self.instance)
            ._base_manager.select_for_update(no_key=True)
            .filter(pk=self.instance.pk)
            .first()
        )
        if row is None:
            return
        told = [
            (self.label_of(name), theirs, yours)
            for name in changed_meanwhile(row, posted)
            if (theirs := self.model_admin.in_words(row, name))
            != (yours := self.model_admin.typed_in_words(self, name))
        ]
        if told:
            self.add_error(None, conflict(told))

    def label_of(self, name: str) -> str:
        field = self.fields.get(name)
        return str((field and field.label) or self.instance._meta.get_field(name).verbose_name)


class RevisedSettings:
    """For a form of settings that is no model's own: what its fields begin with (`initial`) is what
    is stored now.

    Its page holds `revision` in the hidden field NAME, and takes the post inside `one_at_a_time`,
    before it reads what is stored.
    """

    @property
    def revision(self) -> str:
        return " ".join(f"{name}:{hash_of(name, self.stored(name))}" for name in self.fields)

    def stored(self, name: str):
        return self.get_initial_for_field(self.fields[name], name)

    def is_said(self, name: str) -> bool:
        """False where no person has said what is stored in this field."""
        return True

    def _post_clean(self):
        super()._post_clean()
        told = [
            (str(self.fields[name].label), theirs, yours)
            for name, known in opened_with(self.data.get(NAME, ""))
            if name in self.fields
            and self.is_said(name)
            and hash_of(name, self.stored(name)) != known
            if (theirs := self.shown(name, self.stored(name)))
            != (yours := self.shown(name, self.typed(name)))
        ]
        if told:
            self.add_error(None, conflict(told))

    def typed(self, name: str):
        return self.cleaned_data.get(name, self[name].value())

    def shown(self, name: str, value) -> str:
        """A value of this field, in words."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField) and not isinstance(value, list):
            return str(
                {str(key): label for key, label in flat(field.choices)}.get(str(value), value)
            )
        return value_in_words(field.prepare_value(value))


@contextmanager
def one_at_a_time(page: str) -> Iterator[None]:
    """Whoever saves the settings of this page at the same moment is waited for."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('settings'), hashtext(%s))", [page]
            )
        yield
