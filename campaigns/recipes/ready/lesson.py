"""Lesson reminder with absence follow-up."""

from django.utils.translation import gettext_lazy as _

from campaigns.recipes.parts import SCHOOL, Recipe, Says, of_this_booking, step, task, tells

SERVICE = "service"
TOMORROW = Says(
    title=_("A lesson on {{ booking.date }} at {{ booking.time }}"),
    body=_(
        "{{ booking.for_name | default: customer.name | default: 'Hello' }}: {{ booking.name |"
        " default: 'your lesson' }} begins on {{ booking.date }} at {{ booking.time }}.{% if"
        " booking.place %} Place: {{ booking.place }}.{% endif %} See you there!"
    ),
    purpose=SERVICE,
)
MISSED = Says(
    title=_("We missed you"),
    body=_(
        "{{ booking.for_name | default: customer.name | default: 'Hello' }} was not in the lesson"
        " of {{ booking.date }}, {{ booking.time }}. We call you to find a time to make up for it."
    ),
    purpose=SERVICE,
)
RECIPE = Recipe(
    key="lesson",
    name=_("Lesson reminder, and who was absent"),
    does=_(
        "A day before each lesson the family is reminded; two children of one phone are reminded of"
        " their own lessons. A lesson that moves takes its reminder along. Whoever was absent is"
        " written to, and a teacher has the task to call."
    ),
    icon="school",
    trades=(SCHOOL,),
    definition={
        "v": 2,
        "trigger": {
            "trigger": "booking",
            "fields": {"kind": "class", "direction": "before", "n": 1, "unit": "days"},
        },
        "reentry": {"kind": "always"},
        "holdout_percent": 0,
        "leave": [of_this_booking("Booking Rescheduled"), of_this_booking("Booking Cancelled")],
        "start": "s1",
        "steps": {
            "s1": tells(TOMORROW, "s2"),
            "s2": step(
                "wait_for_event",
                {"event": "Booking Missed", "key_of": "booking", "n": 2, "unit": "days"},
                happened="s3",
                timed_out=None,
            ),
            "s3": tells(MISSED, "s4"),
            "s4": task(
                _(
                    "Absent on {{ booking.date }}, {{ booking.time }}: {{ booking.for_name |"
                    " default: customer.name | default: 'a student' }}. Find a time to make up for"
                    " the lesson."
                )
            ),
        },
    },
)
