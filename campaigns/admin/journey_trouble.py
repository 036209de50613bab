"""On a journey's page: steps that went wrong, with how many, and what is done with all of them."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.journeys import late, lifecycle, telling, trouble
from campaigns.journeys.definition import InvalidJourney
from campaigns.models import Journey, Run
from crm_project.admin import once
from crm_project.queue.due import database_now
from customers.segments import rights

ACTS = {"try_again": trouble.try_again, "skip": trouble.skip, "take_out": trouble.take_out}
WITH_LATE, WITHOUT_LATE = "with_late", "without_late"


class HelpsStuckRuns:
    """For the admin of journeys."""

    def what_is_late(self, journey: Journey) -> late.Late:
        return late.counts(journey, database_now())

    def go_on(self, request, journey: Journey, act: str) -> None:
        """A paused journey is live again, with what is late or without."""
        if act == WITH_LATE:
            is_done = lifecycle.resume(journey, by=request.user)
        else:
            is_done = late.go_on_without(journey, by=request.user, now=database_now())
        if is_done:
            self.message_user(request, _("The journey goes on."))

    def in_trouble(self, journey: Journey) -> list[dict]:
        return [
            {
                "step": one.step,
                "sentence": in_words(journey, one.step),
                "held": rights.numbered(one.held),
                "retried": rights.numbered(one.retried),
                "error": one.error,
            }
            for one in trouble.counts(journey)
        ]

    @method_decorator(once.sent_once)
    def trouble_view(self, request, pk: int):
        """All runs in trouble at one step are tried again, skip it, or are taken out."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        journey, act = Journey.objects.filter(pk=pk).first(), ACTS.get(request.POST.get("act"))
        if not self.may_act(request):
            raise PermissionDenied
        if journey is not None and request.POST.get("act") in (WITH_LATE, WITHOUT_LATE):
            self.go_on(request, journey, request.POST["act"])
            return HttpResponseRedirect(self.page_of(journey))
        if journey is None or act is None:
            raise Http404
        runs = trouble.of_journey(journey).filter(step=request.POST.get("step", ""))
        n = act(Run.objects.filter(pk__in=runs.values("pk")), by=request.user, now=database_now())
        self.message_user(
            request, ngettext("Done for %(n)d run.", "Done for %(n)d runs.", n) % {"n": n}
        )
        return HttpResponseRedirect(self.page_of(journey))


def in_words(journey: Journey, step: str) -> str:
    try:
        return telling.position(journey.published_id, step)
    except InvalidJourney:
        return step
