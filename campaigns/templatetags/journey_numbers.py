"""Numbers of a journey's steps on the cards of its editor: the same as on its page."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.inclusion_tag("campaigns/journeys/step_numbers.html")
def step_numbers(numbers, step: str, exits=(), ways=()) -> dict:
    """What the card of a step says; ways that are not drawn beside each other are told here."""
    if numbers is None:
        return {}
    lines = numbers.lines(step)
    if not ways:
        lines += [
            {"label": label or _("went on"), "n": n, "url": numbers.way_url(step, way)}
            for way, label in exits
            if (n := numbers.way(step, way))
        ]
    waiting = step and numbers.step(step).waiting
    return {
        "lines": lines,
        "waiting": numbers.waiting(step) if waiting else "",
        "waiting_url": numbers.waiting_url(step) if waiting else "",
    }


@register.inclusion_tag("campaigns/journeys/way_number.html")
def way_number(numbers, step: str, way: str) -> dict:
    """How many left the step by this way."""
    n = numbers.way(step, way) if numbers else ""
    return {"n": n, "url": numbers.way_url(step, way) if n else ""}
