"""What a report says of variants against each other: a sentence first, then a line for each."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.broadcasts import deciding, variants
from campaigns.models import Campaign, CampaignSlot
from campaigns.reports import shown
from campaigns.reports.arithmetic.arms import Arm
from campaigns.reports.arithmetic.intervals import wilson
from campaigns.reports.arithmetic.verdicts import FEWEST_CONVERSIONS, people_to_plan
from campaigns.reports.reading import Report, Tried
from campaigns.reports.sentences import yuan

Metric = Campaign.Metric


def block(report: Report) -> dict:
    """Empty where everybody was told the same."""
    if report.tried is None:
        return {}
    return {
        "sentence": sentence(report),
        "rest": [line for line in map(rest_words, report.tried.winners) if line],
        "rows": [row(report, key) for key in report.tried.shares],
        "metric": Metric(report.tried.metric).label,
        "is_compared": bool(report.held_out.people),
    }


def sentence(report: Report) -> str:
    """Which one did best, if one did, for somebody who knows no statistics."""
    tried = report.tried
    if tried is None:
        return ""
    if tried.decide_at is None or tried.counted is None:
        return too_early(tried)
    if report.split.is_red:
        return _("The variants are not as large as was planned: they cannot be compared.")
    found = deciding.arms(tried.counted)
    if any(shown.rights.is_untold(arm.converted) for arm in found.values()):
        return _("Too few people to say anything that would not be about single ones.")
    winner = deciding.judged(tried.counted).winner
    return won(tried, found, winner) if winner else open_words(found)


def too_early(tried: Tried) -> str:
    if tried.decide_at is None:
        return _("The variants are compared once it has begun.")
    moment = date_format(localtime(tried.decide_at), "DATETIME_FORMAT")
    return _(
        "The variants are compared on %(moment)s; until then any difference may be chance."
    ) % {"moment": moment}


def won(tried: Tried, found: dict[str, Arm], winner: str) -> str:
    second = max((key for key in found if key != winner), key=lambda key: found[key].share)
    values = {
        "winner": variants.name(winner),
        "second": variants.name(second),
        "share": f"{found[winner].share:.1%}",
        "other": f"{found[second].share:.1%}",
    }
    words = {
        Metric.BOUGHT: _(
            "%(winner)s is the best: %(share)s of its people bought, against %(other)s with"
            " %(second)s. That is more than chance does."
        ),
        Metric.CLICKED: _(
            "%(winner)s is the best: %(share)s of its people clicked, against %(other)s with"
            " %(second)s. That is more than chance does."
        ),
        Metric.OPENED: _(
            "%(winner)s is the best: %(share)s of its people opened it, against %(other)s with"
            " %(second)s. That is more than chance does."
        ),
    }
    return words[Metric(tried.metric)] % values


def open_words(found: dict[str, Arm]) -> str:
    """Why there is no winner, and about how many people it would take."""
    needed = wanted(found)
    if min(arm.converted for arm in found.values()) < FEWEST_CONVERSIONS:
        if needed is None:
            return ngettext(
                "Nobody can tell yet which is the best: fewer than %(n)d person did what counts.",
                "Nobody can tell yet which is the best: fewer than %(n)d people did what counts.",
                FEWEST_CONVERSIONS,
            ) % {"n": FEWEST_CONVERSIONS}
        return _(
            "Nobody can tell yet which is the best: that would take about %(n)s people in the test."
        ) % {"n": f"{needed:,}"}
    if needed is None:
        return _("No difference between the variants is to be seen: take the one you like.")
    return _(
        "No difference between the variants is to be seen that could not be chance. If there is"
        " one like this, it would take about %(n)s people in the test to be sure."
    ) % {"n": f"{needed:,}"}


def wanted(found: dict[str, Arm]) -> int | None:
    """For the two best, as many of each; of all variants together."""
    if any(not arm.people for arm in found.values()):
        return None
    best, second = sorted((arm.share for arm in found.values()), reverse=True)[:2]
    two = people_to_plan(second, best - second, 0.5)
    return two and round(two / 2 * len(found))


def rest_words(winner: tuple) -> str:
    key, at, by = winner
    moment = date_format(localtime(at), "DATETIME_FORMAT")
    if key == CampaignSlot.NOBODY:
        return _("The rest got nothing: %(by)s said so on %(moment)s.") % {
            "by": by or "–",
            "moment": moment,
        }
    values = {"key": variants.name(key), "by": by or "", "moment": moment}
    if by is None:
        return _("The rest got %(key)s from %(moment)s on, by itself.") % values
    return _("The rest got %(key)s from %(moment)s on: %(by)s said so.") % values


def row(report: Report, key: str) -> dict:
    """One variant: everybody who was drawn for it, what counts, money, and its own profit against
    whoever was held out."""
    tried, one = report.tried, report.of_arm(key)
    people, did = counted(report, key)
    tells = shown.tells(one)
    may_show = bool(people) and not shown.rights.is_untold(did)
    low, high = wilson(did, people)
    profit = report.profit_of(key) if tells and shown.tells(report.held_out) else None
    return {
        "label": variants.name(key),
        "share_planned": f"{tried.shares[key] if tried else 0:g} %",
        "people": shown.rights.numbered(people or one.people),
        "did": shown.rights.numbered(did),
        "share": shown.share(did, people) if may_show else shown.HIDDEN,
        "between": f"{low:.1%} – {high:.1%}" if may_show else "",
        "net": yuan(one.net_fen) if tells else shown.HIDDEN,
        "profit": shown.spread(profit) if profit else (shown.HIDDEN, ""),
    }


def counted(report: Report, key: str) -> tuple[int, int]:
    """As at the decision; before it as far as is known."""
    tried = report.tried
    if tried and tried.counted:
        people, did = tried.counted.get(key, [0, 0])
        return people, did
    one = report.of_arm(key)
    if tried and tried.metric != Metric.BOUGHT:
        column = "clicked" if tried.metric == Metric.CLICKED else "opened"
        return one.people, report.total(column, arm=key)
    return one.people, one.converted


def as_rows(report: Report) -> list[list[str]]:
    """For a spreadsheet."""
    found = block(report)
    if not found:
        return []
    head = [_("variant"), _("people"), str(found["metric"]), _("share"), "", _("net"), _("profit")]
    return [
        [],
        [found["sentence"]],
        *([line] for line in found["rest"]),
        [*head, ""],
        *(
            [
                *(one[name] for name in ("label", "people", "did", "share", "between", "net")),
                *one["profit"],
            ]
            for one in found["rows"]
        ),
    ]
