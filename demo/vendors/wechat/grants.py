"""What people allow an app to send them, and what is left of it."""

from collections import Counter

from demo.vendors.clock import Clock
from demo.vendors.wechat.errors import Refused
from demo.vendors.wechat.library import LONG_TERM
from demo.vendors.wechat.quotas import today
from demo.vendors.wechat.templates import Template

MOST_AT_ONCE = 5  # templates in one pop-up
FAULTS = {
    10001: "TmplIds can't be empty",
    20001: "No template data return, verify the template id exist",
    20002: "Templates type must be same",
    20003: "Templates count out of max bounds",
    20004: "The main switch is switched off",
    20005: "This mini program was banned from subscribing messages",
}


class NotAsked(Exception):
    """The mini-program's call failed: nobody was asked, nothing has changed."""

    def __init__(self, code: int):
        self.code = code
        super().__init__(FAULTS[code])


class Grants:
    """One app's, by openid and template: how many messages, or for long-term ones whether."""

    def __init__(self, clock: Clock):
        self.clock = clock
        self._left: Counter[tuple[str, str]] = Counter()
        self._lasting: set[tuple[str, str]] = set()
        self._sent: set[tuple[str, str, str, str]] = set()  # openid, template, code, day or month
        self.silenced: set[str] = set()  # openids: the main switch is off
        self.remembered: dict[tuple[str, str], str] = {}  # 总是保持以上选择: accept or reject

    def accept(self, openid: str, template: Template) -> None:
        if template.title.type == LONG_TERM:
            self._lasting.add((openid, template.id))
        else:
            self._left[openid, template.id] += 1

    def refuse(self, openid: str, template: Template) -> None:
        """What was allowed is allowed no more, and the pop-up does not ask again."""
        self._left.pop((openid, template.id), None)
        self._lasting.discard((openid, template.id))
        self.remembered[openid, template.id] = "reject"

    def kept(self) -> dict[str, list]:
        """What is allowed, for whoever goes on with it later."""
        return {
            "left": [[*key, n] for key, n in self._left.items() if n],
            "lasting": [list(key) for key in self._lasting],
            "remembered": [[*key, choice] for key, choice in self.remembered.items()],
        }

    def go_on(self, kept: dict[str, list]) -> None:
        """It is as it was when it was `kept`."""
        self._left.update({(openid, one): n for openid, one, n in kept["left"]})
        self._lasting.update((openid, one) for openid, one in kept["lasting"])
        self.remembered.update({(openid, one): said for openid, one, said in kept["remembered"]})

    def left(self, openid: str, template: Template) -> int | str:
        if template.title.type == LONG_TERM:
            return "lasting" if (openid, template.id) in self._lasting else 0
        return self._left[openid, template.id]

    def spend(self, openid: str, template: Template, data: dict) -> None:
        """One message may go; none to whoever has switched messages off.

        What a limit of frequency is answered with is not documented; 43101 is taken.
        """
        if openid in self.silenced:
            raise Refused(43101)
        if template.title.type != LONG_TERM:
            if self._left[openid, template.id] < 1:
                raise Refused(43101)
            self._left[openid, template.id] -= 1
            return
        if (openid, template.id) not in self._lasting:
            raise Refused(43101)
        if every := template.title.every:
            period = today(self.clock)[: 7 if every == "month" else None]
            sent = (openid, template.id, data[template.title.code]["value"], period)
            if sent in self._sent:
                raise Refused(43101)
            self._sent.add(sent)


def choose(
    app,
    openid: str,
    asked_for: list[str],
    accepted: list[str],
    *,
    always: bool,
) -> tuple[dict, list]:
    """What the mini-program is told per template; and what was chosen of those that it showed.

    Where the person once ticked "always", the pop-up leaves the template out: it is accepted or
    rejected as then, and such an accept counts like any other.
    """
    _may_ask(app, openid, asked_for)
    told, shown, titles = {}, [], set()
    for template in map(app.templates.get, asked_for):
        if template.title.title in titles:
            told[template.id] = "filter"
            continue
        titles.add(template.title.title)
        if template.is_banned:
            told[template.id] = "ban"
            continue
        choice = app.grants.remembered.get((openid, template.id))
        if choice is None:
            choice = "accept" if template.id in accepted else "reject"
            shown.append((template.id, choice))
            if always:
                app.grants.remembered[openid, template.id] = choice
        if choice == "accept":
            app.grants.accept(openid, template)
        told[template.id] = choice
    return told, shown


def _may_ask(app, openid: str, asked_for: list[str]) -> None:
    templates = [app.templates.get(one) for one in asked_for]
    faults = {
        10001: not asked_for,
        20003: len(asked_for) > MOST_AT_ONCE,
        20001: None in templates,
        20002: len({one.title.type for one in templates if one}) > 1,
        20004: openid in app.grants.silenced,
        20005: app.is_banned,
    }
    for code, is_so in faults.items():
        if is_so:
            raise NotAsked(code)
