"""What a report says first, in words that need no statistics."""

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.reports.arithmetic.verdicts import FEWEST_CONVERSIONS, Verdict
from campaigns.reports.reading import end_of

FEN = 100
GOOD, BAD, OPEN = "good", "bad", "open"
MOOD = {Verdict.EARNED: GOOD, Verdict.LOST: BAD, Verdict.BROKEN: BAD}


def yuan(fen: float) -> str:
    """ "¥12,340" """
    return f"{'−' if fen < 0 else ''}¥{abs(fen) / FEN:,.0f}"


def first(report) -> tuple[str, str]:
    """How good it is (good, bad, open), and the sentence."""
    verdict = report.said.verdict
    words = SENTENCES[verdict](report)
    if report.until is not None:
        words = _("Of those who came until %(day)s: %(said)s") % {
            "day": date_format(end_of(report.until) - timedelta(days=1), "DATE_FORMAT"),
            "said": words,
        }
    return MOOD.get(verdict, OPEN), words


def earned(report) -> str:
    if report.cost_fen:
        brought = report.gain.value * FEN / report.cost_fen
        return _("For every 100 yuan it cost it brought %(brought)s; we are sure it earned.") % {
            "brought": f"{brought:,.0f}"
        }
    return _(
        "It cost nothing to send and brought about %(money)s more than there would have been"
        " without it; we are sure it earned."
    ) % {"money": yuan(report.profit.value)}


def lost(report) -> str:
    return _("It lost money: about %(money)s.") % {"money": yuan(-report.profit.value)}


def unsure(report) -> str:
    if report.said.needed is None:
        return _(
            "We cannot tell whether it earned anything: what it does, if it does anything, is too"
            " little to be seen."
        )
    return _("We cannot tell yet: it would take about %(n)s people.") % {
        "n": f"{report.said.needed:,}"
    }


def too_few(report) -> str:
    if report.said.needed is None:
        return ngettext(
            "We cannot tell yet: fewer than %(n)d person of one of the two groups bought.",
            "We cannot tell yet: fewer than %(n)d people of one of the two groups bought.",
            FEWEST_CONVERSIONS,
        ) % {"n": FEWEST_CONVERSIONS}
    return unsure(report)


def too_early(report) -> str:
    if report.is_open or report.over_at is None:
        return _("It is too early to say: it is still under way, and orders still count.")
    return _("It is too early to say: orders count until %(moment)s.") % {
        "moment": date_format(localtime(report.over_at), "DATETIME_FORMAT")
    }


def broken(report) -> str:
    return _(
        "The two groups are not as large as was planned, which chance does not do: something put"
        " people into the wrong one. No comparison of this report can be believed."
    )


def no_holdout(report) -> str:
    return _(
        "Orders of %(money)s followed its messages. What people would have bought anyway cannot be"
        " known, since nobody was held out."
    ) % {"money": yuan(report.attributed_fen)}


def nothing(report) -> str:
    return _("Nobody has been in it yet.")


SENTENCES = {
    Verdict.EARNED: earned,
    Verdict.LOST: lost,
    Verdict.UNSURE: unsure,
    Verdict.TOO_FEW: too_few,
    Verdict.TOO_EARLY: too_early,
    Verdict.BROKEN: broken,
    Verdict.NO_HOLDOUT: no_holdout,
    Verdict.NOTHING: nothing,
}
