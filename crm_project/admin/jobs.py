"""Background work: the list, a page with the bar that fills, the buttons, the files to fetch."""

from django.contrib import admin, messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from crm_project import audit
from crm_project.admin.base import ModelAdmin, ReadOnly, act
from crm_project.admin.columns import state
from crm_project.admin.filters import Days
from crm_project.files import storing
from crm_project.jobs import running
from crm_project.jobs.kinds import JobKind, jobs
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now

FILES = {"result": gettext_lazy("Fetch the file"), "errors": gettext_lazy("Fetch what was skipped")}
LOOK, STEER = "crm_project.view_job", "crm_project.change_job"
COLOURS = {
    Job.State.DONE: "success",
    Job.State.RUNNING: "info",
    Job.State.FAILED: "danger",
    Job.State.PAUSED: "warning",
    Job.State.CANCELLED: "warning",
}


def kind_of(job: Job) -> JobKind:
    return jobs[job.kind]() if job.kind in jobs else JobKind()


def may_begin_any(request) -> bool:
    """Whether the page is offered: to whoever may begin some kind, or look at all."""
    return request.user.has_perm(LOOK) or any(
        request.user.has_perm(permission) for kind in jobs for permission in kind().permissions()
    )


def in_words(seconds: int) -> str:
    """Time left, as precisely as it can be known."""
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = round(seconds / 60)
    if minutes < 120:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = round(seconds / 3600)
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}


@admin.register(Job)
class JobAdmin(ReadOnly, ModelAdmin):
    """Everybody's own; administrators see and steer all. Files are for who began the job alone."""

    list_display = ("number", "what", "by", "state_label", "counts", "created_at", "ended_at")
    list_filter = ("state", "kind", ("created_at", Days))
    list_select_related = ("by",)
    ordering = ("-pk",)
    fields = (("what", "by"), ("created_at", "ended_at"), "reason")
    readonly_fields = ("what",)
    panels_above = ("hutong/job.html",)
    acts = ("pause", "resume", "cancel")
    is_worked_in_bulk = False

    state_label = state(COLOURS)

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("by")
        return rows if request.user.has_perm(LOOK) else rows.filter(by=request.user)

    def has_view_permission(self, request, obj=None):
        user = request.user
        return (
            user.is_authenticated
            and user.is_staff
            and (obj is None or user.has_perm(LOOK) or obj.by_id == user.pk)
        )

    def has_module_permission(self, request):
        return True

    def may_act(self, request):
        """Of what `get_queryset` shows: one's own, or all with the right to steer."""
        return True

    def acts_on(self, request, row):
        is_own = row.by_id == request.user.pk
        return super().acts_on(request, row) if is_own or request.user.has_perm(STEER) else []

    def get_urls(self):
        view, name = self.admin_site.admin_view, "crm_project_job"
        return [
            path("<int:pk>/progress/", view(self.progress_view), name=f"{name}_progress"),
            path("<int:pk>/file/<slug:which>/", view(self.file_view), name=f"{name}_file"),
            *super().get_urls(),
        ]

    # -- the bar

    def page_context(self, request, row):
        kind, now = kind_of(row), database_now()
        row.is_going = row.state in Job.GOING
        share = 1.0 if row.state == Job.State.DONE else kind.share(row)
        left = running.seconds_left(row, kind, now)
        return {
            "job": row,
            "title": kind.title(row) or row.kind,
            "about": kind.about(row),
            "percent": None if share is None else int(100 * share),
            "left": in_words(left) if left else "",
            "skipped": [
                (kind.words(row, reason), n) for reason, n in sorted(row.skipped.items()) if n
            ],
            "facts": kind.facts(row),
            "files": [
                {"words": words, "url": reverse("admin:crm_project_job_file", args=[row.pk, which])}
                for which, words in FILES.items()
                if self.offers(request, row, which, now)
            ],
        }

    def offers(self, request, row, which: str, now) -> bool:
        """A result that is not whole is none; what was skipped may be looked at any time."""
        file = getattr(row, which)
        return (
            file is not None
            and row.by_id == request.user.pk
            and file.expires_at > now
            and (which == "errors" or row.state == Job.State.DONE)
        )

    def own(self, request, pk: int) -> Job:
        job = self.get_queryset(request).filter(pk=pk).first()
        if job is None:
            raise Http404
        return job

    def progress_view(self, request, pk):
        shown = self.page_context(request, self.own(request, pk))
        # What may no longer be done, and what may now, stands elsewhere on the page.
        headers = {} if shown["job"].is_going else {"HX-Refresh": "true"}
        return TemplateResponse(request, "hutong/job.html", shown, headers=headers)

    def file_view(self, request, pk, which):
        """Only for whoever began it, and for a day."""
        job, now = self.own(request, pk), database_now()
        if which not in FILES or job.by_id != request.user.pk:
            raise Http404
        if not self.offers(request, job, which, now):
            if job.state != Job.State.DONE or job.expires_at is None or job.expires_at > now:
                raise Http404
            return HttpResponse(
                _("This file is no longer kept."),
                status=410,
                content_type="text/plain; charset=utf-8",
            )
        file = getattr(job, which)
        details = {"file": which, "rows": job.done_rows}
        audit.note(
            by=request.user,
            act=f"{kind_of(job).act(job)}.fetch"[:60],
            subject=f"job:{job.pk}",
            details=details,
        )
        response = StreamingHttpResponse(storing.pieces(file), content_type=file.content_type)
        response["Content-Disposition"] = f'attachment; filename="{file.name}"'
        response["Cache-Control"] = "no-store"
        return response

    # -- the buttons

    @act(gettext_lazy("Pause"), icon="pause", shown=lambda job: job.state in Job.GOING)
    def pause(self, request, job):
        if running.pause(job, by=request.user, now=database_now()):
            messages.success(
                request, _("It is paused, and cancelled if nobody resumes it in a week.")
            )

    @act(
        gettext_lazy("Resume"),
        icon="play_arrow",
        style="primary",
        shown=lambda job: job.state == Job.State.PAUSED,
    )
    def resume(self, request, job):
        if running.resume(job, by=request.user, now=database_now()):
            messages.success(request, _("It goes on in a moment."))

    @act(
        gettext_lazy("Cancel"),
        icon="cancel",
        style="danger",
        shown=lambda job: job.state in Job.UNFINISHED,
    )
    def cancel(self, request, job):
        if running.cancel(job, by=request.user, now=database_now()):
            messages.success(request, _("No further row is touched."))

    # -- columns

    @display(description=gettext_lazy("number"), ordering="pk")
    def number(self, row):
        return f"#{row.pk}"

    @display(description=gettext_lazy("what"))
    def what(self, row):
        return kind_of(row).title(row) or row.kind

    @display(description=gettext_lazy("done"), ordering="done_rows")
    def counts(self, row):
        return f"{row.done_rows:,}" if row.total is None else f"{row.done_rows:,} / {row.total:,}"
