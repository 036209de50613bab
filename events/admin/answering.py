"""What this room lets staff do from a customer's page: write down what somebody answered to a
booking, on the phone or at the desk."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.db.clock import Now, database_now
from customers.models import AuditEntry
from customers.profile.actions import Action, ActionRefused
from events import answers
from events.models import Booking

MISSED_LATELY = timedelta(days=30)


class AnswerBooking(Action):
    """Of bookings that are to come, and of those that were missed lately."""

    key, label, icon = "answer", gettext_lazy("Answer to a booking"), "event_available"
    permission = "events.change_booking"
    button = gettext_lazy("Write down the answer")
    note = gettext_lazy(
        "What the customer said. The booking itself stays as the shop's system has it; journeys"
        " that wait for the answer go on."
    )

    class Form(forms.Form):
        booking = forms.ModelChoiceField(
            label=gettext_lazy("booking"), queryset=Booking.objects.none(), empty_label=None
        )
        answer = forms.ChoiceField(
            label=gettext_lazy("answer"),
            choices=answers.Answer.choices,
            widget=forms.RadioSelect,
        )

    def form(self, data=None, initial=None):
        answers.prepare()
        form = super().form(data, initial)
        open_ones = Booking.objects.filter(
            Q(status__in=Booking.AWAITED, starts_at__gt=Now())
            | Q(status=Booking.Status.NO_SHOW, starts_at__gt=database_now() - MISSED_LATELY),
            customer=self.customer,
        ).order_by("starts_at")
        form.fields["booking"].queryset = open_ones
        form.fields["booking"].label_from_instance = in_words
        return form

    def carry_out(self, data, now):
        booking, answer = data["booking"], answers.Answer(data["answer"])
        if answer not in answers.asked_of(booking, now):
            raise ActionRefused(_("This cannot be answered to a booking that was missed."))
        if answers.state(booking, answer, by="staff", now=now):
            AuditEntry.objects.create(
                by=self.user,
                act="booking.answer",
                subject=f"customer:{self.customer.pk}",
                details={"booking": booking.pk, "answer": str(answer)},
            )
        return _("The answer is written down.")


def in_words(booking: Booking) -> str:
    when = date_format(timezone.localtime(booking.starts_at), "SHORT_DATETIME_FORMAT")
    said = " · ".join(filter(None, (booking.name or booking.number, booking.for_name)))
    return f"{when} · {said} ({booking.get_status_display()})"
