"""The calls of a mini-program, described: what a person may ask who has logged in."""

import msgspec

from integrations.member_api.authentication import SCHEME
from integrations.member_api.messages import OwnOpened
from integrations.member_api.phones import PhoneCode, PhoneKnown
from integrations.member_api.session import LogIn, SessionBegun, SessionEnded, SessionTold
from integrations.openapi.answers import (
    BYTES,
    MOVE_400,
    NOTHING_ACCEPTED,
    PARAMETERS,
    READ,
    answered,
    problems,
    ref,
)
from integrations.wechat.subscribe.door import Chosen, Left

TAGS = ["mini-program"]
SECURITY = {"session": SCHEME}
STRUCTS = [LogIn, SessionBegun, SessionTold, SessionEnded, PhoneCode, PhoneKnown, OwnOpened]
STRUCTS += [Chosen, Left]
BEARER = [{"session": []}]
ANY = {**READ, 429: ("too_many_requests", "too_many_guesses")}
BODY = {413: ("too_large",), 415: ("unsupported_media_type",)}
PLATFORM = {
    403: ("person_refused",),
    503: ("platform_unavailable", "busy", "unavailable"),
}
EXAMPLES = {
    "LogIn": {"app": "wx0123456789abcdef", "code": "0a1B2c3D4e5F6g7H", "anonymous_id": "v-1"},
    "PhoneCode": {"code": "0a1B2c3D4e5F6g7H"},
    "OwnOpened": {"message_ids": [1, 2]},
    "Chosen": {
        "id": "0b1f9c",
        "choices": {"hD-ixGOhYmUfjOnI8MCzQMPshzGVeux_2vzyvQu7O68": "accept"},
    },
}


def told(name: str, form: type[msgspec.Struct] | None, shape: str, codes: dict, **more) -> dict:
    """One operation."""
    found = {
        "tags": TAGS,
        "security": BEARER,
        "responses": dict(sorted({**problems(codes), "200": answered(200, shape)}.items())),
        **more,
    }
    if form is not None:
        content = {
            "schema": ref(form.__name__),
            "examples": {"one": {"value": EXAMPLES[form.__name__]}},
        }
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    return {name: found}


def complete(paths: dict) -> None:
    """The reads that spectacular has found, and what it cannot see."""
    read = paths["/api/v1/me/messages"]["get"]
    read |= {"security": BEARER, "tags": TAGS}
    read["responses"] |= problems(
        {**ANY, 400: ("out_of_range", "invalid_value", "unknown_value", *PARAMETERS)}
    )
    without_login = {code: codes for code, codes in ANY.items() if code != 401}
    paths["/api/v1/session"] = {
        **told(
            "post",
            LogIn,
            "SessionBegun",
            {
                **without_login,
                **BODY,
                **PLATFORM,
                400: (*MOVE_400, "invalid_code"),
                404: ("unknown_app",),
            },
            operationId="session_begin",
            summary="Log in with the platform's code",
            security=[],
        ),
        **told(
            "get",
            None,
            "SessionTold",
            {**ANY, 400: PARAMETERS},
            operationId="session_read",
            summary="The session itself",
        ),
        **told(
            "delete",
            None,
            "SessionEnded",
            {**ANY, 400: PARAMETERS},
            operationId="session_end",
            summary="End the session",
        ),
    }
    paths["/api/v1/me/phone"] = told(
        "post",
        PhoneCode,
        "PhoneKnown",
        {
            **ANY,
            **BODY,
            **PLATFORM,
            400: (*MOVE_400, "invalid_code"),
            404: ("no_phones", "unknown_app"),
            429: (*ANY[429], "daily_limit"),
        },
        operationId="me_phone",
        summary="The phone that the platform has verified",
    )
    paths["/api/v1/me/subscriptions"] = told(
        "post",
        Chosen,
        "Left",
        {
            **ANY,
            **BODY,
            400: (*MOVE_400, "unknown_template", "unknown_value", "invalid_text", "wrong_platform"),
        },
        operationId="me_subscriptions",
        summary="What was chosen in the pop-up of subscribe messages",
    )
    paths["/api/v1/me/messages/read"] = told(
        "post",
        OwnOpened,
        "BatchAnswer",
        {**ANY, **BODY, 400: (*MOVE_400, *BYTES, NOTHING_ACCEPTED)},
        operationId="me_messages_read",
        summary="Messages of one's own were opened",
    )
    opened = paths["/api/v1/me/messages/read"]["post"]["responses"]
    opened["202"] = answered(202, "BatchAnswer")
