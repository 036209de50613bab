"""Dangerous acts ask once more who is there: the code of the second step, or the password where
there is none, unless that was ten minutes ago.

The question stands in the answer to the post itself, and carries what was typed: whoever answers it
goes on where they were.
"""

from collections.abc import Callable
from functools import wraps

from django import forms
from django.contrib import admin
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django_otp import match_token

from crm_project.admin.themed_forms import Form, themed
from crm_project.audit import tallies
from crm_project.db.clock import reckoned_now
from crm_project.login import tries
from crm_project.login.second_step import CONFIRMED, STATE, devices

LASTS = 600  # seconds
ANSWER = "_confirm"
FAILURES = "login.confirm_failures"


def confirm(request) -> None:
    """Whoever is at the screen has just proved it."""
    request.session[CONFIRMED] = int(reckoned_now().timestamp())


def is_confirmed(request) -> bool:
    return (
        STATE not in request.session
        and 0 <= reckoned_now().timestamp() - request.session.get(CONFIRMED, 0) < LASTS
    )


class ConfirmForm(Form):
    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.by_code = user, devices(user).exists()
        if self.by_code:
            widget = forms.TextInput(
                attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
            )
        else:
            widget = forms.PasswordInput(
                attrs={"autocomplete": "current-password", "autofocus": True}
            )
        label = _("code from the app") if self.by_code else _("your password")
        self.fields[ANSWER] = forms.CharField(
            label=label, strip=self.by_code, max_length=4096, widget=widget
        )
        themed(self)

    def clean(self):
        answer = self.cleaned_data.get(ANSWER, "")
        if answer and not self.is_right(answer):
            tallies.count(FAILURES, f"user:{self.user.pk}")
            self.add_error(ANSWER, _("This is not right."))
        return self.cleaned_data

    def is_right(self, answer: str) -> bool:
        if self.by_code:
            code = answer.replace(" ", "")
            return code.isascii() and code.isdigit() and match_token(self.user, code) is not None
        attempt = tries.Try(f"confirm:{self.user.pk}", "", f"user:{self.user.pk}")
        try:
            attempt.begin()
        except tries.TooManyTries:
            return False
        if not self.user.check_password(answer):
            return False
        attempt.succeed()
        return True


def question(request) -> TemplateResponse | None:
    """The question, where this post must be confirmed and is not; None where it may go on."""
    if is_confirmed(request):
        return None
    form = ConfirmForm(request.user, request.POST if ANSWER in request.POST else None)
    if form.is_bound and form.is_valid():
        confirm(request)
        return None
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in (ANSWER, "csrfmiddlewaretoken")
    ]
    context = {
        **admin.site.each_context(request),
        "title": _("Is it you?"),
        "form": form,
        "kept": kept,
    }
    request.current_app = admin.site.name
    return TemplateResponse(
        request, "hutong/login/confirm.html", context, headers={"Cache-Control": "no-store"}
    )


def steps_up(method: Callable) -> Callable:
    """For views of an admin class: a post to them is confirmed first."""

    @wraps(method)
    def view(self, request, *args, **kwargs):
        asked_first = question(request) if request.method == "POST" else None
        return asked_first or method(self, request, *args, **kwargs)

    return view
