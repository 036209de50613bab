"""Appointment reminder: come, cannot, another time. It names no department, no place, no
reason."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import (
    CLINIC,
    SHOP,
    ByTrade,
    Recipe,
    Says,
    of_this_booking,
    step,
    task,
    tells,
)

SERVICE = "service"
TOMORROW = Says(
    title=_("Your appointment on {{ booking.date }} at {{ booking.time }}"),
    body=_(
        "{{ workspace.name }} expects you on {{ booking.date }} at {{ booking.time }}. Please tell"
        " us whether you come: one tap is enough."
    ),
    page="{{ booking.answer_page }}",
    button=_("I come, I cannot, another time"),
    purpose=SERVICE,
)
TODAY = Says(
    title=_("Today at {{ booking.time }}"),
    body=_(
        "{{ workspace.name }} expects you today at {{ booking.time }}. If something comes up,"
        " please tell us."
    ),
    page="{{ booking.answer_page }}",
    button=_("I come, I cannot, another time"),
    purpose=SERVICE,
)
RECIPE = Recipe(
    key="appointment",
    name=_("Appointment reminder with answer"),
    does=_(
        "A day before the appointment the customer is reminded and answers with one tap: I come, I"
        " cannot, another time. Staff get a task where something is to be done. Who did not answer"
        " is reminded again three hours before. Nothing is said of what the appointment is for."
    ),
    icon="event",
    trades=(CLINIC, SHOP),
    definition={
        "v": 2,
        "trigger": {
            "trigger": "booking",
            "fields": {
                "kind": ByTrade({SHOP: "service", "": "appointment"}),
                "direction": "before",
                "n": 1,
                "unit": "days",
            },
        },
        "reentry": {"kind": "always"},
        "holdout_percent": 0,
        "leave": [of_this_booking("Booking Rescheduled"), of_this_booking("Booking Cancelled")],
        "start": "s1",
        "steps": {
            "s1": tells(TOMORROW, "s2"),
            "s2": step(
                "wait_for_answer",
                {"n": 20, "unit": "hours"},
                come=None,
                cannot="s3",
                another_time="s4",
                timed_out="s5",
            ),
            "s3": task(
                _(
                    "{{ customer.name | default: 'The customer' }} cannot come on {{ booking.date"
                    " }}, {{ booking.time }}: cancel it, and give the time to somebody else."
                )
            ),
            "s4": task(
                _(
                    "{{ customer.name | default: 'The customer' }} asks for another time instead of"
                    " {{ booking.date }}, {{ booking.time }}."
                )
            ),
            "s5": step(
                "wait_for_booking",
                {"direction": "before", "n": 3, "unit": "hours"},
                next="s6",
                cancelled=None,
                too_late=None,
                unknown=None,
            ),
            "s6": tells(TODAY),
        },
    },
)
