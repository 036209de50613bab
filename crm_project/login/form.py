"""The log-in form: the password is looked at only where tries.py lets it be."""

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from crm_project import audit
from crm_project.audit import tallies
from crm_project.login import devices, tries
from crm_project.web.addresses import address_of

FAILURES = "login.failures"


class LoginForm(AuthenticationForm):
    def clean(self):
        name = self.cleaned_data.get("username") or ""
        if not (name and self.cleaned_data.get("password")):
            return super().clean()
        attempt = tries.Try(name, address_of(self.request), devices.known(self.request, name))
        try:
            attempt.begin()
        except tries.TooManyTries as refused:
            later, soon = (
                _("Too many attempts. Try again in a quarter of an hour."),
                _("Too many attempts. Try again in a minute."),
            )
            raise forms.ValidationError(
                soon if refused.is_soon else later, code="too_many"
            ) from None
        try:
            data = super().clean()
        except forms.ValidationError:
            tallies.count(FAILURES, subject_of(name))
            raise
        attempt.succeed()
        user = self.get_user()
        audit.note(
            by=user,
            act="login.in",
            subject=f"user:{user.pk}",
            details={"address": address_of(self.request)},
        )
        self.request.known_device_of = name
        return data


def subject_of(name: str) -> str:
    """Whom somebody wanted to be; the names that nobody has are one."""
    user = get_user_model().objects.filter(username=name).first()
    return f"user:{user.pk}" if user else "user:unknown"
