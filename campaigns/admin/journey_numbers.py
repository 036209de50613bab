"""The numbers of a journey as its page shows them: on each card and way, over a period, each
leading to the people behind it."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from campaigns.delivery import reasons
from campaigns.journeys.numbers.reading import Goal, StepNumbers, goals, numbers
from campaigns.models import Assignment, Coupon, Journey, Message
from crm_project.db.clock import today
from customers.segments import rights

PERIODS = {"": _("all the time"), "30": _("30 days"), "7": _("7 days"), "1": _("today")}
ARMS = {
    "": _("everybody"),
    Assignment.Arm.TREATED.value: Assignment.Arm.TREATED.label,
    Assignment.Arm.HELD_OUT.value: Assignment.Arm.HELD_OUT.label,
}


KINDS = ("waiting", "entered", "left", "began", "goal")
KEPT = "journey_numbers"  # in the session


class PageNumbers:
    """Of one journey, over the period and the arm that the page's address asks for. A page whose
    other links do not say them (`is_kept`) goes on with what was chosen last."""

    def __init__(self, request, journey: Journey, *, is_kept: bool = False):
        self.request, self.journey, self.is_kept = request, journey, is_kept
        self.period = self.chosen("days", PERIODS)
        self.arm = self.chosen("arm", ARMS)
        self.since = today() - timedelta(days=int(self.period) - 1) if self.period else None
        self.may_list_runs = request.user.has_perm("campaigns.view_run")
        self.may_list_messages = request.user.has_perm("campaigns.view_message")
        self.may_list_coupons = request.user.has_perm("campaigns.view_coupon")

    def chosen(self, name: str, known: dict) -> str:
        kept = self.request.session.get(KEPT, {}) if self.is_kept else {}
        value = self.request.GET.get(name, kept.get(name, ""))
        value = value if value in known else ""
        if self.is_kept and kept.get(name, "") != value:
            self.request.session[KEPT] = {**kept, name: value}
        return value

    @cached_property
    def of_journey(self):
        return numbers(self.journey.pk, since=self.since, arm=self.arm)

    def periods(self) -> list[dict]:
        return self.choices("days", PERIODS, self.period)

    def arms(self) -> list[dict]:
        return self.choices("arm", ARMS, self.arm)

    def choices(self, name: str, known: dict, chosen: str) -> list[dict]:
        asked = {"days": self.period, "arm": self.arm, "step": self.request.GET.get("step", "")}
        return [
            {
                "label": label,
                "is_chosen": key == chosen,
                "url": "?" + urlencode(self.said_in_address(asked | {name: key})),
            }
            for key, label in known.items()
        ]

    def said_in_address(self, asked: dict) -> dict:
        """What is kept must be said to be taken back."""
        return {k: v for k, v in asked.items() if v or (self.is_kept and k != "step")}

    def waiting(self, step: str) -> str:
        return rights.numbered(self.step(step).waiting)

    def waiting_url(self, step: str) -> str:
        return self.runs("waiting", step)

    def way(self, step: str, way: str) -> str:
        """How many left the step by this way; "" for none."""
        n = self.step(step).left[way]
        return rights.numbered(n) if n else ""

    def way_url(self, step: str, way: str) -> str:
        return self.runs("left", step, way)

    def lines(self, step: str) -> list[dict]:
        """What a card says below its sentence: each number with the list of who is behind it."""
        if not step:
            return self.of_whole()
        at = self.step(step)
        found = [(_("came"), at.entered, self.runs("entered", step))] if at.entered else []
        if gone := at.left[""]:
            found.append((_("left the journey here"), gone, self.runs("left", step)))
        found += [
            (message_words(way), n, self.messages(step, way))
            for way, n in sorted(at.messages.items(), key=lambda pair: (":" in pair[0], pair[0]))
            if n
        ]
        found += [
            (coupon_words(state), n, self.coupons(step, state))
            for state, n in sorted(at.coupons.items())
            if n
        ]
        return shown(found)

    def of_whole(self) -> list[dict]:
        """What the card of the beginning says."""
        whole = self.of_journey
        found = [
            (pgettext("numbers", "entered"), whole.entered, self.runs("began", "")),
            (_("reached the goal"), whole.reached, self.runs("goal", "")),
        ]
        return shown([line for line in found if line[1]])

    def step(self, step: str) -> StepNumbers:
        return self.of_journey.steps[step]

    def goals(self) -> list[dict]:
        """A line for each version, the newest first: of each arm who entered and who reached the
        goal, and over all the time the share."""
        found = {(one.version_id, one.arm): one for one in goals(self.journey.pk, since=self.since)}
        if not any(one.reached for one in found.values()) and not self.has_goal():
            return []
        names = dict(
            self.journey.versions.filter(pk__in={version for version, _arm in found}).values_list(
                "pk", "number"
            )
        )
        return [
            {
                "version": f"v{names.get(version, '?')}",
                "arms": [self.goal(found.get((version, arm)), version, arm) for arm in ARMS if arm],
            }
            for version in sorted({version for version, _arm in found}, reverse=True)
        ]

    def has_goal(self) -> bool:
        published = self.journey.published
        return bool(published and published.definition.get("goal"))

    def goal(self, one: Goal | None, version: int, arm: str) -> dict:
        one = one or Goal(version, arm, 0, 0)
        is_few = rights.is_untold(one.reached) or rights.is_untold(one.entered - one.reached)
        is_whole = one.entered and self.since is None and not is_few
        return {
            "label": ARMS[arm],
            "entered": rights.numbered(one.entered),
            "entered_url": self.runs("began", "", str(version), arm) if one.entered else "",
            "reached": rights.numbered(one.reached),
            "reached_url": self.runs("goal", "", str(version), arm) if one.reached else "",
            "share": f"{one.reached / one.entered:.1%}" if is_whole else "",
        }

    def runs(self, kind: str, step: str, way: str = "", arm: str | None = None) -> str:
        if not self.may_list_runs:
            return ""
        since = self.since.isoformat() if self.since and kind != "waiting" else ""
        whose = self.arm if arm is None else arm
        asked = {
            "journey__id__exact": self.journey.pk,
            "numbers": f"{kind}|{step}|{way}|{since}|{whose}",  # read by run_numbers.py
        }
        return f"{reverse('admin:campaigns_run_changelist')}?{urlencode(asked)}"

    def messages(self, step: str, way: str) -> str:
        if not self.may_list_messages:
            return ""
        state, _colon, reason = way.partition(":")
        asked = {"journey_id": self.journey.pk, "step": step, "state__exact": state}
        asked |= {"reason": reason} if reason else {}
        asked |= self.behind("created_at")
        return f"{reverse('admin:campaigns_message_changelist')}?{urlencode(asked)}"

    def coupons(self, step: str, state: str) -> str:
        if not self.may_list_coupons:
            return ""
        asked = {"issued_by": f"journey:{self.journey.pk}", "step": step}
        asked |= {} if state == Coupon.State.ISSUED else {"state__exact": state}
        return f"{reverse('admin:campaigns_coupon_changelist')}?{urlencode(asked)}"

    def behind(self, column: str) -> dict:
        return {f"{column}__date__gte": self.since.isoformat()} if self.since else {}


def shown(lines: list[tuple]) -> list[dict]:
    return [{"label": label, "n": rights.numbered(n), "url": url} for label, n, url in lines]


def message_words(way: str) -> str:
    state, _colon, reason = way.partition(":")
    label = Message.State(state).label if state in Message.State.values else state
    return f"{label}: {reasons.word(reason)}" if reason else str(label)


def coupon_words(state: str) -> str:
    label = Coupon.State(state).label if state in Coupon.State.values else state
    return _("coupon %(state)s") % {"state": label}


def read(text: str) -> tuple[str, str, str, date | None, str] | None:
    """What the address of a list of runs says: kind, step, way, since, arm. None where it is
    something else."""
    parts = text.split("|")
    if len(parts) != 5 or parts[0] not in KINDS:
        return None
    kind, step, way, since, arm = parts
    try:
        return kind, step, way, date.fromisoformat(since) if since else None, arm
    except ValueError:
        return None
