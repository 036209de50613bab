"""Subscribe messages (订阅消息): from the app to a person who allowed it."""

from demo.vendors.wechat import events, values
from demo.vendors.wechat.errors import Refused

STATES = ("formal", "trial", "developer")
LANGUAGES = ("zh_CN", "en_US", "zh_HK", "zh_TW")


def recipient(asked) -> tuple[str, str]:
    """Whom only one message may be under way to at a time."""
    return asked.app.appid, str(asked.body.get("touser"))


def send(asked) -> dict:
    """POST /cgi-bin/message/subscribe/send. What is refused for another reason costs no grant."""
    app, body, platform = asked.app, asked.body, asked.platform
    openid = str(body.get("touser"))
    if openid not in app.people:
        raise Refused(40003)
    template = app.templates.get(str(body.get("template_id")))
    if template is None:
        raise Refused(40037)
    if app.is_banned or template.is_banned:
        raise Refused(43107)
    state = body.get("miniprogram_state", "formal")
    if state not in STATES or body.get("lang", "zh_CN") not in LANGUAGES:
        raise Refused(47003, "miniprogram_state or lang invalid")
    page = body.get("page") or ""
    if page and state == "formal" and not app.has_page(page):
        raise Refused(41030)
    data = body.get("data")
    if fault := values.fault(template.keys, template.choices, data):
        raise Refused(47003, fault)
    if any(word in entry["value"] for entry in data.values() for word in app.sensitive_words):
        raise Refused(45168)
    app.grants.spend(openid, template, data)
    msgid = platform.dice.number("msgid", 19)
    is_lost = platform.modes.take("lost", asked.path) is not None
    if not is_lost:
        platform.arrive(
            app,
            openid,
            kind="subscribe",
            msgid=msgid,
            template_id=template.id,
            title=template.title.title,
            data={key: entry["value"] for key, entry in data.items()},
            page=page,
            state=state,
        )
    at = platform.clock.now()
    app.push(events.sent(app, openid, at, template.id, msgid, is_lost=is_lost))
    return {"errcode": 0, "errmsg": "ok", "msgid": msgid}
