"""What came of a dry run, as its page shows it: on the cards of the journey, and in tables."""

from dataclasses import dataclass, field

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from campaigns.admin.journey_numbers import message_words
from campaigns.coupons.terms import yuan
from campaigns.delivery import costs, reasons
from campaigns.delivery.channels import named
from campaigns.journeys import leaving, telling
from campaigns.journeys.definition import Definition, InvalidJourney, check
from campaigns.journeys.dry_run import judged
from campaigns.journeys.dry_run import tally as kinds
from campaigns.journeys.dry_run.tally import Tally
from campaigns.journeys.editor.outline import Item, Way, outline
from campaigns.models import CouponBatch, DryRun, Run
from crm_project.web import viewer
from customers.segments import rights, rules
from events.rights import SENSITIVE, events_permissions


class WhoMayKnow:
    """What the rules and events of a journey ask of whoever is told what came of it."""

    def __init__(self, journey: Definition | None):
        self.rules = judged.all_rules(journey) if journey else []
        self.events = journey.watches() if journey else set()

    @property
    def is_told(self) -> bool:
        """Numbers at all."""
        asked = set().union(*(rules.needs(rule) for rule in self.rules))
        return viewer.may(*asked, *(events_permissions(self.events) & SENSITIVE))

    @cached_property
    def permissions(self) -> set[str]:
        asked = {rights.SEES_PEOPLE}.union(*(rules.permissions(rule) for rule in self.rules))
        if self.events:
            asked |= {"events.view_event"} | events_permissions(self.events)
        return asked

    @property
    def sees_people(self) -> bool:
        """One by one, and their exact numbers."""
        return viewer.may(*self.permissions)


@dataclass
class Card:
    """A step with its numbers."""

    id: str
    number: int
    sentence: str
    goes_to: str = ""
    is_off: bool = False
    came: str = ""
    waiting: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    exits: list[tuple[str, str]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    ways: list[dict] = field(default_factory=list)


class Shown:
    """Of one dry run, for the viewer."""

    def __init__(self, row: DryRun):
        self.row, self.tally = row, Tally.read(row.result)
        self.numbers: dict[str, int] = {}
        self.problem = ""
        self.journey: Definition | None = None
        try:
            self.journey = check(row.definition)
        except InvalidJourney as wrong:
            self.problem = " ".join(wrong.messages)

    # -- who may know

    @cached_property
    def who(self) -> "WhoMayKnow":
        return WhoMayKnow(self.journey)

    @property
    def is_hidden(self) -> bool:
        return not self.who.is_told

    @property
    def sees_people(self) -> bool:
        return self.who.is_told and self.who.sees_people

    def told(self, n: int) -> str:
        """For others a few are not counted, and the rest is rounded, so that nobody is picked out
        by what two dry runs differ in."""
        exact, asked = self.who.sees_people, self.who.permissions
        return rights.numbered(n if exact or n < rights.FEW else n - n % rights.FEW, *asked)

    # -- the cards

    def way(self) -> dict:
        return self.way_of(outline(self.journey.stored)) if self.journey else {}

    def way_of(self, way: Way, label: str = "", n: str = "") -> dict:
        return {
            "name": way.name,
            "label": label,
            "n": n,
            "goes_on": way.goes_on,
            "cards": [self.card(item) for item in way.items],
        }

    def card(self, item: Item) -> Card:
        step = self.journey.steps[item.step]
        number = self.numbers.setdefault(item.step, len(self.numbers) + 1)
        card = Card(item.step, number, self.sentence(item.step), goes_to=item.goes_to)
        if item.goes_to:
            return card
        left = self.left(item.step)
        waits = self.tally.sum(kinds.WAITING, item.step)
        card.is_off = self.journey.is_off(item.step)
        card.came = self.told(sum(left.values()) + waits)
        card.waiting = self.told(waits) if waits else ""
        card.lines, card.marks = self.lines(item.step), self.marks.get(item.step, [])
        if len(step.exits) > 1:
            card.exits = [
                (str(label), self.told(left.get(way, 0))) for way, label in step.exits.items()
            ]
        order = list(step.exits)
        card.ways = [
            self.way_of(
                own, str(step.exits.get(own.name, own.name)), self.told(left.get(own.name, 0))
            )
            for own in sorted(item.ways, key=lambda own: order.index(own.name))
        ]
        return card

    def sentence(self, step: str) -> str:
        return telling.capitalised(self.journey.steps[step].sentence())

    def left(self, step: str) -> dict[str, int]:
        """By way; "" where the journey was left here."""
        return {way: n for (way,), n in self.tally.of(kinds.LEFT, step).items()}

    def lines(self, step: str) -> list[tuple[str, str]]:
        found = []
        if gone := self.left(step).get(""):
            found.append((_("left the journey here"), self.told(gone)))
        for (state, reason), n in sorted(self.tally.of(kinds.MESSAGE, step).items()):
            words = message_words(f"{state}:{reason}" if reason else state)
            found.append((words, self.told(n)))
        if n := self.tally.sum(kinds.FAILED, step):
            found.append((_("could not be judged"), self.told(n)))
        return found

    @cached_property
    def marks(self) -> dict[str, list[str]]:
        return judged.marks(self.journey, self.row.since) if self.journey else {}

    def beginning(self) -> dict:
        """The trigger's card."""
        left = self.left("")
        lines = [(_("have entered"), self.told(self.tally.sum(kinds.ENTERED)))]
        away = {"segment": _("are not in the segment"), "reentry": _("may not enter again yet")}
        lines += [
            (words, self.told(n))
            for why, words in away.items()
            if (n := self.tally.sum(kinds.TURNED_AWAY, why))
        ]
        if n := self.tally.sum(kinds.WAITING, ""):
            lines.append((_("wait here at the end"), self.told(n)))
        did = self.tally.of(kinds.ENDED, Run.State.EXITED)
        if n := did.get(("did_follow",), 0):
            lines.append((_("did it after all"), self.told(n)))
        if n := left.get("", 0):
            lines.append((_("left the journey here"), self.told(n)))
        return {
            "sentence": telling.capitalised(self.journey.trigger.sentence()),
            "lines": lines,
            "marks": self.marks.get("", []),
        }

    def head(self) -> list[dict]:
        """The goal and the exits."""
        found, ways_out = [], self.journey.ways_out
        if ways_out.goal:
            text = leaving.as_goal(ways_out.goal.sentence())
            reached = self.told(self.tally.sum(kinds.GOAL))
            found.append((text, reached, self.marks.get("goal", [])))
        ended = self.tally.of(kinds.ENDED, Run.State.EXITED)
        for place, why in enumerate(ways_out.exits):
            n = ended.get((f"{leaving.LEFT}{place + 1}",), 0)
            marks = self.marks.get(f"exit{place}", [])
            found.append((leaving.as_exit(why.sentence()), self.told(n), marks))
        return [
            {"sentence": telling.capitalised(text), "n": n, "marks": marks}
            for text, n, marks in found
        ]

    # -- in sum

    def sums(self) -> list[tuple[str, str]]:
        found = [
            (_("have entered"), self.tally.sum(kinds.ENTERED)),
            (_("under way at the end"), self.tally.sum(kinds.WAITING)),
            (_("went through"), self.tally.sum(kinds.ENDED, Run.State.COMPLETED)),
            (_("left before the end"), self.tally.sum(kinds.ENDED, Run.State.EXITED)),
        ]
        if n := self.tally.sum(kinds.HELD_OUT):
            found.append((_("held out"), n))
        if self.journey and self.journey.ways_out.goal:
            found.append((_("has reached the goal"), self.tally.sum(kinds.GOAL)))
        return [(words, self.told(n)) for words, n in found]

    def channels(self) -> list[dict]:
        """Each channel with what became of its messages."""
        found: dict[str, list] = {}
        for (channel, state, reason), n in sorted(self.tally.of(kinds.CHANNEL).items()):
            words = message_words(f"{state}:{reason}" if reason else state)
            found.setdefault(channel, []).append((words, self.told(n)))
        return [
            {"channel": named(channel), "rows": rows, "cost": self.cost(channel)}
            for channel, rows in found.items()
        ]

    def cost(self, channel: str) -> str:
        """Empty where no price was set, or nothing costs anything."""
        paid = self.tally.sum(kinds.COST, channel) if self.who.sees_people else 0
        free = self.tally.sum(kinds.UNPRICED, channel)
        if free:
            words = _("no price is set for %(n)s") % {"n": self.told(free)}
            return f"{costs.yuan(paid)} ({words})" if paid else words
        return costs.yuan(paid) if paid else ""

    def coupons(self) -> list[dict]:
        """Each batch: how many were given, what they may cost, and why others got none."""
        found: dict[str, dict] = {}
        for (batch, why), n in sorted(self.tally.of(kinds.COUPON).items()):
            one = found.setdefault(batch, {"given": self.told(0), "why_not": []})
            if why:
                one["why_not"].append((reasons.word(f"{reasons.COUPON}{why}"), self.told(n)))
            else:
                one["given"] = self.told(n)
        names = dict(CouponBatch.objects.filter(pk__in=map(int, found)).values_list("pk", "name"))
        for batch, one in found.items():
            promised = self.tally.sum(kinds.PROMISED, batch)
            one["name"] = names.get(int(batch), f"#{batch}")
            # Beside the worth of one, a sum is a number of people.
            is_told = promised and self.who.sees_people
            one["promised"] = f"¥{yuan(promised)}" if is_told else ""
        return list(found.values())

    def notices(self) -> list[str]:
        """What has to be known to read the numbers."""
        found = []
        if self.row.one_in > 1:
            found.append(
                _(
                    "It would have concerned very many customers: one in %(n)d of them was looked"
                    " at. Multiply the numbers by that."
                )
                % {"n": self.row.one_in}
            )
        if n := self.tally.sum(kinds.HISTORY):
            found.append(
                _(
                    "%(n)s beginnings came by a file or long after they happened. A live journey"
                    " begins with none of those; here they count from when they happened."
                )
                % {"n": self.told(n)}
            )
        if self.tally.sum(kinds.FAILED):
            found.append(_("Some steps could not be judged; whoever came there stands there."))
        return found
