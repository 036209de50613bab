"""Until the customer of the booking says whether they come, or until the time for it is over.

The answer is the event *Booking Answered* (events/answers.py), whoever told it: a shop's
server, staff, or the customer on the page behind {{ booking.answer_page }}.
"""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.steps.wait_for_event import Awaits, n_field, unit_field
from customers.segments.conditions.fields import span
from events.answers import Answer
from events.commerce import bookings


class WaitForAnswer(Awaits):
    """A way for each answer; who does not answer in time has a way of their own."""

    key, label = "wait_for_answer", gettext_lazy("Wait for the answer to a booking")

    n, unit = n_field(), unit_field()

    @property
    def awaited(self):
        return bookings.ANSWERED

    @property
    def exits(self):
        return {
            str(Answer.COME): gettext_lazy("comes"),
            str(Answer.CANNOT): gettext_lazy("cannot come"),
            str(Answer.ANOTHER_TIME): gettext_lazy("asks for another time"),
            "timed_out": gettext_lazy("no answer"),
        }

    def happened(self, runs):
        """What a server says beside the three answers is none."""
        found: dict[int, tuple[str, datetime]] = {}
        for answer in Answer.values:
            for run, one in self.first(runs, [["answer", "is", answer]], "booking").items():
                if run not in found or one.at < found[run][1]:
                    found[run] = answer, one.at
        return found

    def sentence(self):
        words = {"span": span(self.cleaned_data["n"], self.cleaned_data["unit"])}
        return _("wait for the answer to this booking, for at most %(span)s") % words
