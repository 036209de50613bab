"""Rows that are kept as text ("journey:7"), by the name they have now: a link to their page."""

from collections import defaultdict

from django.apps import apps
from django.db.models import Model
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.text import capfirst

from crm_project.bounds import whole_in
from crm_project.templatetags.hutong import page_of

PEOPLE = frozenset(
    {"customer", "user"}
)  # whoever may read that something was done need not read to whom


def kinds() -> dict[str, type[Model]]:
    return {model._meta.model_name: model for model in apps.get_models()}


def in_words(subjects) -> dict[str, str]:
    """Each subject as a person reads it; what is gone, or was never a row, as it is kept."""
    wanted, models, found = defaultdict(set), kinds(), {}
    for subject in set(subjects):
        kind, _colon, number = subject.partition(":")
        if kind in models and (pk := whole_in(number)) is not None:
            wanted[kind].add(pk)
    for kind, pks in wanted.items():
        model = models[kind]
        for row in model._base_manager.filter(pk__in=pks):
            name = f"#{row.pk}" if kind in PEOPLE else str(row)
            label = f"{capfirst(model._meta.verbose_name)} {name}"
            url = page_or_nothing(row)
            found[f"{kind}:{row.pk}"] = (
                format_html('<a class="ht-link" href="{}">{}</a>', url, label) if url else label
            )
    return found


def page_or_nothing(row: Model) -> str:
    try:
        return page_of(row)
    except NoReverseMatch:
        return ""


class NamesSubjects:
    """For the admin of rows with a `subject`."""

    def enrich(self, rows):
        super().enrich(rows)
        words = in_words(row.subject for row in rows)
        for row in rows:
            row.subject_words = words.get(row.subject, row.subject)

    def get_object(self, request, object_id, from_field=None):
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.enrich([found])
        return found
