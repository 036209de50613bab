"""Imports: a file is brought, its columns are looked at and corrected, it is tried, it comes in,
and it can be undone."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from campaigns.admin.journey_entry import SpeedForm
from campaigns.models import Journey
from crm_project.admin import Days, ModelAdmin, ReadOnly, once
from crm_project.admin.jobs import in_words, kind_of
from crm_project.files import uploads
from crm_project.files.stores import StoreFailed
from crm_project.jobs import running
from crm_project.jobs.kinds import Refused
from crm_project.jobs.models import Job
from crm_project.queue.due import database_now
from crm_project.web.sizes import takes_files
from integrations.admin.import_forms import ColumnsForm, OptionsForm, ShapeForm, UploadForm
from integrations.models import FileImport
from integrations.sync.files import (
    beginning,
    effects,
    letting_in,
    mapping,
    templates,
    undoing,
)
from integrations.sync.files.kinds.all_kinds import KINDS
from integrations.sync.files.kinds.base import OUTCOMES
from integrations.sync.files.reading.rows import CannotRead, Shape

FILE = "admin:crm_project_job_file"
REFUSED = (CannotRead, Refused, uploads.Refused, StoreFailed)
SAMPLES = 3
SHOWN_CELLS = 40  # characters


@admin.register(FileImport)
class FileImportAdmin(ReadOnly, ModelAdmin):
    """Everybody's own; whoever may change them sees all."""

    list_display = ("name", "kind_label", "by", "created_at", "state", "counts")
    list_filter = ("kind", ("created_at", Days))
    list_select_related = ("by",)
    ordering = ("-pk",)
    list_top = "integrations/imports/list_top.html"
    when_empty = gettext_lazy("Old members, orders and the like come here by CSV or Excel.")
    is_worked_in_bulk = False

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows if request.user.has_perm(CHANGE) else rows.filter(by=request.user)

    def has_add_permission(self, request):
        return request.user.has_perm(ADD)

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(ADD) or super().has_view_permission(request, obj)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "template/<slug:kind>/",
                view(self.template_view),
                name="integrations_fileimport_template",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        context = {"kinds": list(KINDS.values()), "may_bring": self.has_add_permission(request)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def template_view(self, request, kind):
        """A file to fill in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if kind not in KINDS:
            raise Http404
        response = HttpResponse(templates.workbook(KINDS[kind]), content_type=templates.XLSX)
        response["Content-Disposition"] = f'attachment; filename="hutong-{kind}.xlsx"'
        return response

    # -- bringing a file

    @takes_files
    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            data, now = form.cleaned_data, database_now()
            try:
                one = beginning.look_at(
                    form.brought(request.user, now),
                    kind=data["kind"],
                    namespace=data["namespace"],
                    last=data["last"],
                    by=request.user,
                    now=now,
                )
                return HttpResponseRedirect(self.page_of(one))
            except REFUSED as refused:
                form.add_error("file", str(refused))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Bring a file"),
            "opts": self.opts,
            "form": form,
            "kinds": list(KINDS.values()),
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "integrations/imports/upload.html", context, status=status)

    # -- its page

    def change_view(self, request, object_id, form_url="", extra_context=None):
        one = self.get_object(request, object_id)
        if one is None:
            raise Http404
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return once.once(request, lambda: self.posted(request, one))
        return self.shown(request, one)

    def posted(self, request, one):
        """What a button of the page asks for."""
        now, by = database_now(), request.user
        try:
            if "let_in" in request.POST and one.job_id:
                return self.let_in(request, one, now)
            if "undo" in request.POST and one.job_id and not one.undo_id:
                undoing.begin(one, by=by, now=now)
            elif one.job_id or one.by_id != by.pk:
                messages.warning(request, self.too_late())
            elif "reshape" in request.POST:
                form = ShapeForm(request.POST, one)
                if not form.is_valid():
                    return self.shown(request, one, shape_form=form)
                beginning.reshape(one, **form.said(one))
            elif not self.saved(request, one):
                return self.shown(request, one, is_bound=True)
            elif "go" in request.POST:
                beginning.go(one, by=by, now=now)
            elif "try" in request.POST:
                beginning.try_it(one, by=by, now=now)
        except REFUSED as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(self.page_of(one))

    def let_in(self, request, one, now):
        """Whom the file brought enters a journey; raises Refused."""
        form, said = SpeedForm(request.POST), request.POST["let_in"]
        if not request.user.has_perm(LET_IN):
            raise PermissionDenied
        journey = Journey.objects.filter(pk=said if said.isdecimal() else None).first()
        if journey is None:
            raise Http404
        if not form.is_valid():
            messages.error(request, next(iter(form.errors["per_hour"])))
            return HttpResponseRedirect(self.page_of(one))
        per_hour = form.cleaned_data["per_hour"]
        letting_in.begin(one, journey, per_hour=per_hour, by=request.user, now=now)
        messages.success(request, _("They enter now, as far as they may."))
        return HttpResponseRedirect(self.page_of(one))

    def saved(self, request, one) -> bool:
        """The mapping as it was corrected is kept; False where something is wrong."""
        if "to_0" not in request.POST:
            return True  # of the page that shows what a trial has counted
        columns, options = ColumnsForm(request.POST, one), OptionsForm(request.POST, one)
        if not (columns.is_valid() and options.is_valid()):
            return False
        rows = beginning.first_rows(one)
        kind = beginning.kind_of(one)

        def guess(place: int, name: str, to: str) -> dict:
            return mapping.meaning(kind, name, to, mapping.cells_of(rows, place))

        one.columns, one.options = columns.columns(guess), {**one.options, **options.said()}
        one.trial = None
        one.save(update_fields=["columns", "options", "trial"])
        return True

    def shown(self, request, one, *, is_bound=False, shape_form=None):
        context = {
            **self.admin_site.each_context(request),
            "title": one.name,
            "opts": self.opts,
            "row": one,
            "kind": beginning.kind_of(one),
            "jobs": [self.job_context(request, one, name) for name in ("trial", "job", "undo")],
            "effects": effects.told(one),
            "may_undo": self.may_undo(one),
            "may_let_in": request.user.has_perm(LET_IN) and not one.undo_id,
            "speed": SpeedForm(),
        }
        if not one.job_id and one.by_id == request.user.pk:  # what stands in it is theirs to see
            try:
                context |= self.mapping_context(request, one, is_bound, shape_form)
            except REFUSED as refused:
                context["problem"] = str(refused)
        return TemplateResponse(request, "integrations/imports/page.html", context)

    def mapping_context(self, request, one, is_bound: bool, shape_form) -> dict:
        data = request.POST if is_bound else None
        shape, rows = Shape.read(one.shape), beginning.first_rows(one)
        columns = ColumnsForm(data, one)
        return {
            "columns": [
                {
                    "name": name,
                    "to": columns[f"to_{place}"],
                    "how": columns.shown_how(place),
                    "samples": samples(rows, place),
                    "said": one.columns.get(name) or {},
                }
                for place, name in enumerate(shape.columns)
            ],
            "rows": [
                {"number": row.number, "problem": row.problem, "cells": fitted(row, shape)}
                for row in rows
            ],
            "options_form": OptionsForm(data, one),
            "shape_form": shape_form or ShapeForm(None, one),
            "problems": mapping.problems(beginning.kind_of(one), one.columns),
            "is_merged": one.is_merged,
        }

    def job_context(self, request, one, name: str) -> dict | None:
        job = Job.objects.filter(pk=getattr(one, f"{name}_id")).first()
        if job is None:
            return None
        counted, kind, now = job.memo.get("counted", {}), kind_of(job), database_now()
        share, left = kind.share(job), running.seconds_left(job, kind, now)
        has_errors = job.errors and job.by_id == request.user.pk and job.errors.expires_at > now
        return {
            "name": name,
            "job": job,
            "percent": None if share is None else int(100 * share),
            "left": in_words(left) if left else "",
            "errors": has_errors and reverse(FILE, args=[job.pk, "errors"]),
            "skipped": [(kind.words(job, reason), n) for reason, n in job.skipped.items() if n],
            "is_done": job.state == Job.State.DONE,
            "counted": [(words, counted[key]) for key, words in OUTCOMES.items() if key in counted],
            "writes": counted.get("new", 0) + counted.get("changed", 0),
            "reasons": sorted(job.memo.get("reasons", {}).items(), key=lambda pair: -pair[1]),
            "label": kind.label,
        }

    def may_undo(self, one) -> bool:
        job = Job.objects.filter(pk=one.job_id).first()
        return bool(job and job.is_over and not one.undo_id and undoing.has_rows(one))

    # -- columns of the list

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, row):
        return KINDS[row.kind].label if row.kind in KINDS else row.kind

    def enrich(self, rows):
        """The jobs are cleared by time: of older imports they are gone."""
        found = Job.objects.in_bulk([row.job_id for row in rows if row.job_id])
        for row in rows:
            row.its_job = found.get(row.job_id)

    @display(description=gettext_lazy("state"))
    def state(self, row):
        if row.undo_id:
            return _("undone")
        return row.its_job.get_state_display() if row.its_job else _("not imported yet")

    @display(description=gettext_lazy("written"))
    def counts(self, row):
        return f"{row.its_job.done_rows:,}" if row.its_job else ""


LET_IN = "campaigns.change_journey"
ADD, CHANGE = "integrations.add_fileimport", "integrations.change_fileimport"


def samples(rows, place: int) -> list[str]:
    """A few different values of a column."""
    found = dict.fromkeys(
        row.cells[place].strip()[:SHOWN_CELLS] for row in rows if place < len(row.cells)
    )
    return [one for one in found if one][:SAMPLES]


def fitted(row, shape: Shape) -> list[str]:
    """As many cells as there are columns."""
    cells = [cell[:SHOWN_CELLS] for cell in row.cells[: len(shape.columns)]]
    return cells + [""] * (len(shape.columns) - len(cells))
