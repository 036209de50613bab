"""Fields of text that offer what has been seen. Without JavaScript they are plain fields and post the same (static/hutong/pick.js)."""

from django import forms
from django.urls import reverse
from django.utils.html import format_html


class Offering:
    """For a text widget: the suggester's key, and which neighbouring fields its offers depend on."""

    def __init__(self, suggester: str, about: tuple[str, ...] = (), attrs=None):
        super().__init__(attrs)
        self.suggester, self.about = suggester, about

    def render(self, name, value, attrs=None, renderer=None):
        written = super().render(name, value, {"autocomplete": "off", **(attrs or {})}, renderer)
        return offered(written, self.suggester, self.about)


class Picker(Offering, forms.TextInput):
    """One value."""


class LinesPicker(Offering, forms.Textarea):
    """One value, or several, one per line."""

    def __init__(self, suggester: str, about: tuple[str, ...] = (), attrs=None):
        super().__init__(suggester, about, {"rows": 1, **(attrs or {})})


def offered(written: str, suggester: str, about: tuple[str, ...] = ()) -> str:
    """A written field inside the element that offers."""
    return format_html(
        '<ht-pick src="{}" about="{}">{}</ht-pick>', reverse("admin:customers_suggest", args=[suggester]), " ".join(about), written
    )
