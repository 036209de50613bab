"""Launching a campaign needs a second pair of eyes, where the workspace wants one."""

from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.broadcasts import variants
from campaigns.broadcasts.contents import CannotLaunch, checked, described
from campaigns.delivery.channels import channels, named
from campaigns.models import Campaign
from crm_project.web import viewer
from customers.approval.kinds import Kind, Refused
from customers.models import Purpose
from customers.segments import rules
from customers.workspace import schedule_field


class LaunchOfCampaign(Kind):
    key, label, model = "campaign", gettext_lazy("launching a campaign"), Campaign
    permission = "campaigns.view_campaign"

    def content(self, row: Campaign) -> dict:
        try:
            return described(row, checked(row))
        except CannotLaunch as refused:
            raise Refused(" ".join(refused.messages)) from refused

    def words(self, content: dict) -> list[tuple[str, str]]:
        channel = content["channel"]
        kind = channels.by_key.get(channel)
        return [
            (_("name"), content["name"]),
            *whom_words(content),
            (_("channel"), str(kind.label) if kind else channel),
            (_("purpose"), str(dict(Purpose.choices).get(content["purpose"], ""))),
            *lines(channel, content["texts"]),
            *(
                (_("otherwise, by %(channel)s") % {"channel": named(other["channel"])}, said(other))
                for other in content.get("alternatives", [])
            ),
            (_("coupon"), content["coupon_name"]),
            (_("begins"), moment_words(content["starts_at"])),
            (_("again and again"), said_schedule(content.get("schedule"))),
            (_("at most so many an hour"), str(content.get("per_hour") or "")),
            (_("urgent: also at night"), _("yes") if content.get("is_urgent") else ""),
            (_("held out, to measure the effect (%)"), str(content.get("holdout_percent") or "")),
            (_("passes the caps"), _("yes") if content.get("passes_caps") else ""),
            *variant_words(content),
        ]


def variant_words(content: dict) -> list[tuple[str, str]]:
    """What is tried beside the first, and how the comparison ends."""
    if not (others := content.get("variants")):
        return []
    test, found = content["test"], [(_("share of A (%)"), str(content["share"]))]
    for one in others:
        key = {"key": variants.name(one["key"])}
        found += [
            (f"{key['key']}: {label}", text)
            for label, text in lines(content["channel"], one["content"])
        ]
        found += [
            (_("coupon of %(key)s") % key, one["coupon_name"]),
            (_("share of %(key)s (%%)") % key, str(one["share"])),
            (_("%(key)s: so many hours later") % key, str(one["hours"] or "")),
        ]
        for other in one["alternatives"]:
            by = key | {"channel": named(other["channel"])}
            found.append((_("%(key)s: otherwise, by %(channel)s") % by, said(other)))
    return [
        *found,
        (_("in the test (% of the audience)"), str(test["percent"])),
        (_("what counts"), str(Campaign.Metric(test["metric"]).label)),
        (_("decided so many hours after it began"), str(test["decide_hours"])),
        (_("the others"), str(Campaign.ToRest(test["to_rest"]).label)),
    ]


def said_schedule(schedule: dict | None) -> str:
    return schedule_field.sentence(schedule) if schedule else ""


def whom_words(content: dict) -> list[tuple[str, str]]:
    """Who is meant; of each segment its rule, as it was when it was asked for."""
    if "audience_words" not in content:  # asked for before campaigns could mean several
        return [
            (_("segment"), content["segment_name"]),
            (_("who is in it"), rule_words(content["rule"])),
        ]
    rules_said = [rule_words(rule) for _pk, rule in sorted(content["rules"].items()) if rule]
    return [
        *((str(what), str(who)) for what, who in content["audience_words"]),
        (_("who is in it"), " / ".join(rules_said)),
    ]


def said(other: dict) -> str:
    """The texts of a fallback, one after the other."""
    return " / ".join(text for _label, text in lines(other["channel"], other["content"]) if text)


def lines(channel: str, texts: dict) -> list[tuple[str, str]]:
    """Each text with its label, as the channel calls it."""
    kind = channels.by_key.get(channel)
    told = kind().labelled(texts) if kind else [(name, name, text) for name, text in texts.items()]
    return [(label, str(text or "")) for _name, label, text in told]


def rule_words(rule) -> str:
    """What the reader may know of it."""
    if not rule or not viewer.may(*rules.needs(rule)):
        return "–"
    return rules.sentence(rule)


def moment_words(said: str | None) -> str:
    at: datetime | None = parse_datetime(said) if said else None
    return date_format(localtime(at), "DATETIME_FORMAT") if at else _("at its launch")
