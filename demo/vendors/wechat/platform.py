"""The state of the stand-in, in memory: apps, people, and what has happened between them."""

import base64
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from demo.vendors.clock import Agenda, Clock
from demo.vendors.modes import Modes
from demo.vendors.wechat import events
from demo.vendors.wechat.codes import Scene
from demo.vendors.wechat.dice import Dice
from demo.vendors.wechat.errors import Misused
from demo.vendors.wechat.grants import Grants
from demo.vendors.wechat.library import CATEGORIES
from demo.vendors.wechat.links import Link
from demo.vendors.wechat.push import Pusher
from demo.vendors.wechat.quotas import Pace, Quotas
from demo.vendors.wechat.service import Window
from demo.vendors.wechat.sessions import Code
from demo.vendors.wechat.templates import Template, pick_all
from demo.vendors.wechat.tokens import Tokens

PAGES = ["pages/index/index", "pages/coupon/index", "pages/order/index", "pages/booking/index"]


@dataclass
class Person:
    """Somebody who uses WeChat; each app knows them by another openid."""

    id: str
    phone: str = ""
    country: str = "86"
    is_risky: bool = False
    is_minor: bool = False


@dataclass
class App:
    """A mini-program, as its owner has set it up in the platform's console."""

    appid: str
    secret: str
    original_id: str
    dice: Dice
    tokens: Tokens
    grants: Grants
    open_platform: str = "op1"  # the account that gives its people a unionid; empty for none
    addresses: list[str] | None = None  # from which a token may be asked for; None for any
    pages: list[str] = field(default_factory=lambda: list(PAGES))
    categories: list[int] = field(default_factory=lambda: list(CATEGORIES))
    sensitive_words: list[str] = field(default_factory=list)
    is_released: bool = True
    is_frozen: bool = False  # its secret
    confirmation: int = 0  # of who asks for tokens. 89503: is waited for; 89506, 89507: refused
    is_banned: bool = False  # from subscribe messages
    takes_payments: bool = False
    tells_silent_accepts: bool = False  # pushes accepts without a pop-up; not documented
    country_is_number: bool = False  # countryCode 86, which was seen, for the documented "86"
    templates: dict[str, Template] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)  # by openid
    session_keys: dict[str, str] = field(default_factory=dict)
    windows: dict[tuple, Window] = field(default_factory=dict)
    links_made: Counter[str] = field(default_factory=Counter)
    phones_given: int = 0
    pusher: Pusher | None = None

    def has_page(self, page: str) -> bool:
        return page.partition("?")[0].lstrip("/") in self.pages

    def push(self, event: events.Event) -> None:
        """It is on its way, if the app has an address for it."""
        if self.pusher:
            self.pusher.push(event)


# What a test may change of an app.
SETTINGS = {"secret", "open_platform", "addresses", "pages", "sensitive_words", "is_released"}
SETTINGS |= {"is_frozen", "is_banned", "confirmation", "takes_payments", "tells_silent_accepts"}
SETTINGS |= {"country_is_number"}


def known(names: set[str]) -> None:
    if unknown := names - SETTINGS:
        raise Misused(f"no such setting: {', '.join(sorted(unknown))}")


class Platform:
    def __init__(self, seed: str, clock: Clock, agenda: Agenda, modes: Modes):
        self.clock, self.agenda, self.modes, self.dice = clock, agenda, modes, Dice(seed)
        self.quotas, self.pace = Quotas(clock), Pace(clock)
        self.takes = 0.002  # seconds in which a second message to the same person is refused
        self.session: aiohttp.ClientSession | None = None  # the stand-in's, while it serves
        self.tries: list[dict] = []  # of pushes, of all apps
        self.apps: dict[str, App] = {}
        self.people: dict[str, Person] = {}
        self.codes: dict[str, Code] = {}
        self.links: dict[str, Link] = {}
        self.scenes: dict[bytes, Scene] = {}
        self.inbox: list[dict] = []
        self.under_way: set[tuple] = set()
        self.counts: Counter[tuple[str, int]] = Counter()  # answers by path and errcode

    def add_app(self, **settings) -> App:
        """It has a template of each title of its categories."""
        appid = settings.pop("appid", None) or "wx" + self.dice.next("appid").hex()[:16]
        if appid in self.apps:
            raise Misused(f"{appid} is there already")
        known(settings.keys() - {"secret", "categories"})
        self.apps[appid] = App(
            appid=appid,
            secret=settings.pop("secret", None) or self.dice.next("secret").hex()[:32],
            original_id="gh_" + self.dice.next("original id").hex()[:12],
            dice=self.dice,
            tokens=Tokens(appid, self.clock, self.dice),
            grants=Grants(self.clock),
        )
        if categories := settings.pop("categories", None):
            self.apps[appid].categories = categories
        self.change_app(appid, settings)
        pick_all(self.apps[appid])
        return self.apps[appid]

    def change_app(self, appid: str, settings: dict) -> App:
        app = self.app(appid)
        known(settings.keys())
        for name, value in settings.items():
            setattr(app, name, value)
        return app

    def app(self, appid: str) -> App:
        if appid not in self.apps:
            raise Misused(f"no app {appid}")
        return self.apps[appid]

    def add_person(self, **facts) -> Person:
        person = Person(f"p{len(self.people) + 1}", **facts)
        self.people[person.id] = person
        return person

    def person(self, person_id: str) -> Person:
        if person_id not in self.people:
            raise Misused(f"no person {person_id}")
        return self.people[person_id]

    def enter(self, app: App, person: Person) -> str:
        """The person is in the app, which knows them from now on by this openid."""
        openid = "o" + self._name("openid", app.appid, person.id)
        app.people[openid] = person
        return openid

    def unionid(self, app: App, person: Person) -> str:
        """The same in all apps of one open-platform account."""
        return "o" + self._name("unionid", app.open_platform, person.id)

    def app_of_token(self, token: str) -> App | None:
        return next((app for app in self.apps.values() if app.tokens.knows(token)), None)

    def arrive(self, app: App, openid: str, **message) -> None:
        """The person has a message."""
        person = app.people[openid].id
        number, at = len(self.inbox) + 1, self.clock.now()
        found = {
            "number": number,
            "at": at,
            "appid": app.appid,
            "person": person,
            "openid": openid,
            "clicked": 0,
        }
        self.inbox.append({**found, **message})

    def rid(self) -> str:
        """The number of a call that the platform's support asks for."""
        drawn = self.dice.next("rid").hex()
        return f"{int(self.clock.now()):08x}-{drawn[:8]}-{drawn[8:16]}"

    def _name(self, *words: str) -> str:
        return base64.urlsafe_b64encode(self.dice.fixed(*words)).decode()[:27]
