"""Columns that many lists share. None of them queries: the list's `list_select_related` brings what
they show."""

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.templatetags.hutong import page_of, yuan

STATE = _("state")


class Colours(dict):
    """State -> the theme's label colour; states without one are grey."""

    def __missing__(self, key):
        return "default"


def money(field: str, label):
    """A column of fen, shown in yuan."""

    @display(description=label, ordering=field)
    def column(self, row):
        fen = getattr(row, field)
        return None if fen is None else yuan(fen)

    return column


def state(colours: dict, field: str = "state", label=STATE):
    """A choice as a coloured label."""
    colours = Colours(colours)

    @display(description=label, ordering=field, label=colours)
    def column(self, row):
        return getattr(row, field), getattr(row, f"get_{field}_display")()

    return column


def link(field: str, label):
    """A related row by its name, leading to its page."""

    @display(description=label, ordering=field)
    def column(self, row):
        related = getattr(row, field)
        return related and linked(related)

    return column


def linked(row):
    return format_html('<a class="ht-link" href="{}">{}</a>', page_of(row), row)
