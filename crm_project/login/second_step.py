"""The second step: a code from the phone (TOTP). Whoever has set it up is asked for it; whoever
must have it sets it up first."""

import base64
import io

import qrcode
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp import login as pass_second_step
from django_otp import match_token
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathImage

from crm_project import audit
from crm_project.admin.themed_forms import Form
from crm_project.audit import tallies
from crm_project.db.clock import reckoned_now
from crm_project.login import sessions

STATE = "second_step"  # in the session, while something is left to do
CONFIRMED = "confirmed_at"  # in the session: when whoever it is last proved it (step_up.py)
ASK, SET_UP = "ask", "set_up"


def is_required(user) -> bool:
    """Whether the settings want it of this user: of everybody who may see personal data or hand out
    rights."""
    return settings.REQUIRE_SECOND_STEP and any(
        user.has_perm(permission) for permission in settings.SECOND_STEP_FOR
    )


def devices(user):
    return TOTPDevice.objects.filter(user=user, confirmed=True)


def of(users) -> list[int]:
    """Which of the users have it."""
    return list(
        TOTPDevice.objects.filter(user__in=users, confirmed=True).values_list("user_id", flat=True)
    )


@receiver(user_logged_in, dispatch_uid="second step")
def begin(sender, request, user, **_kwargs) -> None:
    """However somebody logs in: the session says what is left to do before any page opens."""
    request.session[CONFIRMED] = int(reckoned_now().timestamp())
    if devices(user).exists():
        request.session[STATE] = ASK
    elif is_required(user):
        request.session[STATE] = SET_UP


class CodeForm(Form):
    code = forms.CharField(
        label=gettext_lazy("code from the app"),
        max_length=8,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )

    def __init__(self, matches, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.matches = matches

    def clean_code(self):
        code = self.cleaned_data["code"].replace(" ", "")
        self.device = self.matches(code) if code.isascii() and code.isdigit() else None
        if self.device is None:
            raise forms.ValidationError(
                _("This code is not right, or no longer. After several wrong ones wait a moment.")
            )
        return code


def ask_view(request):
    """The code, after the password."""
    form = CodeForm(lambda code: match_token(request.user, code), request.POST or None)
    if request.method == "POST" and form.is_valid():
        pass_second_step(request, form.device)
        request.session.pop(STATE, None)
        request.session[CONFIRMED] = int(reckoned_now().timestamp())
        return HttpResponseRedirect(next_page(request))
    if request.method == "POST":
        tallies.count("login.wrong_codes", f"user:{request.user.pk}")
    return page(
        request,
        "hutong/login/ask.html",
        {"title": _("Second step"), "form": form, "next": request.GET.get("next", "")},
    )


def set_up_view(request):
    """A QR code for the app, and the first code from it as the proof that it works. Another phone
    takes the place of the old one."""
    if devices(request.user).exists() and not request.user.is_verified():
        return HttpResponseRedirect(resolve_url("admin:second_step"))
    device, _is_new = TOTPDevice.objects.get_or_create(
        user=request.user, confirmed=False, defaults={"name": "app"}
    )
    form = CodeForm(
        lambda code: device if device.verify_token(code) else None, request.POST or None
    )
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            TOTPDevice.objects.filter(user=request.user).exclude(pk=device.pk).delete()
            TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
            audit.note(
                by=request.user,
                act="login.second_step",
                subject=f"user:{request.user.pk}",
                details={"is_on": True},
            )
        pass_second_step(request, device)
        request.session.pop(STATE, None)
        sessions.end([request.user], but=request.session.session_key)
        messages.success(
            request,
            _("The second step is set up. From now on a code is asked for after the password."),
        )
        return HttpResponseRedirect(next_page(request))
    context = {
        "title": _("Set up the second step"),
        "form": form,
        "picture": picture(device.config_url),
        "secret": secret(device),
    }
    return page(
        request, "hutong/login/set_up.html", {**context, "is_required": is_required(request.user)}
    )


def remove(user, *, by) -> None:
    """The user logs in by password alone again (a lost phone), or sets up another; their sessions
    are over."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        audit.note(
            by=by, act="login.second_step", subject=f"user:{user.pk}", details={"is_on": False}
        )
        sessions.end([user])


def picture(address: str) -> str:
    """A QR code as an image's address."""
    written = io.BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, box_size=12).save(written)
    return "data:image/svg+xml;base64," + base64.b64encode(written.getvalue()).decode()


def secret(device: TOTPDevice) -> str:
    text = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))


def next_page(request) -> str:
    asked = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else resolve_url("admin:index")


def page(request, template: str, context: dict) -> TemplateResponse:
    request.current_app = admin.site.name
    return TemplateResponse(
        request,
        template,
        {**admin.site.each_context(request), **context},
        headers={"Cache-Control": "no-store"},
    )
