"""Customer-service messages: a person writes or enters, and for a while the app may answer."""

from dataclasses import dataclass

from demo.vendors.wechat import events
from demo.vendors.wechat.errors import Misused, Refused

WRITTEN = (5, 48 * 3600)  # messages, seconds, after a person has written
ENTERED = (2, 60)  # after a person has opened the conversation
KINDS = {"text": "content", "image": "media_id", "link": "url", "miniprogrampage": "pagepath"}


@dataclass
class Window:
    left: int
    until: float


def write(platform, app, openid: str, kind: str, fields: dict) -> int:
    """The person wrote; the app is told, and may answer anew."""
    needed = {
        "text": ("Content",),
        "image": ("PicUrl", "MediaId"),
        "miniprogrampage": ("Title", "AppId", "PagePath", "ThumbUrl", "ThumbMediaId"),
    }
    if kind not in needed or fields.keys() - set(needed[kind]):
        raise Misused(f"one of {', '.join(needed)} with its fields")
    defaults = {name: f"{name} of a test" for name in needed[kind]}
    msgid = platform.dice.number("message", 17)
    _open(platform, app, openid, WRITTEN)
    at = platform.clock.now()
    app.push(events.message(app, openid, at, msgid, kind, **{**defaults, **fields}))
    return msgid


def enter(platform, app, openid: str, session_from: str) -> None:
    _open(platform, app, openid, ENTERED)
    at = platform.clock.now()
    app.push(events.event(app, openid, at, "user_enter_tempsession", SessionFrom=session_from))


def _open(platform, app, openid: str, measure: tuple[int, int]) -> None:
    """The limits do not add up: another message of the same kind begins the same window anew."""
    left, seconds = measure
    app.windows[openid, measure] = Window(left, platform.clock.now() + seconds)


def send(asked) -> dict:
    """POST /cgi-bin/message/custom/send"""
    app, body, now = asked.app, asked.body, asked.platform.clock.now()
    openid, kind = str(body.get("touser")), str(body.get("msgtype"))
    if openid not in app.people:
        raise Refused(40003)
    if kind not in KINDS:
        raise Refused(40008)
    content = body.get(kind)
    if not isinstance(content, dict) or not content.get(KINDS[kind]):
        raise Refused(44004)
    if app.people[openid].is_minor:
        raise Refused(70000)
    windows = [app.windows.get((openid, measure)) for measure in (WRITTEN, ENTERED)]
    if not (standing := [window for window in windows if window and window.until > now]):
        raise Refused(45015)
    if not (free := [window for window in standing if window.left]):
        raise Refused(45047)
    free[0].left -= 1
    asked.platform.arrive(app, openid, kind="service", msgtype=kind, content=content)
    return {"errcode": 0, "errmsg": "ok"}
