"""Whom to assign to: the same question from a customer's page and from a list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Store
from customers.profile import notes


class AssignForm(forms.Form):
    """Both empty: nobody looks after them any more."""

    staff = forms.ModelChoiceField(
        label=_("owner"), queryset=None, required=False, empty_label=_("nobody")
    )
    store = forms.ModelChoiceField(
        label=_("store"),
        queryset=Store.objects.filter(is_active=True).order_by("name", "pk"),
        required=False,
        empty_label=_("none"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["staff"].queryset = notes.staff()
