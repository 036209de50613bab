"""Plain Django forms in the theme's clothes: the registries' forms know nothing of the admin."""

from django import forms
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    RADIO_CLASSES,
    SELECT_CLASSES,
    TEXTAREA_CLASSES,
)

CLASSES = (
    (forms.CheckboxSelectMultiple, CHECKBOX_CLASSES),
    (forms.RadioSelect, RADIO_CLASSES),
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.SelectMultiple, INPUT_CLASSES),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (forms.widgets.Input, INPUT_CLASSES),
)


def themed(form: forms.BaseForm) -> forms.BaseForm:
    """The same form, its widgets looking like the admin's."""
    for field in form.fields.values():
        apply_theme(field.widget)
    return form


def apply_theme(widget: forms.Widget) -> None:
    if isinstance(widget, forms.MultiWidget):
        for part in widget.widgets:
            apply_theme(part)
        return
    if getattr(widget, "is_hidden", False) or "ht-themed" in widget.attrs.get("class", ""):
        return
    classes = next((classes for kind, classes in CLASSES if isinstance(widget, kind)), ())
    widget.attrs["class"] = " ".join([widget.attrs.get("class", ""), "ht-themed", *classes]).strip()
    if (
        isinstance(widget, forms.Textarea) and widget.attrs.get("rows") == "10"
    ):  # Django's own, where the form said nothing
        widget.attrs["rows"] = 4
    if type(widget) is forms.Select:
        widget.template_name = "unfold/widgets/select.html"
    if isinstance(
        widget, forms.RadioSelect | forms.CheckboxSelectMultiple
    ):  # elsewhere the box around them gets the class of each
        widget.template_name, widget.option_template_name = (
            "unfold/widgets/radio.html",
            "unfold/widgets/radio_option.html",
        )


class Form(forms.Form):
    """A form of a page of our own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        themed(self)
