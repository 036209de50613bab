"""A list's columns are chosen, and what was chosen is kept under a name: for oneself or for all.

What is chosen stands in the list's address (`columns`, beside its filters and order), so that a
view is a link, and an export has the same columns. What was searched for is not kept: it may be
somebody's phone.
"""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers.models import SavedView

COLUMNS, VIEW = "columns", "view"
NOT_KEPT = {"q", "p", "e", "all", VIEW, COLUMNS}
MOST_VIEWS = 50


class InAddress(admin.SimpleListFilter):
    """A word of the list's address that is no filter, and that its links carry on."""

    title = gettext_lazy("saved view")

    def lookups(self, request, model_admin):
        return ()

    def has_output(self):
        return False

    def queryset(self, request, queryset):
        return queryset


class ChosenColumns(InAddress):
    parameter_name = COLUMNS


class ChosenView(InAddress):
    parameter_name = VIEW


class ViewForm(forms.ModelForm):
    class Meta:
        model = SavedView
        fields = ("name", "is_shared")


class SavesViews:
    """For the admin of a list. `choosable(request)`: its columns by key, in their order; `fixed`:
    those that are always there; `usual`: the keys shown to whoever chose none."""

    fixed: tuple = ()
    list_top = "customers/saved_views.html"

    def choosable(self, request) -> dict:
        raise NotImplementedError

    def usual(self, request) -> list[str]:
        raise NotImplementedError

    def chosen(self, request) -> list[str]:
        offered, said = self.choosable(request), request.GET.get(COLUMNS)
        wanted = self.usual(request) if said is None else said.split(",")
        return [key for key in offered if key in wanted]

    def get_list_display(self, request):
        offered = self.choosable(request)
        return (*self.fixed, *(offered[key] for key in self.chosen(request)))

    def get_list_filter(self, request):
        return (*super().get_list_filter(request), ChosenColumns, ChosenView)

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_views"
        view = self.admin_site.admin_view(require_POST(self.views_view))
        return [path("views/", view, name=name), *super().get_urls()]

    def views_of(self, user):
        mine_or_shared = Q(owner=user) | Q(is_shared=True)
        return SavedView.objects.filter(mine_or_shared, of=self.opts.label_lower).order_by("name")

    def changelist_view(self, request, extra_context=None):
        if "choose" in request.GET:  # the boxes of the form, as one word of the address
            query = request.GET.copy()
            del query["choose"]
            query[COLUMNS] = ",".join(query.pop("column", []))
            return HttpResponseRedirect(f"?{query.urlencode()}")
        return super().changelist_view(
            request, {**(extra_context or {}), **self.views_context(request)}
        )

    def views_context(self, request) -> dict:
        views, chosen = list(self.views_of(request.user)[:MOST_VIEWS]), self.chosen(request)
        for one in views:
            query = QueryDict(one.query, mutable=True)
            query[COLUMNS], query[VIEW] = ",".join(one.columns), one.pk
            one.link = f"?{query.urlencode()}"
        current = next((one for one in views if str(one.pk) == request.GET.get(VIEW)), None)
        kept = [(name, value) for name, value in pairs(request.GET) if name not in (COLUMNS, "p")]
        return {
            "views": views,
            "view": current,
            "may_drop_view": current and self.may_drop(request.user, current),
            "view_columns": [
                (key, label_of(self, column), key in chosen)
                for key, column in self.choosable(request).items()
            ],
            "view_kept": kept,
            "view_query": request.GET.urlencode(),
            "views_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_views"),
        }

    def may_drop(self, user, view: SavedView) -> bool:
        return view.owner_id == user.pk or user.is_superuser

    def views_view(self, request):
        """A view is saved under a name (of one's own again: it is changed), or dropped."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        query = QueryDict(request.POST.get("query", "")[:2000], mutable=True)
        if "drop" in request.POST:
            return self.dropped(request, query)
        form, columns = ViewForm(request.POST), query.get(COLUMNS)
        if not form.is_valid():
            said = " ".join(text for texts in form.errors.values() for text in texts)
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(f"{self.list_page()}?{query.urlencode()}")
        kept = {name: value for name, value in pairs(query) if name not in NOT_KEPT}
        offered = self.choosable(request)
        wanted = self.usual(request) if columns is None else columns.split(",")
        view, _made = SavedView.objects.update_or_create(
            of=self.opts.label_lower,
            owner=request.user,
            name=form.cleaned_data["name"],
            defaults={
                "is_shared": form.cleaned_data["is_shared"],
                "query": urlencoded(kept),
                "columns": [key for key in offered if key in wanted],
            },
        )
        self.message_user(request, _("The view “%(name)s” is saved.") % {"name": view})
        address = QueryDict(view.query, mutable=True)
        address[COLUMNS], address[VIEW] = ",".join(view.columns), view.pk
        return HttpResponseRedirect(f"{self.list_page()}?{address.urlencode()}")

    def dropped(self, request, query: QueryDict):
        number = query.get(VIEW, "")
        view = self.views_of(request.user).filter(pk=number).first() if number.isdigit() else None
        if view is not None:
            if not self.may_drop(request.user, view):
                raise PermissionDenied
            view.delete()
            self.message_user(request, _("The view “%(name)s” is gone.") % {"name": view})
        return HttpResponseRedirect(self.list_page())


def pairs(query: QueryDict) -> list[tuple[str, str]]:
    return [(name, value) for name, values in query.lists() for value in values]


def urlencoded(kept: dict) -> str:
    query = QueryDict(mutable=True)
    query.update(kept)
    return query.urlencode()


def label_of(model_admin, column) -> str:
    """Of a method of the admin, a field of the model, or a callable."""
    if callable(column):
        return column.short_description
    method = getattr(model_admin, column, None)
    if method is not None:
        return method.short_description
    return model_admin.model._meta.get_field(column).verbose_name
