"""Logging in, and what a person shares with a button: codes that work once, for five minutes."""

import base64
from dataclasses import dataclass

from demo.vendors.wechat import crypto
from demo.vendors.wechat.errors import Refused

CODE_LASTS = 300  # seconds
LOGINS_A_MINUTE = 100  # of one person


@dataclass
class Code:
    appid: str
    openid: str
    made_at: float
    kind: str  # login, phone
    is_used: bool = False


def new_code(platform, app, openid: str, kind: str) -> str:
    value = platform.dice.text(f"{kind} code", 32 if kind == "login" else 64)
    platform.codes[value] = Code(app.appid, openid, platform.clock.now(), kind)
    return value


def code_of(platform, value: object, kind: str) -> Code:
    """The code, unless it is none or five minutes old."""
    code = platform.codes.get(str(value))
    if code is None or code.kind != kind or platform.clock.now() - code.made_at > CODE_LASTS:
        raise Refused(40029)
    return code


def code_to_session(asked) -> dict:
    """GET /sns/jscode2session

    A second use is answered 40163, as the platform does though its list of codes has 40029 only.
    """
    app = asked.app_by_secret(asked.query, grant_type="authorization_code")
    if not (value := asked.query.get("js_code")):
        raise Refused(41008)
    code = code_of(asked.platform, value, "login")
    if code.appid != app.appid:
        raise Refused(40029)
    if code.is_used:
        raise Refused(40163)
    if not asked.platform.pace.allows(f"login {app.appid} {code.openid}", LOGINS_A_MINUTE):
        raise Refused(45011)
    code.is_used = True
    person = app.people[code.openid]
    if person.is_risky:
        raise Refused(40226)
    key = base64.b64encode(asked.platform.dice.next("session key")[:16]).decode()
    app.session_keys[code.openid] = key
    session = {"session_key": key, "openid": code.openid}
    if app.open_platform:
        session["unionid"] = asked.platform.unionid(app, person)
    return session


def check_session(asked) -> dict:
    """GET /wxa/checksession. Only the last log-in's key is good."""
    key = asked.app.session_keys.get(asked.query.get("openid", ""))
    if key is None or asked.query.get("sig_method") != "hmac_sha256":
        raise Refused(87009)
    if not crypto.same(crypto.session_signature(key), asked.query.get("signature", "")):
        raise Refused(87009)
    return {"errcode": 0, "errmsg": "ok"}


def phone_info(app, person, at: float) -> dict:
    pure, country = person.phone, person.country
    return {
        "phoneNumber": pure if country == "86" else f"+{country}{pure}",
        "purePhoneNumber": pure,
        "countryCode": int(country) if app.country_is_number else country,
        "watermark": {"timestamp": int(at), "appid": app.appid},
    }


def get_user_phone_number(asked) -> dict:
    """POST /wxa/business/getuserphonenumber. Each success is paid for."""
    app, platform = asked.app, asked.platform
    code = code_of(platform, asked.body.get("code"), "phone")
    if code.is_used:
        raise Refused(40029)
    if code.appid != app.appid:
        raise Refused(40013)
    if asked.body.get("openid") not in (None, code.openid):
        raise Refused(40003)
    code.is_used = True
    app.phones_given += 1
    info = phone_info(app, app.people[code.openid], code.made_at)
    return {"errcode": 0, "errmsg": "ok", "phone_info": info}
