"""The second door: the platform's console, what people do in the mini-program, and what happened.

These stand beside the doors that every stand-in has (demo/vendors/base.py). `person` and `appid`
are what add_person and apps have told.

    GET  apps                   what their owners know of them, with their templates
    GET  people                 and their openids
    GET  counts                 how often each path was answered with which errcode
    GET  pushes                 every try
    POST quotas                 {"path", "day"?, "minute"?} calls of an app
    POST takes                  {"seconds"} that a subscribe message is under way

    POST add_app                {"appid"?, "secret"?, "categories"?, settings} a new one
    POST app                    {"appid", settings} as platform.SETTINGS
    POST expire_tokens          {"appid"} they have reached their end
    POST push                   {"appid", push.Address} asked an echostr, and kept if it answers
    POST ban                    {"appid", "template", "is_banned"}
    POST event                  {"appid", "person", "name", "fields"?} one of events.FURTHER; or
                                {"appid", "person", "text"}: pushed as it stands

    POST add_person             {"phone"?, "country"?, "is_risky"?, "is_minor"?} a new one
    POST login                  {"person", "appid"} → a code, and who they are there
    POST phone                  {"person", "appid"} → the code of the phone button
    POST subscribe              {"person", "appid", "templates", "accept", "always"?}
                                → what the mini-program is told
    POST refuse                 {"person", "appid", "templates"} 拒收, on a message's card
    POST settings               {"person", "appid", "takes_messages"?,
                                "remembered"?: {template: accept, reject or null}}
    POST revoke, modify         {"person", "appid"} what they let the app know
    POST write                  {"person", "appid", "kind"?, "fields"?} to the customer service
    POST enter                  {"person", "appid", "session_from"?} the conversation with it
    GET  inbox?person=          messages that have arrived
    GET  grants?person=&appid=  what they allow, by template
    POST click                  {"person", "number"} a message → how the mini-program is launched
    POST open                   {"person", "link"} → likewise
    POST scan                   {"person", "png"} in base64 → likewise
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import asdict
from urllib.parse import quote

from demo.vendors.wechat import acts, events, push
from demo.vendors.wechat.errors import Misused
from demo.vendors.wechat.platform import App, Platform
from demo.vendors.wechat.templates import template_of

NAMES = [
    "apps",
    "people",
    "counts",
    "pushes",
    "quotas",
    "takes",
    "add_app",
    "app",
    "expire_tokens",
    "push",
    "ban",
    "event",
]
NAMES += ["add_person", "inbox", "grants", "click", "open", "scan"]


class Control:
    def __init__(self, platform: Platform):
        self.platform = platform

    def doors(self) -> dict[str, Callable]:
        mine = {name: getattr(self, name) for name in NAMES}
        return mine | {name: self._acting(act) for name, act in acts.ACTS.items()}

    # -- the platform ------------------------------------------------------------------

    def apps(self) -> list[dict]:
        return [shown(app) for app in self.platform.apps.values()]

    def people(self) -> list[dict]:
        found = {person: {} for person in self.platform.people}
        for app in self.platform.apps.values():
            for openid, person in app.people.items():
                found[person.id][app.appid] = openid
        return [{"person": person, "openids": openids} for person, openids in found.items()]

    def counts(self) -> list[dict]:
        counts = self.platform.counts.items()
        return [{"path": path, "errcode": code, "times": times} for (path, code), times in counts]

    def pushes(self) -> list[dict]:
        tries = self.platform.tries
        return [{**row, "items": [asdict(item) for item in row["items"]]} for row in tries]

    def quotas(self, path: str, day: int | None = None, minute: int | None = None) -> dict:
        quotas = self.platform.quotas
        quotas.a_day |= {} if day is None else {path: day}
        quotas.a_minute |= {} if minute is None else {path: minute}
        return {}

    def takes(self, seconds: float) -> dict:
        self.platform.takes = seconds
        return {}

    # -- an app's owner ----------------------------------------------------------------

    def add_app(self, **settings) -> dict:
        return shown(self.platform.add_app(**settings))

    def app(self, appid: str, **settings) -> dict:
        return shown(self.platform.change_app(appid, settings))

    def expire_tokens(self, appid: str) -> dict:
        self.platform.app(appid).tokens.expire()
        return {}

    async def push(self, appid: str, **address) -> dict:
        app = self.platform.app(appid)
        pusher = push.Pusher(self.platform, app, push.Address(**address))
        told = await pusher.check()
        if told["ok"]:
            app.pusher = pusher
        return told

    def ban(self, appid: str, template: str, is_banned: bool = True) -> dict:
        template_of(self.platform.app(appid), template).is_banned = is_banned
        return {}

    def event(
        self,
        appid: str,
        person: str,
        name: str = "text",
        text: str | None = None,
        fields: dict | None = None,
    ) -> dict:
        app, openid = self._within(appid, person)
        if not app.pusher:
            raise Misused("the app has no address to push to")
        if text is not None:
            app.pusher.push_text(text, openid=openid, name=name)
            return {}
        if name not in events.FURTHER:
            raise Misused(f"one of {', '.join(events.FURTHER)}")
        app.push(
            events.event(
                app,
                openid,
                self.platform.clock.now(),
                name,
                **{**events.FURTHER[name], **(fields or {})},
            )
        )
        return {}

    # -- people ------------------------------------------------------------------------

    def add_person(self, **facts) -> dict:
        return {"person": self.platform.add_person(**facts).id}

    def inbox(self, person: str) -> list[dict]:
        self.platform.person(person)
        return [message for message in self.platform.inbox if message["person"] == person]

    def grants(self, person: str, appid: str) -> dict:
        app, openid = self._within(appid, person)
        left = {one.id: app.grants.left(openid, one) for one in app.templates.values()}
        choices = app.grants.remembered.items()
        remembered = {template: choice for (who, template), choice in choices if who == openid}
        return {"left": left, "remembered": remembered}

    def click(self, person: str, number: int) -> dict:
        message = next((one for one in self.inbox(person) if one["number"] == number), None)
        if message is None:
            raise Misused(f"no message {number}")
        message["clicked"] += 1
        path, _mark, query = message.get("page", "").partition("?")
        return {"appid": message["appid"], "path": path, "query": query, "scene": 1014}

    def open(self, person: str, link: str) -> dict:
        """A link may have more behind it than it was made with, as the platform allows."""
        self.platform.person(person)
        url, _mark, more = link.partition("?")
        found = self.platform.links.get(url)
        if found is None or found.until <= self.platform.clock.now():
            raise Misused("the link has expired" if found else "no such link")
        query = "&".join(part for part in (found.query, more) if part)
        return {"appid": found.appid, "path": found.path, "query": query, "scene": 1194}

    def scan(self, person: str, png: str) -> dict:
        """The mini-program is handed `scene` encoded, and has to decode it."""
        self.platform.person(person)
        found = self.platform.scenes.get(hashlib.sha256(base64.b64decode(png)).digest())
        if found is None:
            raise Misused("no code of ours")
        return {
            "appid": found.appid,
            "path": found.page,
            "query": f"scene={quote(found.scene, safe='')}",
            "scene": 1047,
        }

    def _acting(self, act: Callable) -> Callable:
        """Somebody does in an app what `act` says."""

        def door(person: str, appid: str, **given) -> dict:
            return act(self.platform, *self._within(appid, person), **given)

        return door

    def _within(self, appid: str, person: str) -> tuple[App, str]:
        app = self.platform.app(appid)
        return app, self.platform.enter(app, self.platform.person(person))


def shown(app: App) -> dict:
    owned = app.templates.values()
    templates = [{**one.shown(), "keys": one.keys, "every": one.title.every} for one in owned]
    return {
        "appid": app.appid,
        "secret": app.secret,
        "original_id": app.original_id,
        "templates": templates,
        "phones_given": app.phones_given,
        "has_push": app.pusher is not None,
    }
