"""Come, cannot, another time: the page behind the signed link of a message, on which the customer
of a booking answers.

Programs look at links before people do, so looking changes nothing; an answer is a POST. The page
says no more than when the booking is: neither what it is, nor where, nor with whom, nor whose.
"""

from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.delivery import answer_pages
from crm_project.db.clock import database_now
from crm_project.web import addresses
from customers.models import Customer, Workspace
from events import answers
from events.models import Booking
from integrations.doors import throttle

HOUR = 3600
GUESSES, CHANGES = 20, 20  # in an hour: wrong codes of one network, answers to one booking


@csrf_exempt  # whoever has the link is not logged in; the signed code is what allows it
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def answer(request, code: str):
    guesses = f"answer-guesses:{addresses.network_of(request)}"
    if throttle.added(guesses, 0, seconds=HOUR) >= GUESSES:
        return shown(request, "busy", status=429)
    named = answer_pages.read(code)
    if named is None:
        throttle.added(guesses, 1, seconds=HOUR)
        raise Http404
    now = database_now()
    booking = meant(named) if named.ends_at > now else None
    if booking is None:
        return shown(request, "over", status=410)
    asked = answers.asked_of(booking, now)
    given = request.POST.get("answer", "") if request.method == "POST" else ""
    if given and given in asked:
        if throttle.added(f"answers:{booking.pk}", 1, seconds=HOUR) > CHANGES:
            return shown(request, "busy", status=429)
        answers.state(booking, answers.Answer(given), by="page", now=now)
    said = answers.latest([booking]).get(booking.pk)
    return shown(
        request,
        "asked" if asked else "past",
        booking=booking,
        asked=[one for one in asked if said is None or one != said.answer],
        said=said and said.answer,
        is_missed=booking.status == Booking.Status.NO_SHOW,
        status=422 if request.method == "POST" and given not in asked and asked else 200,
    )


def meant(named: answer_pages.Code) -> Booking | None:
    """The booking, while it is still that customer's and they were not forgotten."""
    booking = Booking.objects.filter(pk=named.booking).first()
    whose = Customer.objects.filter(pk=named.customer, erased_at=None).first()
    if booking is None or whose is None or booking.origin_customer_id != whose.pk:
        return None
    return booking if Customer.objects.alive().filter(pk=booking.customer_id).exists() else None


def shown(request, state: str, *, status: int = 200, booking=None, **more) -> HttpResponse:
    workspace = Workspace.get()
    starts = booking and booking.starts_at.astimezone(ZoneInfo(workspace.time_zone))
    context = {"state": state, "brand": workspace.name, "starts": starts, **more}
    response = render(request, "bookings/answer.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response
