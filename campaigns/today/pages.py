"""The page of a day's bookings, what is done from it, and writing to all that it lists."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.admin.content import field_help
from campaigns.today import acts, approved, writing
from campaigns.today.day import MOST, STANDING, Day
from campaigns.today.rows import rows
from crm_project.admin import once, themed
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.data_rights import revealing
from customers.pages.shell import page, page_in_shell
from events.models import Booking

VIEW = "events.view_booking"
PER_PAGE, ON_PAPER = 50, 500
NOT_HERE = tuple(f"{{{{ {root}." for root in ("coupon", "product", "order", "answer", "event"))


@require_GET
@page(VIEW)
def today(request):
    now, user = database_now(), request.user
    day = Day(request.GET, now)
    is_paper = request.GET.get("print") == "1"
    found = day.fitting()
    paged = Paginator(found, ON_PAPER if is_paper else PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": pgettext("bookings", "Today") if day.day == day.today else _("Bookings of a day"),
        "day": day,
        "is_today": day.day == day.today,
        "choices": day.choices(),
        "numbers": day.numbers(),
        "neighbours": day.neighbours(),
        "found": len(found),
        "most": MOST,
        "page": paged,
        "pages": {
            "before": paged.has_previous() and day.address(page=paged.previous_page_number()),
            "after": paged.has_next() and day.address(page=paged.next_page_number()),
        },
        "rows": rows([line.pk for line in paged], user=user, answered=day.answered, now=now),
        "here": day.address(page=paged.number if paged.number > 1 else ""),
        "all_days": reverse("today"),
        "paper": day.address(print="1"),
        "write": day.address() if user.has_perm(writing.PERMISSION) else "",
        "may_reveal": user.has_perm(revealing.PERMISSION),
        "may_plan": user.has_perm(acts.PLANS),
    }
    template = "campaigns/today/paper.html" if is_paper else "campaigns/today/day.html"
    return page_in_shell(request, template, context)


@require_POST
@page(VIEW)
def act(request):
    """One button of one booking; back to where it was pressed."""
    acts.prepare()
    return once.once(request, lambda: acted(request))


def acted(request):
    number = whole_in(request.POST.get("booking", ""))
    listed = Booking.objects.select_related("customer", "source", "store")
    booking = get_object_or_404(listed, pk=number or 0)
    back = f"{reverse('today')}{query(request.POST.get('back', ''))}#booking-{booking.pk}"
    try:
        messages.success(request, done(request, booking))
        once.made(request, back)
    except acts.CannotDo as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(back)


def done(request, booking: Booking) -> str:
    kind, _colon, said = request.POST.get("act", "").partition(":")
    user, now = request.user, database_now()
    if kind == "task":
        if not user.has_perm(acts.PLANS):
            raise acts.CannotDo(_("You may not do this."))
        acts.plan(
            booking.customer,
            request.POST.get("title", ""),
            due_on=Day(request.POST, now).today,
            is_mine=request.POST.get("whose") == "mine",
            by=user,
            now=now,
        )
        return _("The task is saved.")
    if not user.has_perm(acts.PERMISSION):
        raise acts.CannotDo(_("You may not do this."))
    if kind == "answer":
        return acts.answer(booking, said, by=user, now=now)
    if kind == "mark" and said in acts.MARKS:
        token = request.POST.get(once.ONCE, "")
        return acts.mark(booking, said, by=user, token=token, now=now)
    raise acts.CannotDo(_("This cannot be done."))


def query(text: str) -> str:
    """What a form says of where it stood, as a query of ours and nothing else."""
    asked = QueryDict(text.lstrip("?")[:2000])
    return Day(asked, database_now()).address(page=whole_in(asked.get("page", "")) or "")


@require_http_methods(["GET", "POST"])
@page(VIEW, "customers.view_customer", writing.PERMISSION)
def write(request):
    """To all that the list has: written, looked over, confirmed, queued."""
    return once.once(request, lambda: written(request))


def written(request):
    now = database_now()
    day = Day(request.GET, now)
    if day.unreadable:  # nobody is written to by a list that means another one
        return HttpResponseRedirect(f"{reverse('today')}?{request.GET.urlencode()}")
    state = day.filters.get("state", "")
    listed = [line.pk for line in day.fitting(state=state or STANDING)]
    bookings = list(
        Booking.objects.filter(pk__in=listed)
        .select_related("customer", "namespace")
        .order_by("starts_at", "pk")
    )
    context = {
        "title": _("Write to all of these"),
        "day": day,
        "n": len(bookings),
        "back": f"{reverse('today')}{day.address()}",
        "here": day.address() or request.path,
        "leaves_out": not state,
        "field_help": [one for one in field_help() if not one[0].startswith(NOT_HERE)],
    }
    form = writing.WriteForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and bookings:
        plan = writing.plan(bookings, form.cleaned_data, now=now)
        if request.POST.get("confirmed") == plan.mark:
            told = sent(request, plan, day, key=str(form.cleaned_data["once"]), now=now)
            messages.success(request, told)
            once.made(request, context["back"])
            return HttpResponseRedirect(context["back"])
        context |= {
            "plan": plan,
            "has_changed": bool(request.POST.get("confirmed")),
            "posted": kept(request.POST),
        }
    for part in (form, *form.texts.values()):
        themed(part)
    context |= {"form": form, "reached": writing.reached(bookings)}
    return page_in_shell(request, "campaigns/today/write.html", context)


def sent(request, plan: writing.Plan, day: Day, *, key: str, now) -> str:
    """It is sent, or asked for; in a sentence."""
    where = {"key": key, "day": day.day.isoformat(), "filters": day.filters}
    where |= {"by": request.user, "now": now}
    if plan.needs_approval:
        approved.ask(plan, **where)
        return _("Somebody else has been asked for approval; nothing leaves before that.")
    writing.send(plan, **where)
    n = len(plan.bookings)
    said = ngettext(
        "%(n)s message is on its way; each booking says what became of it.",
        "%(n)s messages are on their way; each booking says what became of its own.",
        n,
    )
    return said % {"n": n}


def kept(posted) -> list[tuple[str, str]]:
    """What was filled in, to be sent again with the confirmation."""
    left_out = ("csrfmiddlewaretoken", "confirmed", once.ONCE)
    return [
        (name, value) for name, values in posted.lists() if name not in left_out for value in values
    ]
