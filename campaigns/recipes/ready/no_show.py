"""No-show recovery: an offer, an answer, a task for who did not answer."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import (
    CLINIC,
    SHOP,
    ByTrade,
    Recipe,
    Says,
    happens,
    of_this_booking,
    step,
    task,
    tells,
)

SERVICE = "service"
OFFER = Says(
    title=_("Shall we find another time?"),
    body=_(
        "We missed you on {{ booking.date }} at {{ booking.time }}. If you like, we find another"
        " time for you: one tap is enough."
    ),
    page="{{ booking.answer_page }}",
    button=_("Another time, or no, thank you"),
    purpose=SERVICE,
)
RECIPE = Recipe(
    key="no_show",
    name=_("No-show recovery"),
    does=_(
        "An hour after somebody did not come, they are offered another time and answer with one"
        " tap. Whoever wants one is called; whoever has not answered two days later is called too."
        " It ends as soon as they book again."
    ),
    icon="event_busy",
    trades=(SHOP, CLINIC),
    definition={
        "v": 2,
        "trigger": {
            "trigger": "event",
            "fields": {
                "event": "Booking Missed",
                "where": ByTrade(
                    {
                        CLINIC: [["kind", "is", "appointment"]],
                        "": [],
                    }
                ),
            },
        },
        "reentry": {"kind": "always"},
        "holdout_percent": 0,
        "goal": happens("Booking Created", 14),
        "leave": [of_this_booking("Booking Attended"), of_this_booking("Booking Rescheduled")],
        "start": "s1",
        "steps": {
            "s1": step("wait", {"n": 1, "unit": "hours"}, next="s2"),
            "s2": tells(OFFER, "s3"),
            "s3": step(
                "wait_for_answer",
                {"n": 2, "unit": "days"},
                come="s4",
                cannot=None,
                another_time="s4",
                timed_out="s5",
            ),
            "s4": task(
                _(
                    "{{ customer.name | default: 'The customer' }} missed {{ booking.date }}, {{"
                    " booking.time }} and asks for another time."
                )
            ),
            "s5": task(
                _(
                    "{{ customer.name | default: 'The customer' }} missed {{ booking.date }}, {{"
                    " booking.time }} and has not answered: call them."
                )
            ),
        },
    },
)
