"""URL Link: an address that opens a page of the mini-program from anywhere, for 30 days at most."""

import re
from dataclasses import dataclass

from demo.vendors.wechat.errors import Refused
from demo.vendors.wechat.quotas import today

QUERY = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~%]{0,1024}")
DAYS = 30
SHORTEST = 60  # seconds
A_SECOND = 100
A_DAY = 500_000
VERSIONS = ("release", "trial", "develop")


@dataclass
class Link:
    appid: str
    path: str
    query: str
    until: float


def generate_urllink(asked) -> dict:
    """POST /wxa/generate_urllink"""
    app, body, platform = asked.app, asked.body, asked.platform
    if not app.is_released:
        raise Refused(85079)
    path, query = str(body.get("path") or ""), str(body.get("query") or "")
    if path and ("?" in path or not app.has_page(path)):
        raise Refused(40165)
    if not QUERY.fullmatch(query):
        raise Refused(40212)
    if body.get("env_version", "release") not in VERSIONS:
        raise Refused(85402)
    until = ends_at(body, platform.clock.now())
    if not platform.pace.allows(f"links {app.appid}", A_SECOND, 1):
        raise Refused(44990)
    day = today(platform.clock)
    if app.links_made[day] >= A_DAY:
        raise Refused(44993)
    app.links_made[day] += 1
    url = f"https://wxaurl.cn/{platform.dice.text('link', 11)}"
    platform.links[url] = Link(app.appid, path, query, until)
    return {"errcode": 0, "errmsg": "ok", "url_link": url}


def ends_at(body: dict, now: float) -> float:
    kind = body.get("expire_type", 0)
    if kind == 1:
        days = body.get("expire_interval")
        if not isinstance(days, int) or not 1 <= days <= DAYS:
            raise Refused(85401)
        return now + days * 86400
    at = body.get("expire_time")
    if kind != 0 or not isinstance(at, int) or not now + SHORTEST <= at <= now + DAYS * 86400:
        raise Refused(85401)
    return at
