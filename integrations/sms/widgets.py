"""The text of a short message, with the templates that it can be begun with."""

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from integrations.sms import accounts
from integrations.sms.accounts import Account


class TextWithTemplates(forms.Textarea):
    def __init__(self, attrs=None):
        super().__init__({"rows": 4, **(attrs or {})})

    def render(self, name, value, attrs=None, renderer=None):
        box = super().render(name, value, attrs, renderer)
        known = accounts.active()
        context = {
            "field_id": (attrs or {}).get("id", ""),
            "groups": [offered(one) for one in known if one.vendor.has_templates],
            "is_free": any(not one.vendor.has_templates for one in known),
            "is_connected": bool(known),
        }
        # Both parts are templates, which escape what they show.
        return mark_safe(box + render_to_string("sms/templates.html", context))


def offered(account: Account) -> dict:
    passed = [row for row in account.templates if row.review == row.Review.PASSED]
    return {
        "account": account,
        "templates": [{"row": row, "kind": row.get_kind_display()} for row in passed],
    }
