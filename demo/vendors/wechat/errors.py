"""What the platform says when it refuses, in its own words as far as they are documented."""

WORDS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used",
    40164: "invalid ip {}, not in whitelist",
    40165: "invalid weapp pagepath",
    40212: "invalid query",
    40226: "code blocked",
    40243: "appsecret is frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43101: "user refuse to accept the msg",
    43107: "subscribe message capability is banned",
    43108: "concurrent sends to the same user",
    44004: "empty content",
    44990: "reach max api second frequence limit",
    44993: "reach max api day frequence limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45168: "hit sensitive words",
    47001: "data format error",
    47003: "argument invalid! {}",
    70000: "the user is a minor",
    85079: "miniprogram has no online release",
    85401: "time limit between 1min and 30days",
    85402: "invalid env_version",
    87009: "invalid signature",
    89503: "this call needs the administrator's confirmation",
    89506: "the administrator has refused this ip for 24 hours",
    89507: "the administrator has refused this ip for an hour",
    200012: "too many private templates",
    200014: "invalid tid",
    200016: "invalid start",
    200017: "invalid limit",
    200018: "missing ids",
    200019: "invalid ids",
    200020: "invalid kidList",
    200021: "invalid sceneDesc",
    200022: "the same template exists",
}


class Refused(Exception):
    """An answer with an errcode; `what` fills the place that some of the words leave."""

    def __init__(self, code: int, what: str = ""):
        self.code, self.words = code, WORDS[code].format(what)
        super().__init__(f"{code} {self.words}")


class Misused(ValueError):
    """The second door was asked for what there is not; nobody but a test sees it."""
