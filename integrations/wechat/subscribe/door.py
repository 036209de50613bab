"""POST /api/v1/me/subscriptions: the mini-program tells what somebody chose in the pop-up."""

from typing import Annotated

import msgspec
from drf_spectacular.utils import extend_schema
from msgspec import Meta

from crm_project.queue.due import database_now
from integrations.doors.problems import Refused, answer
from integrations.member_api.views import MemberCall
from integrations.native.fields import Item
from integrations.wechat.account import VENDOR
from integrations.wechat.subscribe import reports

MOST_TEMPLATES = 5  # in one pop-up


class Chosen(Item, kw_only=True):
    """`id` names the report, so that it counts once however often it is sent."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    choices: Annotated[
        dict[
            Annotated[str, Meta(min_length=1, max_length=128)],
            Annotated[str, Meta(max_length=30)],
        ],
        Meta(min_length=1, max_length=MOST_TEMPLATES),
    ]


class Left(msgspec.Struct):
    """By template how many messages may still be sent; "any": as many as are needed."""

    left: dict[str, int | str]


@extend_schema(exclude=True)
class Subscriptions(MemberCall):
    http_method_names = ["post"]

    def post(self, request):
        """What was allowed in the pop-up counts; what is left, by template"""
        told, member = self.body_as(Chosen), request.user
        if member.connection.vendor != VENDOR:
            raise Refused("Only a mini-program of WeChat has these.", code="wrong_platform")
        if any("\x00" in text for text in (told.id, *told.choices)):
            raise Refused("Text must be without NUL.", code="invalid_text", path="$")
        left = reports.note(
            member.connection, member.identity, told.id, told.choices, database_now()
        )
        return answer(Left(left))
