"""Devices on which somebody has logged in before: a signed cookie per user that lasts half a year.

It opens nothing. Wrong passwords that others try for this user do not lock the user out of it
(tries.py).
"""

import secrets

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

SALT = "known device"
LASTS = 180 * 86_400  # seconds


def cookie_of(name: str) -> str:
    """It does not say whose it is."""
    return "known_" + salted_hmac(SALT, name.strip().casefold()).hexdigest()[:16]


def known(request, name: str) -> str:
    """What the device is called, where this user has logged in on it; else ""."""
    try:
        said = signing.loads(request.COOKIES.get(cookie_of(name), ""), salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return ""
    return (
        said["device"]
        if isinstance(said, dict) and said.get("name") == name.strip().casefold()
        else ""
    )


def remember(request, response, name: str) -> None:
    """This device is known as this user's from now on."""
    said = {
        "name": name.strip().casefold(),
        "device": known(request, name) or secrets.token_urlsafe(9),
    }
    response.set_cookie(
        cookie_of(name),
        signing.dumps(said, salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
