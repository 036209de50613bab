"""What there is to do for customers: mine, what nobody has taken, everybody's; due, planned,
done."""

from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from crm_project.db import clock
from customers.models import FollowUp
from customers.pages.shell import page, page_in_shell

PER_PAGE = 50
WHEN = {
    "due": gettext_lazy("Due"),
    "open": gettext_lazy("Planned"),
    "done": gettext_lazy("Done"),
}
WHOSE = {
    "mine": gettext_lazy("Mine"),
    "free": gettext_lazy("Nobody's yet"),
    "all": gettext_lazy("Everybody's"),
}


@require_GET
@page("customers.view_followup")
def my_tasks(request):
    today = clock.today()
    when = request.GET.get("when") if request.GET.get("when") in WHEN else "due"
    whose = request.GET.get("whose") if request.GET.get("whose") in WHOSE else "mine"
    tasks = of(whose, request.user)
    counts = tasks.open().aggregate(
        due=Count("pk", filter=due(today)), open=Count("pk", filter=~due(today))
    )
    listed = chosen(tasks, when, today).select_related("customer", "assignee", "by", "role")
    context = {
        "title": _("My tasks"),
        "when": when,
        "whose": whose,
        "tabs": [(key, label, counts.get(key)) for key, label in WHEN.items()],
        "owners": WHOSE.items(),
        "today": today,
        "page": Paginator(listed, PER_PAGE).get_page(request.GET.get("page")),
        "others": [one for one in FollowUp.Result.choices if one[0] != FollowUp.Result.DONE],
        "may_finish": request.user.has_perms(
            ["customers.change_followup", "customers.view_customer"]
        ),
    }
    return page_in_shell(request, "customers/followups.html", context)


def of(whose: str, user):
    tasks = FollowUp.objects.all()
    if whose == "mine":
        return tasks.filter(Q(assignee=user) | Q(assignee=None, role__in=user.groups.all()))
    return tasks.filter(assignee=None, role=None) if whose == "free" else tasks


def due(today) -> Q:
    """What has no day is wanted now."""
    return Q(due_on__lte=today) | Q(due_on=None)


def chosen(tasks, when: str, today):
    if when == "done":
        return tasks.exclude(done_at=None).order_by("-done_at", "-pk")
    open_ones = tasks.open()
    return (
        open_ones.filter(due(today)) if when == "due" else open_ones.exclude(due(today))
    ).order_by(F("due_on").asc(nulls_last=True), "pk")
