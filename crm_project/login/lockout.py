"""Ten wrong passwords for one name from one address within fifteen minutes, and the right one is refused too (django-axes)."""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _


def refused(request, _response=None, _credentials=None):
    """The same answer whether or not there is such a user."""
    messages.error(request, _("Too many attempts. Try again in a quarter of an hour."))
    return HttpResponseRedirect(reverse(f"{admin.site.name}:login"))
