"""Whether a text fits its template: each value, and whether people subscribed to such a thing."""

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from campaigns.delivery import content as texts
from integrations.wechat.subscribe import values
from integrations.wechat.subscribe.models import Grant, SubscribeTemplate

About = SubscribeTemplate.About
MOST_COUNTED = 10_000  # a preview is made with every pause in typing
# What a text must speak of, so that it is about what people subscribed to.
SPEAKS_OF = {
    About.BOOKING: frozenset({"booking", "event"}),
    About.ORDER: frozenset({"order", "event"}),
    About.COUPON: frozenset({"coupon", "event"}),
}


class Shown(NamedTuple):
    """One value as it would be sent."""

    label: str
    text: str
    problem: str


def values_in(one: SubscribeTemplate, content: dict) -> Iterator[tuple[dict, str]]:
    """Each keyword of the template with its value, as it is sent."""
    for n, keyword in enumerate(one.keywords, 1):
        yield keyword, values.shaped(keyword["kind"], str(content.get(f"value{n}") or ""))


def faults(one: SubscribeTemplate, content: dict) -> list[str]:
    """The keywords whose value WeChat would refuse."""
    return [
        keyword["key"]
        for keyword, text in values_in(one, content)
        if not values.is_good(keyword, text)
    ]


def unfit(one: SubscribeTemplate | None, content: dict, purpose: str) -> str:
    """Why this text may not be sent by this template for this purpose, in words; or ""."""
    if one is None or not one.is_there:
        return _("WeChat has no such template any more.")
    if one.about == About.UNSTATED:
        return _(
            "“%(title)s”: say first what people subscribed to, on the page of the template."
        ) % {"title": one}
    if not one.fits(purpose):
        return _(
            "“%(title)s”: people subscribed to %(about)s, and this message is for something else"
            " (WeChat's rule 5.21)."
        ) % {"title": one, "about": one.get_about_display()}
    for n, keyword in enumerate(one.keywords, 1):
        if not content.get(f"value{n}"):
            return _("“%(title)s”: the template wants “%(label)s”.") % {
                "title": one,
                "label": keyword["label"] or keyword["key"],
            }
    wanted = SPEAKS_OF.get(About(one.about))
    spoken = {root for text in content.values() for root in roots(str(text or ""))}
    if wanted and not wanted & spoken:
        return _(
            "“%(title)s”: people subscribed to %(about)s, and this text names nothing of it."
            " Use a field such as %(field)s."
        ) % {
            "title": one,
            "about": one.get_about_display(),
            "field": f"{{{{ {min(wanted)}.… }}}}",
        }
    return ""


def roots(text: str) -> frozenset[str]:
    try:
        return texts.roots(text)
    except texts.BrokenContent:
        return frozenset()


def left_in_words(one: SubscribeTemplate) -> str:
    """How many messages of this template may be sent; of a long-term one, to how many people."""
    n = Grant.objects.filter(template=one, state=Grant.State.FREE)[: MOST_COUNTED + 1].count()
    return f"{n:,}" if n <= MOST_COUNTED else f"{MOST_COUNTED:,}+"


def card(one: SubscribeTemplate | None, filled: dict, purpose: str) -> dict:
    """What the message looks like, with what is wrong with it."""
    if one is None:
        return {"title": "", "values": [], "promise": ""}
    return {
        "title": one.title,
        "promise": one.promise,
        "about": one.get_about_display(),
        "is_fit": one.fits(purpose),
        "is_long_term": one.is_long_term,
        "left": left_in_words(one),
        "page": filled.get("page", ""),
        "values": [
            Shown(
                keyword["label"] or keyword["key"],
                text,
                "" if values.is_good(keyword, text) else values.in_words(keyword),
            )
            for keyword, text in values_in(one, filled)
        ],
    }
