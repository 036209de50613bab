"""What every call of a mini-program has in common."""

import msgspec
import structlog

from integrations.doors import bodies
from integrations.doors.problems import Refused, Unavailable
from integrations.member_api import platforms
from integrations.member_api.authentication import (
    MemberAuthentication,
    MemberThrottle,
    NoSession,
)
from integrations.member_api.lane import lane
from integrations.outbound.client import CallFailed
from integrations.server_api.views import Call, shaped

log = structlog.get_logger("hutong.doors")
MOST_BYTES = 8 * 1024


class Told(Call):
    """A body of JSON, small; of the shape `form`."""

    http_method_names = ["get", "head", "post", "delete"]

    def unproven(self):
        return NoSession.detail

    def body_as(self, form: type[msgspec.Struct]) -> msgspec.Struct:
        bodies.check_is_json(self.request)
        body = bodies.read(self.request, MOST_BYTES)
        if bodies.encoding(self.request) == "gzip":
            body = bodies.inflate(body, MOST_BYTES)
        self.check_parameters(self.request)
        return shaped(form, body)

    def asked(self, connection, provider, begin):
        """What the platform answers, on the lane for it. Raises Refused."""
        try:
            return lane.answer(self.request, begin, provider.seconds)
        except (Refused, *platforms.REFUSALS):
            raise
        except Exception as error:
            if not isinstance(error, CallFailed | TimeoutError):
                log.exception("a log-in provider failed")
            platforms.note(connection, error)
            raise Unavailable(
                "The platform did not answer in time: send the same again later.",
                code="platform_unavailable",
                retry_after=platforms.AGAIN,
            ) from error


class MemberCall(Told):
    """A call of somebody who has logged in: `request.user` is a Member."""

    authentication_classes = [MemberAuthentication]
    throttle_classes = [MemberThrottle]

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            self.check_parameters(request)
