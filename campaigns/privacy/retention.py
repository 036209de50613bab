"""What we did about it, and how long it is kept."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import (
    CHANNELS,
    SHOP,
    ById,
    ByItself,
    Stays,
    StaysWithCustomer,
    Whence,
    WhyKept,
)
from customers.data_rights.retention.kinds import THREE_YEARS
from customers.models import ChangedCustomer
from events.privacy.retention import Money

UNDER_WAY = " AND t.state NOT IN ('queued', 'sending', 'waiting')"
SMS = _("what was sent by SMS is kept for five months at least (通信短信息服务管理规定)")


class Emptied(ById):
    """The row stays, without what it says."""

    triggers_in_vain = (ChangedCustomer._meta.db_table,)  # nobody is in or out of a segment for it


class MessageContents(Emptied):
    key, label = "message_contents", _("contents of messages")
    what, why, whence = (
        _("the words that were sent, and what was filled in"),
        WhyKept.CONSENT,
        Whence.OURS,
    )
    tables, clock, default, least, law = ("campaigns.Message",), "t.created_at", 13, 5, SMS
    goes_to = (CHANNELS, SHOP)
    action = (
        "UPDATE {table} t SET content = '{{}}', facts = '{{}}', error = '', alternatives = '[]'"
    )
    where = (
        f"{UNDER_WAY} AND (t.content <> '{{}}' OR t.facts <> '{{}}' OR t.error <> '' OR"
        " t.alternatives <> '[]')"
    )


class Messages(Money):
    key, label = "messages", _("messages")
    what = _(
        "that a message was sent, when, by which channel, for which campaign, and what became of it"
    )
    why, whence = WhyKept.PROOF, Whence.OURS
    tables, clock, default, least, law = (
        ("campaigns.Message",),
        "greatest(t.created_at, t.sent_at)",
        60,
        36,
        THREE_YEARS,
    )
    where, frozen, changes = UNDER_WAY, ("messages", "attributed"), "message"


class RunDetails(Emptied):
    """The row stays, so that nobody who was to enter once enters again."""

    key, label, is_trace = "run_details", _("ended ways through journeys"), True
    what, why, whence = (
        _("the event and the products that somebody's way through a journey was about"),
        WhyKept.CONSENT,
        Whence.OURS,
    )
    tables, clock, default = ("campaigns.Run",), "t.ended_at", 25
    action = (
        "UPDATE {table} t SET keys = NULL, event_id = NULL, event_occurred_at = NULL, error = '',"
        " facts = CASE WHEN facts ? 'assignment' THEN jsonb_build_object('assignment', facts ->"
        " 'assignment') ELSE '{{}}' END"
    )
    where = (
        " AND (t.facts - 'assignment' <> '{}' OR t.keys IS NOT NULL OR t.event_id IS NOT NULL OR"
        " t.error <> '')"
    )


class RunSteps(ById):
    key, label, follows, is_trace = "run_steps", _("steps of ended ways"), "run_details", True
    what, why, whence = (
        _("which steps somebody visited, when, and what came of it"),
        WhyKept.CONSENT,
        Whence.OURS,
    )
    tables, is_settable = (
        ("campaigns.RunStep", "campaigns.RunMove", "campaigns.GoalReached"),
        False,
    )
    where = (
        " AND EXISTS (SELECT FROM campaigns_run r WHERE r.id = t.run_id AND r.ended_at <"
        " %(before)s)"
    )


class Refusals(Stays):
    key, label = "refusals", _("suppressions")
    what = _("that nothing goes to somebody on a channel, since when and why")
    why, whence, law = WhyKept.PROOF, Whence.REPLY, THREE_YEARS
    tables = ("campaigns.Suppression",)


class Coupons(Stays):
    key, label = "coupons", _("coupons")
    what = _("which coupons somebody was given and used, with every move (codes sealed)")
    why, whence, law = (
        WhyKept.BOOKS,
        Whence.OURS,
        _(
            "records of trade are kept for three years at least after the trade is done (电子商务法 31)"  # noqa: E501
        ),
    )
    tables = ("campaigns.Coupon", "campaigns.CouponMove", "campaigns.BatchCode")
    goes_to = (SHOP,)


class Assignments(StaysWithCustomer):
    key, label, is_trace = "assignments", _("assignments"), True
    what = _("who was treated and who held out, so that the effect can be measured")
    why, whence = WhyKept.CONSENT, Whence.OURS
    tables = ("campaigns.Assignment",)


class TestPersons(StaysWithCustomer):
    key, label = "test_persons", _("test persons")
    what = _("which customer a member of the staff is, to whom their test messages go")
    why, whence = WhyKept.CONSENT, Whence.OURS
    tables = ("campaigns.TestPerson",)


class DryRuns(ById):
    key, label, is_personal = "dry_runs", _("dry runs of journeys"), False
    what = _("how many would have gone which way through a journey in a time of the past")
    why, whence = WhyKept.CONSENT, Whence.OURS
    tables, clock, default, asks = ("campaigns.DryRun",), "t.created_at", 3, False


class Links(Stays):
    key, label, is_personal = "links", _("links"), False
    what, why, whence = _("addresses that letters lead to"), WhyKept.CONSENT, Whence.OURS
    tables = ("campaigns.Link",)


class EarlyReceipts(ByItself):
    key, label, is_personal = "early_receipts", _("early receipts"), False
    what = _("what vendors said of messages that were not recorded yet")
    why, whence, term = WhyKept.PROOF, Whence.REPLY, _("72 hours at most")
    tables = ("campaigns.EarlyReceipt",)
