"""The one base class over the theme's, and what is done to one row by a button."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from unfold import admin as theme
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextareaWidget

from crm_project import audit
from crm_project.admin import once, revisions
from crm_project.admin.paging import CappedPaginator
from crm_project.templatetags.hutong import new_token, page_of


@dataclass(frozen=True)
class RowAct:
    """A button on a row's page. GET reads and POST acts, so each is a small form of its own."""

    name: str
    label: str
    run: Callable
    icon: str = ""
    style: str = "plain"  # plain, primary or danger
    confirm: str = ""
    shown: Callable = lambda _row: True
    refusals: tuple[type[Exception], ...] = ()


def act(label, **options):
    """The method becomes a button of the row's page; it gets (request, row), may return a response,
    and raises `refusals` to say no."""

    def mark(method):
        method.act = RowAct(slugify(method.__name__), label, method, **options)
        return method

    return mark


class ListPage(ChangeList):
    """One page of a list; columns that no join brings are fetched for all its rows at once."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = capfirst(
            self.opts.verbose_name_plural
        )  # of the window: people look for "Orders", not "Select order to view"

    def get_results(self, request):
        super().get_results(request)
        if not self.list_editable:
            self.result_list = list(self.result_list)
            self.model_admin.enrich(self.result_list)

    def url_for_result(self, result):
        """A row with a page of its own leads there."""
        return (
            page_of(result)
            if hasattr(result, "get_absolute_url")
            else super().url_for_result(result)
        )


def begun_large(field: forms.Field) -> forms.Field:
    field = copy(field)
    field.label = field.label and capfirst(field.label)
    return field


class ModelAdmin(theme.ModelAdmin):
    list_per_page = 50
    list_fullwidth = True
    list_filter_submit = True
    show_full_result_count = False
    paginator = CappedPaginator
    change_form_template = "hutong/change_form.html"
    empty_value_display = "–"
    formfield_overrides = {
        models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})}
    }
    object_history_template = "hutong/history.html"
    changed_beside: tuple[
        str, ...
    ] = ()  # fields of the row that its form changes though they are none of its own
    acts: tuple[str, ...] = ()
    list_before_template = "hutong/list_top.html"
    list_top = ""  # a template over the list
    when_empty = ""  # what would be here, and how it comes here
    is_worked_in_bulk = True  # its rows can be exported and the like (customers/bulk/)
    panels_above: tuple[str, ...] = ()  # templates shown over the form, fed by `page_context`
    panels_below: tuple[str, ...] = ()

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form = type(form.__name__, (revisions.Revised, form), {"model_admin": self})
        # Django does so for the model's own fields only. Declared fields are shared by all
        # requests: theirs is a copy.
        form.base_fields = {name: begun_large(field) for name, field in form.base_fields.items()}
        return form

    def get_changelist(self, request, **kwargs):
        return ListPage

    # -- two people at once, one form twice

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """A new row is made once, however often its form is sent."""

        def answered():
            try:
                return super(ModelAdmin, self).changeform_view(
                    request, object_id, form_url, extra_context
                )
            except (
                IntegrityError
            ):  # somebody was quicker by a moment: now the form sees what they saved, and says so
                return super(ModelAdmin, self).changeform_view(
                    request, object_id, form_url, extra_context
                )

        return once.once(request, answered) if object_id is None else answered()

    def log_addition(self, request, obj, message):
        once.made(request, self.page_of(obj))
        return super().log_addition(request, obj, message)

    def in_words(self, row, name: str) -> str:
        """What this field of a row says, for whoever is told of another's change."""
        return revisions.in_words(row, name)

    def typed_in_words(self, form, name: str) -> str:
        """The same of a form that was sent."""
        return revisions.typed_in_words(form, name)

    def history_view(self, request, object_id, extra_context=None):
        """With what was done beside the form: rules, launches, publishing."""
        acts = audit.of(f"{self.opts.model_name}:{unquote(object_id)}")
        return super().history_view(request, object_id, {"acts": acts, **(extra_context or {})})

    def enrich(self, rows: list) -> None:
        """Sets on the rows of one list page what its columns show beyond their own fields."""

    def page_context(self, request, row) -> dict:
        """What the page's panels show; only asked for rows that exist."""
        return {}

    def form_context(self, request, row, form) -> dict:
        """What the templates inside the form show, for new rows (None) too."""
        return {}

    def acts_on(self, request, row) -> list[RowAct]:
        offered = [getattr(self, name).act for name in self.acts] if self.may_act(request) else []
        return [one for one in offered if one.shown(row)]

    def may_act(self, request) -> bool:
        """Apart from `has_change_permission`, which history tables refuse to everybody."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def has_act_permission(self, request) -> bool:
        """For actions on many rows: `permissions=["act"]`."""
        return self.may_act(request)

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [
            path(
                "<path:object_id>/act/<slug:name>/",
                self.admin_site.admin_view(self.act_view),
                name=name,
            ),
            *super().get_urls(),
        ]

    def act_view(self, request, object_id, name):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return once.once(request, lambda: self.acted(request, object_id, name))

    def acted(self, request, object_id, name):
        if not self.may_act(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        chosen = (
            next((one for one in self.acts_on(request, row) if one.name == name), None)
            if row
            else None
        )
        if row is None:
            raise Http404
        if chosen is None:
            self.message_user(request, self.too_late(), messages.WARNING)
        return (chosen and self.carry_out(request, chosen, row)) or HttpResponseRedirect(
            self.page_of(row)
        )

    def carry_out(self, request, chosen: RowAct, row):
        try:
            with transaction.atomic():
                response = chosen.run(self, request, row)
        except chosen.refusals as refusal:
            self.message_user(request, str(refusal) or _("This cannot be done."), messages.ERROR)
            return None
        if response is None or isinstance(
            response, HttpResponseRedirect
        ):  # else it asks or shows something, which is not kept
            once.made(request, response.url if response else self.page_of(row))
        return response

    def too_late(self) -> str:
        return _("This can no longer be done: the state has changed meanwhile.")

    def page_of(self, row) -> str:
        return reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change",
            args=[quote(row.pk)],
        )

    def list_page(self) -> str:
        return reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist"
        )

    def render_change_form(self, request, context, **kwargs):
        row = kwargs.get("obj")
        context |= {
            "panels_above": self.panels_above,
            "panels_below": self.panels_below,
            "row": row,
        }
        form = context["adminform"].form
        context |= self.form_context(request, row, form)
        if row is None:
            context["form_token"] = new_token()
        # A row that came back with a form has what was typed in it, not what is stored.
        elif stored := self.model._base_manager.filter(pk=row.pk).first() if form.is_bound else row:
            context["form_revision"] = revisions.stamp(
                stored, revisions.names_of(type(form), self.model, self.changed_beside)
            )
        if row is not None:
            context |= {"acts": self.acts_on(request, row), **self.page_context(request, row)}
        return super().render_change_form(request, context, **kwargs)


class ReadOnly:
    """Rows that only the product itself writes: history, logs, states. Staff look, and act by
    buttons."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class TabularInline(theme.TabularInline):
    extra = 0
    hide_title = True
    show_change_link = False


class StackedInline(theme.StackedInline):
    extra = 0
