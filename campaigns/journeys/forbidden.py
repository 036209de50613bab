"""What a journey may not do though it could: advertise in the name of service, tell outside the
mini-program what was measured of a body, reward somebody for subscribing, sharing or following
(WeChat's rule 5.21), and send by a channel what it is not for. Asked when it is published; what
runs already is not stopped by it."""

import re

from django.utils.translation import gettext as _

from campaigns.delivery import content, fallback
from campaigns.delivery.channels import channels
from campaigns.journeys.steps.send_message import SendMessage
from campaigns.journeys.steps.wait_for_event import Awaits
from customers.models import Purpose
from events import rights

# However a shop calls these events.
BRIBED = re.compile(
    r"(?<!un)(subscri(be|bed|ption)|follow(ed|s)?\b|share[ds]?\b|(?<!取消)(订阅|关注)|分享|转发)",
    re.IGNORECASE,
)


def refused(definition) -> list[str]:
    """Why the journey is refused, in words; empty where it is not."""
    return [*gifts(definition), *tells(definition), *bribes(definition), *misfits(definition)]


def gifts(definition) -> list[str]:
    """Service messages that speak of a coupon or a recommendation, or fall back to a template that
    is for marketing."""
    service = [
        step
        for step in definition.steps.values()
        if isinstance(step, SendMessage) and not step.is_marketing()
    ]
    words = {
        "coupon": _("%(label)s: a coupon is marketing, a service message does not speak of one."),
        "recommended": _(
            "%(label)s: a recommendation is marketing, a service message does not speak of one."
        ),
    }
    found = [
        said % {"label": step.label}
        for step in service
        for root, said in words.items()
        if any(root in content.roots(text) for text in step.texts())
    ]
    return found + [
        _("%(label)s: the template “%(name)s” is for marketing, a service message does not use it.")
        % {"label": step.label, "name": template.name}
        for step in service
        for template in fallback.chain(step.cleaned_data["otherwise"], step.cleaned_data["channel"])
        if template.purpose == Purpose.MARKETING
    ]


def tells(definition) -> list[str]:
    """Messages that leave the mini-program and speak of an event that is sensitive."""
    if not rights.events_permissions(definition.trigger.watches()) & rights.SENSITIVE:
        return []
    return [
        _(
            "%(label)s: what was measured of somebody is told inside the mini-program only. Leave"
            " out {{ event… }}."
        )
        % {"label": step.label}
        for step in definition.steps.values()
        if isinstance(step, SendMessage)
        and not channels[step.cleaned_data["channel"]].is_pull
        and any("event" in content.roots(text) for text in step.texts())
    ]


def misfits(definition) -> list[str]:
    """Messages that their channel, or that of a fallback, does not carry for this purpose."""
    found = []
    for step in definition.steps.values():
        if not isinstance(step, SendMessage):
            continue
        data = step.cleaned_data
        said = [{"channel": data["channel"], "content": data["content"]}, *step.alternatives()]
        for one in said:
            if one["channel"] in channels and (
                why := channels[one["channel"]]().unfit(one["content"], data["purpose"])
            ):
                found.append(f"{step.label}: {why}")
    return found


def bribes(definition) -> list[str]:
    """Steps that give a coupon after somebody subscribed, shared or followed."""
    found, seen = set(), set()
    waiting = [(definition.target("", "next"), is_bribed(definition.trigger.starts()))]
    while waiting:
        key, after = place = waiting.pop()
        if place in seen or key not in definition.steps:
            continue
        seen.add(place)
        step = definition.steps[key]
        if after and (step.carries() | step.gives(next(iter(step.exits), ""))) & {"coupon"}:
            found.add(key)
        awaits = isinstance(step, Awaits) and is_bribed(step.awaited)
        waiting += [
            (definition.target(key, way), after or (awaits and way == "happened"))
            for way in step.exits
        ]
    return [
        _(
            "%(label)s: WeChat forbids to reward subscribing, sharing or following (rule 5.21); no"
            " coupon may come after such an event."
        )
        % {"label": definition.steps[key].label}
        for key in sorted(found)
    ]


def is_bribed(event: str) -> bool:
    return bool(BRIBED.search(event))
