"""What our pages say in one way: money, pages of rows, figures that a test can read."""

import json
import secrets
from datetime import timedelta

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from crm_project.guides import places

register = template.Library()
# the hidden field of a form that makes one thing, however often it is sent
# (crm_project/admin/once.py)
ONCE = "_token"


@register.filter
def yuan(fen) -> str:
    """Fen as people write money: ¥12.34."""
    if fen is None or fen == "":
        return "–"
    whole, part = divmod(abs(int(fen)), 100)
    return f"{'-' if fen < 0 else ''}¥{whole:,}.{part:02d}"


@register.filter
def unlocalized(number) -> str:
    """A number as SVG wants it, whatever the language."""
    return f"{number:g}"


@register.filter
def page_of(row) -> str:
    """Where the row is looked at: a page of ours where it has one, else the admin's."""
    return (
        row.get_absolute_url()
        if hasattr(row, "get_absolute_url")
        else reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    )


@register.filter
def ago(moment, now) -> str:
    """How long before `now`, in one unit: people skim it."""
    return (
        _("just now")
        if now - moment < timedelta(minutes=1)
        else _("%(span)s ago") % {"span": timesince(moment, now, depth=1)}
    )


@register.simple_tag
def bulk_url(cl) -> str:
    """Where all rows of this list, as it is filtered, are worked through."""
    query = cl.get_query_string({"_list": cl.opts.label_lower}, remove=["p", "o", "e", "all"])
    return f"{reverse('admin:bulk_begin')}{query}"


@register.simple_tag(takes_context=True)
def guide_url(context) -> str:
    """The part of a guide that explains this page."""
    match = context["request"].resolver_match
    guide, heading = places.of(match.view_name if match else "")
    return reverse("admin:guide", args=[guide]) + (f"#{heading}" if heading else "")


@register.filter
def pretty_json(value) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, cls=DjangoJSONEncoder)


@register.simple_tag
def figure(name: str, value, text=None):
    """A number that people and tests read: <span data-figure data-value>."""
    return format_html(
        '<span data-figure="{}" data-value="{}">{}</span>',
        name,
        value,
        f"{value:,}" if text is None else text,
    )


def new_token() -> str:
    return secrets.token_urlsafe(18)


@register.simple_tag
def form_token():
    """For this form alone: a page with several forms has as many tokens."""
    return format_html('<input type="hidden" name="{}" value="{}">', ONCE, new_token())


@register.inclusion_tag("hutong/field.html")
def field(bound):
    widget = bound.field.widget
    return {
        "field": bound,
        "is_switch": (
            getattr(widget, "input_type", "") == "checkbox" and not hasattr(widget, "choices")
        ),
    }


@register.simple_tag
def act_url(row, act) -> str:
    return reverse(
        f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=[row.pk, act.name]
    )


@register.simple_tag
def shown_if(form, name: str):
    """An attribute for static/hutong/hutong.js, where the form says that a field matters only for
    one choice of another: {"n": "window=last"}.

    "window!=ever" is the opposite; several rules, of which one is enough, are joined by ";".
    """
    rules = [
        f"{form.prefix}-{rule}" if form.prefix else rule
        for rule in getattr(form, "shown_if", {}).get(name, "").split(";")
        if rule
    ]
    return format_html(' data-shown-if="{}"', ";".join(rules)) if rules else ""
