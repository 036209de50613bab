"""The blocks of a report's page, in the reader's words. Numbers of a few people are hidden from
whoever may not see people, and what money goes with them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from campaigns.delivery import reasons
from campaigns.models import Assignment, Message
from campaigns.reports import reading
from campaigns.reports.arithmetic.intervals import (
    Interval,
    difference_of_means,
    difference_of_shares,
)
from campaigns.reports.reading import Report
from campaigns.reports.sentences import yuan
from customers.segments import rights

PERCENT = 100
HIDDEN = "–"
Line = tuple[str, str]


def accounts(report: Report) -> list[Line]:
    """Everybody targeted is in exactly one of the lines below the first."""
    labels = dict(Message.State.choices)
    counts = dict(report.by_state)
    targeted = (
        max(report.targeted, sum(counts.values())) if is_campaign(report) else sum(counts.values())
    )
    counts[Message.State.QUEUED] += targeted - sum(counts.values())  # whose row is not made yet
    lines = [(labels[state], rights.numbered(n)) for state, n in counts.items()]
    return [(_("targeted"), rights.numbered(targeted)), *lines]


def is_campaign(report: Report) -> bool:
    return report.of.startswith("campaign:")


def why_not(report: Report) -> list[tuple[str, str, str]]:
    labels = dict(Message.State.choices)
    return [
        (labels.get(state, state), reasons.word(reason), rights.numbered(n))
        for (state, reason), n in report.reasons.items()
    ]


def funnel(report: Report) -> list[dict]:
    """From sent to bought; machines apart, since they are nobody."""
    sent = report.total("n", state=Message.State.SENT)
    steps = [
        (_("sent"), sent, ""),
        (_("delivered"), report.total("delivered"), ""),
        (_("opened by people"), report.total("opened"), machines(report.total("machine_opened"))),
        (
            _("clicked by people"),
            report.total("clicked"),
            machines(report.total("machine_clicked")),
        ),
        (_("orders that followed"), report.total("orders"), ""),
    ]
    most = max([n for _label, n, _more in steps] or [0]) or 1
    return [
        {
            "label": label,
            "n": rights.numbered(n),
            "more": more,
            "width": 0 if rights.is_untold(n) else round(n * PERCENT / most, 1),
            "share": share(n, sent) if sent and not rights.is_untold(n) else "",
        }
        for label, n, more in steps
    ]


def machines(n: int) -> str:
    if not n:
        return ""
    return ngettext("and %(n)s by a machine", "and %(n)s by machines", n) % {
        "n": rights.numbered(n)
    }


def share(n: int, whole: int) -> str:
    return f"{n / whole:.1%}"


def arms(report: Report) -> list[dict]:
    """The people of each arm, and what they did; money apart."""
    of_all = Assignment.Arm.HELD_OUT_ALL.label
    rows = [(_("got it"), report.treated), (_("held out"), report.held_out)]
    rows += [(of_all, report.of_all)] if report.of_all.people else []
    rows += [(_("got the winner afterwards"), report.rest)] if report.rest.people else []
    return [
        {
            "label": label,
            "people": rights.numbered(one.people),
            "converted": rights.numbered(one.converted),
            "share": share(one.converted, one.people) if tells(one) else HIDDEN,
            "net": yuan(one.net_fen) if tells(one) else HIDDEN,
            "each": f"¥{one.by_net.mean / PERCENT:,.2f}" if tells(one) else HIDDEN,
        }
        for label, one in rows
        if one.people
    ]


def tells(one) -> bool:
    few = rights.is_untold(one.converted) or rights.is_untold(one.people - one.converted)
    return bool(one.people) and not few


def may_compare(report: Report) -> bool:
    return tells(report.treated) and tells(report.held_out)


def spread(one: Interval | None) -> Line:
    """A sum of money and between which two the true one lies."""
    if one is None:
        return HIDDEN, ""
    return yuan(one.value), _("%(low)s to %(high)s") % {
        "low": yuan(one.low),
        "high": yuan(one.high),
    }


def points(one: Interval | None) -> Line:
    """A difference of shares in percentage points."""
    if one is None:
        return HIDDEN, ""
    low, high = (f"{value * PERCENT:+.2f}" for value in (one.low, one.high))
    return (
        _("%(n)s points") % {"n": f"{one.value * PERCENT:+.2f}"},
        _("%(low)s to %(high)s") % {"low": low, "high": high},
    )


def measured(report: Report) -> list[tuple[str, str, str, str]]:
    """What it did, by the comparison: label, number, interval, what that means."""
    if not may_compare(report):
        return []
    return [
        (_("more people who bought"), *points(report.conversion), ""),
        (
            pgettext("report", "incremental net"),
            *spread(report.incremental),
            _("what would not have been sold without it"),
        ),
        (_("of it after margins"), *spread(report.gain), ""),
        (_("profit"), *spread(report.profit), _("after what sending and exchanges cost")),
    ]


def item(report: Report) -> list[dict]:
    """Orders with what the campaign is to sell, and what of their money is its own."""
    rows = [
        (_("got it"), report.people(reading.is_treated, "item")),
        (_("held out"), report.of_arm(reading.HELD_OUT, "item")),
    ]
    return [
        {
            "label": label,
            "people": rights.numbered(one.people),
            "converted": rights.numbered(one.converted),
            "share": share(one.converted, one.people) if tells(one) else HIDDEN,
            "orders": rights.numbered(one.orders),
            "net": yuan(one.net_fen) if tells(one) else HIDDEN,
            "each": f"¥{one.by_net.mean / PERCENT:,.2f}" if tells(one) else HIDDEN,
        }
        for label, one in rows
        if one.people
    ]


def item_measured(report: Report) -> list[tuple[str, str, str]]:
    """What more of it was sold than without: label, number, interval."""
    one, held = report.people(reading.is_treated, "item"), report.of_arm(reading.HELD_OUT, "item")
    if not (tells(one) and tells(held)):
        return []
    more = difference_of_means(one.by_net, held.by_net)
    return [
        (
            _("more people who bought it"),
            *points(difference_of_shares(one.by_net, held.by_net)),
        ),
        (_("incremental net of it"), *spread(more and more.times(one.people))),
    ]


def costs(report: Report) -> list[tuple[str, str, str]]:
    """Label, money, what that means."""
    few = rights.is_untold(report.total("orders"))
    rows = [
        (
            pgettext("report", "attributed net"),
            HIDDEN if few else yuan(report.attributed_fen),
            _("of orders that followed a message of it; not the same as what it earned"),
        ),
        (pgettext("report", "sending"), f"¥{report.total('cost') / 10_000:,.2f}", ""),
    ]
    if report.coupons:
        rows += [
            (
                _("discount given"),
                HIDDEN if rights.is_untold(report.redeemed) else yuan(report.discount_fen),
                _("already inside the net; not taken off again"),
            ),
            (_("exchanges, at your cost"), yuan(report.given_fen), ""),
        ]
    if not may_compare(report):
        rows.append(
            (
                _("attributed profit"),
                HIDDEN if few else yuan(report.attributed_profit_fen),
                _("as if nobody had bought without it: too good to be true"),
            )
        )
    return rows


def coupons(report: Report) -> list[Line]:
    if not report.coupons:
        return []
    return [
        (_("coupons issued"), rights.numbered(report.coupons)),
        (_("redeemed"), rights.numbered(report.redeemed)),
    ]


def as_rows(report: Report, sentence: str) -> list[list[str]]:
    """The whole of it for a spreadsheet."""
    rows: list[list[str]] = [[sentence], []]
    rows += [list(line) for line in accounts(report)]
    rows += [list(line) for line in why_not(report)]
    rows += [[], *([one["label"], one["n"], one["share"], one["more"]] for one in funnel(report))]
    rows += [
        [],
        ["", _("people"), _("bought"), _("share"), _("net"), _("net a head")],
        *(list(one.values()) for one in arms(report)),
        [],
        *(list(one.values()) for one in item(report)),
        *(list(line) for line in item_measured(report)),
        [],
        *(list(line) for line in measured(report)),
        *(list(line) for line in costs(report)),
        *(list(line) for line in coupons(report)),
    ]
    return rows
