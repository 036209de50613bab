"""Fields of text that offer what has been seen. Without JavaScript they are plain fields and post
the same (static/hutong/pick.js)."""

from django import forms
from django.urls import reverse
from django.utils.html import format_html

from customers.suggestions import suggesters


class Offering:
    """For a text widget: the suggester's key, and which neighbouring fields its offers depend on.

    `unseen`: what is said of a value that is not among the offers, and taken all the same.
    """

    def __init__(self, suggester: str, about: tuple[str, ...] = (), attrs=None, *, unseen=""):
        super().__init__(attrs)
        self.suggester, self.about, self.unseen = suggester, about, unseen

    def render(self, name, value, attrs=None, renderer=None):
        written = super().render(name, value, {"autocomplete": "off", **(attrs or {})}, renderer)
        return offered(written, self.suggester, self.about, self.unseen, said=value)


class Picker(Offering, forms.TextInput):
    """One value."""


class LinesPicker(Offering, forms.Textarea):
    """One value, or several, one per line."""

    def __init__(self, suggester: str, about: tuple[str, ...] = (), attrs=None):
        super().__init__(suggester, about, {"rows": 1, **(attrs or {})})


def offered(
    written: str, suggester: str, about: tuple[str, ...] = (), unseen: str = "", said: object = ""
) -> str:
    """A written field inside the element that offers; below it how its value is called, where that
    is another text."""
    src = reverse("admin:customers_suggest", args=[suggester])
    name = suggesters[suggester].called(said) if isinstance(said, str) and said else ""
    return format_html(
        '<ht-pick src="{}" about="{}" unseen="{}">{}{}</ht-pick>',
        src,
        " ".join(about),
        unseen,
        written,
        format_html('<span class="ht-pick-said">{}</span>', name) if name else "",
    )
