"""What people do in a mini-program, and beside it: each act is named as its door is."""

import base64

from demo.vendors.wechat import crypto, events, grants, service, sessions
from demo.vendors.wechat.errors import Misused
from demo.vendors.wechat.platform import App, Platform
from demo.vendors.wechat.templates import template_of


def login(platform: Platform, app: App, openid: str) -> dict:
    """`wx.login`; who they are is for the eyes of a test, the mini-program has only the code."""
    code = sessions.new_code(platform, app, openid, "login")
    unionid = platform.unionid(app, app.people[openid]) if app.open_platform else None
    return {"code": code, "openid": openid, "unionid": unionid}


def phone(platform: Platform, app: App, openid: str) -> dict:
    """The button: a code, and the same for whoever still decrypts it with the session's key."""
    person = app.people[openid]
    if not person.phone:
        raise Misused(f"{person.id} has no phone")
    told = {
        "errMsg": "getPhoneNumber:ok",
        "code": sessions.new_code(platform, app, openid, "phone"),
    }
    if key := app.session_keys.get(openid):
        iv = base64.b64encode(platform.dice.next("iv")[:16]).decode()
        info = sessions.phone_info(app, person, platform.clock.now())
        told |= {"encryptedData": crypto.encrypt_user_data(info, key, iv), "iv": iv}
    return told


def subscribe(
    platform: Platform,
    app: App,
    openid: str,
    templates: list,
    accept: list,
    always: bool = False,
) -> dict:
    """`wx.requestSubscribeMessage`"""
    try:
        told, shown = grants.choose(app, openid, templates, accept, always=always)
    except grants.NotAsked as refused:
        return {"errMsg": f"requestSubscribeMessage:fail {refused}", "errCode": refused.code}
    if app.tells_silent_accepts:
        shown = [(one, choice) for one, choice in told.items() if choice in ("accept", "reject")]
    if shown:
        app.push(events.popup(app, openid, platform.clock.now(), shown))
    return {"errMsg": "requestSubscribeMessage:ok", **told}


def refuse(platform: Platform, app: App, openid: str, templates: list) -> dict:
    for one in templates:
        app.grants.refuse(openid, template_of(app, one))
    app.push(events.change(app, openid, platform.clock.now(), templates))
    return {}


def settings(
    platform: Platform,
    app: App,
    openid: str,
    takes_messages: bool | None = None,
    remembered: dict | None = None,
) -> dict:
    """What is changed in the mini-program's settings is not pushed."""
    if takes_messages is not None:
        (app.grants.silenced.discard if takes_messages else app.grants.silenced.add)(openid)
    for one, choice in (remembered or {}).items():
        template_of(app, one)
        app.grants.remembered.pop((openid, one), None)
        if choice:
            app.grants.remembered[openid, one] = choice
    return {}


def revoke(platform: Platform, app: App, openid: str, info: str = "201") -> dict:
    """The person withdrew what they had allowed the app to know; their session is over."""
    app.session_keys.pop(openid, None)
    app.push(events.revoked(app, openid, platform.clock.now(), info))
    return {}


def modify(platform: Platform, app: App, openid: str) -> dict:
    app.push(events.modified(app, openid, platform.clock.now()))
    return {}


def write(
    platform: Platform,
    app: App,
    openid: str,
    kind: str = "text",
    fields: dict | None = None,
) -> dict:
    return {"msgid": service.write(platform, app, openid, kind, fields or {})}


def enter(platform: Platform, app: App, openid: str, session_from: str = "") -> dict:
    service.enter(platform, app, openid, session_from)
    return {}


ALL = (login, phone, subscribe, refuse, settings, revoke, modify, write, enter)
ACTS = {act.__name__: act for act in ALL}
