"""The text of a short message, with the templates that it can be begun with."""

from django import forms

from integrations.sms import accounts, matching


class TextWithTemplates(forms.Textarea):
    template_name = "sms/text.html"

    def __init__(self, attrs=None):
        super().__init__({"rows": 4, **(attrs or {})})

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        known = accounts.active()
        context["widget"]["groups"] = [
            {"account": one, "templates": [offered(row) for row in one.templates if is_usable(row)]}
            for one in known
            if one.vendor.has_templates
        ]
        context["widget"]["is_free"] = any(not one.vendor.has_templates for one in known)
        context["widget"]["is_connected"] = bool(known)
        return context


def is_usable(row) -> bool:
    return row.review == row.Review.PASSED


def offered(row) -> dict:
    return {
        "row": row,
        "kind": row.get_kind_display(),
        "variables": ", ".join(matching.variables(row.text)),
    }
