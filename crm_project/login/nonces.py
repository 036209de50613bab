"""Scripts that our templates name carry the page's nonce; one that anybody's text smuggles in does
not, and no browser runs it.

The nonce is put in when a template's *source* is read, so it reaches the theme's and Django's own
templates, through their updates, and never a value that is shown in them.
"""

import re

from django import forms, template
from django.template.loaders import app_directories, filesystem
from django.utils.safestring import mark_safe

register = template.Library()

SCRIPT = re.compile(r"<script(?=[\s>])(?![^>]*\snonce=)")
MEDIA = re.compile(r"\{\{\s*((?:\w+\.)?media(?:\.js)?)\s*\}\}")


def with_nonces(source: str) -> str:
    return MEDIA.sub(
        r"{% nonced \1 %}", SCRIPT.sub('<script nonce="{{ request.csp_nonce }}"', source)
    )


class Nonces:
    def get_contents(self, origin):
        contents = super().get_contents(origin)
        return with_nonces(contents) if origin.name.endswith(".html") else contents


class Folders(Nonces, filesystem.Loader):
    pass


class Apps(Nonces, app_directories.Loader):
    pass


@register.simple_tag(takes_context=True)
def nonced(context, media):
    """The scripts and styles of a form or a page: their addresses come from code alone."""
    if not isinstance(media, forms.Media):
        return media
    nonce = getattr(context.get("request"), "csp_nonce", "")
    return mark_safe(str(media).replace("<script ", f'<script nonce="{nonce}" '))
