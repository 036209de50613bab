"""POST, GET and DELETE /api/v1/session: somebody logs in with their platform's code, looks at their
session, and ends it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from drf_spectacular.utils import extend_schema
from msgspec import Meta

from crm_project.queue.due import database_now
from crm_project.web.addresses import network_of
from customers.models import Kind
from integrations.doors.problems import Refused, Unavailable, answer
from integrations.doors.reading import identities
from integrations.member_api import attempts, platforms, sessions
from integrations.member_api.authentication import MemberAuthentication, MemberThrottle
from integrations.member_api.providers import CodeRefused, PersonRefused
from integrations.member_api.views import Told
from integrations.native.fields import Item, Text


class LogIn(Item, kw_only=True):
    app: Annotated[str, Meta(min_length=1, max_length=128)]
    code: Annotated[str, Meta(min_length=1, max_length=512)]
    anonymous_id: Text | None = None


class SessionBegun(msgspec.Struct):
    """200: the token is sent as `Authorization: Bearer` from now on; it is told this once."""

    token: str
    expires_at: datetime


class SessionTold(msgspec.Struct):
    app: str
    created_at: datetime
    expires_at: datetime


class SessionEnded(msgspec.Struct):
    status: Literal["ended"]


class Forbidden(Refused):
    status, code, detail = 403, "person_refused", "The platform lets this person not log in."


@extend_schema(exclude=True)
class Session(Told):
    """POST needs no session, of course."""

    def get_authenticators(self):
        return [] if self.is_log_in() else [MemberAuthentication()]

    def get_throttles(self):
        return [] if self.is_log_in() else [MemberThrottle()]

    def is_log_in(self) -> bool:
        return getattr(self.request, "method", "POST") not in {"GET", "HEAD", "DELETE"}

    def post(self, request):
        """Log in with the platform's code"""
        form = self.body_as(LogIn)
        address, anonymous_id = network_of(request), visitor(form.anonymous_id)
        attempts.codes.check(address)
        connection, provider = platforms.connected(form.app)
        try:
            if not provider.is_code(form.code):
                raise CodeRefused
            proven = self.asked(
                connection, provider, lambda: provider.exchange(connection, form.code)
            )
        except CodeRefused:
            attempts.codes.count(address)
            raise Refused(
                "The code is wrong, used or too old: get another one.",
                code="invalid_code",
                path="$.code",
            ) from None
        except PersonRefused:
            raise Forbidden from None
        try:
            token, session = sessions.begin(connection, proven, anonymous_id, database_now())
        except sessions.Vanished:
            raise Unavailable(retry_after=1) from None
        return no_store(answer(SessionBegun(token, session.expires_at)))

    def get(self, request):
        """The session itself"""
        self.check_parameters(request)
        one = request.user.session
        told = SessionTold(request.user.connection.account, one.created_at, one.expires_at)
        return no_store(answer(told))

    def delete(self, request):
        """End the session"""
        self.check_parameters(request)
        sessions.end(request.user.session)
        return answer(SessionEnded("ended"))


def visitor(text: str | None) -> str:
    """The id of the device as it is spelled here; what is a placeholder is nobody."""
    if not text:
        return ""
    try:
        return identities.named(Kind.ANONYMOUS_ID, text).value
    except identities.Unusable:
        return ""


def no_store(response):
    response["Cache-Control"] = "no-store"
    return response
