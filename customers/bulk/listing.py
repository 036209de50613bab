"""A list as whoever began a job sees it: its rows by their filter, its columns by their view."""

from django.http import QueryDict
from django.test import RequestFactory
from django.utils.translation import gettext as _

from crm_project.bounds import whole_in
from crm_project.jobs.kinds import Refused
from crm_project.jobs.models import Job

CHOSEN = "ids"  # in the query: these rows only


def asking(job: Job):
    """The request by which they would see the list."""
    query = QueryDict(job.params["query"], mutable=True)
    query.pop(CHOSEN, None)
    request = RequestFactory().get("/", QUERY_STRING=query.urlencode())
    request.user = job.by
    request.resolver_match = None
    return request


def listed(job: Job, model_admin):
    """The rows that the list shows to whoever began the job, with its filter. Raises Refused."""
    request, chosen = asking(job), QueryDict(job.params["query"]).get(CHOSEN, "")
    if not (job.by.is_active and model_admin.has_view_permission(request)):
        raise Refused(_("Whoever began it may not do this any more."))
    rows = model_admin.get_changelist_instance(request).get_queryset(request)
    if chosen:
        rows = rows.filter(
            pk__in=[pk for said in chosen.split(",") if (pk := whole_in(said)) is not None]
        )
    return rows
