"""Who asks is the person whose session it is: `request.user` is a Member. For every address under
/api/v1/me."""

import time
from functools import cached_property

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.throttling import BaseThrottle

from crm_project.web.addresses import network_of
from customers.models import Customer
from integrations.doors import callers
from integrations.doors.problems import TooManyRequests, Unauthorized
from integrations.doors.throttle import added
from integrations.member_api import attempts, sessions
from integrations.member_api.models import MemberSession

MOST, SECONDS = 60, 10  # requests of one session
SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token of a session (`hms_…`, POST /api/v1/session).",
}


class NoSession(Unauthorized):
    # One body for every cause: unknown, ended, revoked, of an account that is switched off.
    detail = (
        "The session is none, or over: log in again (POST /api/v1/session) and send"
        " Authorization: Bearer <token>."
    )


class Member:
    """Somebody who has logged in from a mini-program."""

    is_authenticated = True

    def __init__(self, session: MemberSession):
        self.session = session
        self.connection = session.connection
        self.identity = session.identity

    @cached_property
    def customer(self) -> Customer:
        return sessions.customer_of(self.session)


class MemberAuthentication(BaseAuthentication):
    def authenticate(self, request):
        """Raises NoSession, and TooManyRequests after too many of them from one address."""
        address = network_of(request)
        attempts.tokens.check(address)
        session = sessions.found(callers.bearer(request))
        if session is None:
            attempts.tokens.count(address)
            raise NoSession
        return Member(session), session

    def authenticate_header(self, request):
        return "Bearer"


class MemberScheme(OpenApiAuthenticationExtension):
    """How drf-spectacular describes it."""

    target_class, name = MemberAuthentication, "session"

    def get_security_definition(self, auto_schema):
        return SCHEME


class MemberThrottle(BaseThrottle):
    def allow_request(self, request, view):
        """Raises TooManyRequests; without the cache nobody is refused."""
        period = int(time.time()) // SECONDS
        key = f"member:{request.user.session.pk}:{period}"
        if added(key, 1, seconds=2 * SECONDS) > MOST:
            raise TooManyRequests(retry_after=SECONDS - int(time.time()) % SECONDS)
        return True
