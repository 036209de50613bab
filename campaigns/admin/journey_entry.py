"""On a live journey's page: those who are in its segment already and began nothing by it, and at
which speed they are let in."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Min
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.broadcasts import schedules
from campaigns.journeys import definition
from campaigns.journeys.definition import InvalidJourney
from campaigns.journeys.occasions import OnBooking
from campaigns.models import Firing, Journey
from crm_project.admin import Form, once
from crm_project.attention import MOST, told
from crm_project.queue.due import database_now
from customers.models import AuditEntry
from customers.segments import rights


class SpeedForm(Form):
    per_hour = forms.IntegerField(
        label=gettext_lazy("enter in an hour, at most"),
        min_value=1,
        max_value=1_000_000,
        initial=1000,
        required=False,
        help_text=gettext_lazy("Empty: all at once."),
    )


class LetsIn:
    """For the admin of journeys."""

    def earlier(self, journey: Journey) -> dict:
        """Bookings made before the journey, whose time for it is still to come; empty where it does
        not begin with a booking's time."""
        try:
            trigger = (
                journey.status == Journey.Status.LIVE
                and definition.of_version(journey.published_id).trigger
            )
        except InvalidJourney:
            return {}
        if not isinstance(trigger, OnBooking):
            return {}
        first = journey.versions.aggregate(at=Min("published_at"))["at"]
        n = trigger.foreseen(first, database_now())[:MOST].count()
        return {"n": told(n), "begin": trigger.params()["earlier"]} if n else {}

    def inside(self, journey: Journey) -> dict:
        """The segment with how many are in it; empty where the trigger has none."""
        try:
            segment = journey.status == Journey.Status.LIVE and schedules.segment_of(
                journey.published_id
            )
        except InvalidJourney:
            return {}
        if not segment:
            return {}
        firings = Firing.objects.filter(
            subject=f"journey:{journey.published_id}", due_at__isnull=False
        )
        return {
            "segment": segment,
            "size": rights.numbered(segment.size),
            "is_under_way": firings.exists(),
            "form": SpeedForm(),
        }

    @method_decorator(once.sent_once)
    def let_in_view(self, request, pk: int):
        """Those who are in the segment enter, so many in an hour."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_act(request):
            raise PermissionDenied
        journey, form = Journey.objects.filter(pk=pk).first(), SpeedForm(request.POST)
        if journey is None:
            raise Http404
        if not form.is_valid():
            self.message_user(request, next(iter(form.errors["per_hour"])), "error")
            return HttpResponseRedirect(self.page_of(journey))
        per_hour = form.cleaned_data["per_hour"]
        if schedules.let_in(journey, database_now(), per_hour=per_hour):
            AuditEntry.objects.create(
                by=request.user,
                act="journey.let_in",
                subject=f"journey:{journey.pk}",
                details={"per_hour": per_hour},
            )
            self.message_user(request, _("They enter now, as far as they may."))
        else:
            self.message_user(request, _("Nobody can be let in now."), "error")
        return HttpResponseRedirect(self.page_of(journey))
