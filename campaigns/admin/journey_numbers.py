"""The numbers of a journey as its page shows them: on each card and way, over a period, each
leading to the people behind it."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from campaigns.delivery import reasons
from campaigns.journeys.numbers.reading import StepNumbers, numbers
from campaigns.models import Assignment, Coupon, Journey, Message
from crm_project.db.clock import today
from customers.segments import rights

PERIODS = {"": _("all the time"), "30": _("30 days"), "7": _("7 days"), "1": _("today")}
ARMS = {
    "": _("everybody"),
    Assignment.Arm.TREATED.value: Assignment.Arm.TREATED.label,
    Assignment.Arm.HELD_OUT.value: Assignment.Arm.HELD_OUT.label,
}


class PageNumbers:
    """Of one journey, over the period and the arm that the page's address asks for."""

    def __init__(self, request, journey: Journey):
        self.request, self.journey = request, journey
        self.period = self.chosen("days", PERIODS)
        self.arm = self.chosen("arm", ARMS)
        self.since = today() - timedelta(days=int(self.period) - 1) if self.period else None
        self.may_list_runs = request.user.has_perm("campaigns.view_run")
        self.may_list_messages = request.user.has_perm("campaigns.view_message")
        self.may_list_coupons = request.user.has_perm("campaigns.view_coupon")

    def chosen(self, name: str, known: dict) -> str:
        value = self.request.GET.get(name, "")
        return value if value in known else ""

    @cached_property
    def of_journey(self):
        return numbers(self.journey.pk, since=self.since, arm=self.arm)

    def periods(self) -> list[dict]:
        return self.choices("days", PERIODS, self.period)

    def arms(self) -> list[dict]:
        return self.choices("arm", ARMS, self.arm)

    def choices(self, name: str, known: dict, chosen: str) -> list[dict]:
        asked = {"days": self.period, "arm": self.arm}
        return [
            {
                "label": label,
                "is_chosen": key == chosen,
                "url": "?" + urlencode({k: v for k, v in (asked | {name: key}).items() if v}),
            }
            for key, label in known.items()
        ]

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
        at = self.step(step)
        found = [(_("came"), at.entered, self.runs("entered", step))] if step and at.entered else []
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
        return [{"label": label, "n": rights.numbered(n), "url": url} for label, n, url in found]

    def step(self, step: str) -> StepNumbers:
        return self.of_journey.steps[step]

    def runs(self, kind: str, step: str, way: str = "") -> str:
        if not self.may_list_runs:
            return ""
        asked = {"journey__id__exact": self.journey.pk, "numbers": said(kind, step, way, self)}
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


def said(kind: str, step: str, way: str, page: PageNumbers) -> str:
    """What the list of runs reads (campaigns/admin/run_numbers.py)."""
    since = page.since.isoformat() if page.since and kind != "waiting" else ""
    return f"{kind}|{step}|{way}|{since}|{page.arm}"


def message_words(way: str) -> str:
    state, _colon, reason = way.partition(":")
    label = Message.State(state).label if state in Message.State.values else state
    return f"{label}: {reasons.word(reason)}" if reason else str(label)


def coupon_words(state: str) -> str:
    label = Coupon.State(state).label if state in Coupon.State.values else state
    return _("coupon %(state)s") % {"state": label}


def read(text: str) -> tuple[str, str, str, date | None, str] | None:
    """What `said` wrote: kind, step, way, since, arm. None where it is something else."""
    parts = text.split("|")
    if len(parts) != 5 or parts[0] not in ("waiting", "entered", "left"):
        return None
    kind, step, way, since, arm = parts
    try:
        return kind, step, way, date.fromisoformat(since) if since else None, arm
    except ValueError:
        return None
