"""What each request of a browser goes through before its page."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve
from django.utils.http import urlencode

from crm_project.login import devices
from crm_project.login.second_step import ASK, STATE

OPEN = {
    "admin:second_step",
    "admin:second_step_set_up",
    "admin:logout",
    "admin:login",
    "admin:jsi18n",
    "set_language",
}


class SignsOfLife:
    """What a page fetches by itself keeps no session alive: a figure that is drawn anew every few
    seconds is nobody at the screen."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.session.is_sign_of_life = (
            request.method != "GET" or request.headers.get("HX-Request") != "true"
        )
        return self.get_response(request)


class PermissionsPolicy:
    """No page of ours, nor what somebody smuggles into one, uses the device's senses."""

    HEADER = ", ".join(
        f"{name}=()"
        for name in (
            *(
                "accelerometer",
                "autoplay",
                "bluetooth",
                "browsing-topics",
                "camera",
                "display-capture",
                "encrypted-media",
                "gamepad",
            ),
            *(
                "geolocation",
                "gyroscope",
                "hid",
                "idle-detection",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
            ),
            *(
                "publickey-credentials-get",
                "screen-wake-lock",
                "serial",
                "usb",
                "web-share",
                "xr-spatial-tracking",
            ),
        )
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.HEADER)
        return response


class SecondStep:
    """No page before the second step is done."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        state = (
            request.session.get(STATE) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        )
        if state is None or name_of(request.path_info) in OPEN:
            return self.get_response(request)
        page = resolve_url("admin:second_step" if state == ASK else "admin:second_step_set_up")
        address = (
            f"{page}?{urlencode({'next': request.get_full_path()})}"
            if request.method == "GET"
            else page
        )
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(headers={"HX-Redirect": page})
        return HttpResponseRedirect(address)


class KnownDevices:
    """Whoever has just logged in is known on this device from now on (devices.py)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if name := getattr(request, "known_device_of", ""):
            devices.remember(request, response, name)
        return response


def name_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""
