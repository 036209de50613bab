"""The owner in the customers' list, and the stores."""

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from crm_project.admin import ModelAdmin
from crm_project.bounds import whole_in
from customers.admin.customer_columns import Column
from customers.models import Owner, Store
from customers.profile import notes

NOBODY = "nobody"


class OwnerFilter(admin.SimpleListFilter):
    title, parameter_name = _("owner"), "owner"

    def lookups(self, request, model_admin):
        people = [(str(user.pk), user.get_full_name() or user.username) for user in notes.staff()]
        return [*people, (NOBODY, _("nobody"))]

    def queryset(self, request, queryset):
        if not (said := self.value()):
            return queryset
        rows = Owner.objects.in_force().filter(customer=OuterRef("pk"))
        if said == NOBODY:
            return queryset.exclude(Exists(rows.exclude(staff=None)))
        return queryset.filter(Exists(rows.filter(staff=said))) if said.isdigit() else queryset


class OwnerColumn(Column):
    key, label = "owner", _("owner")
    permission = "customers.view_customer"
    Filter = OwnerFilter

    def load(self, rows):
        found = in_force(rows).exclude(staff=None).select_related("staff")
        return {one.customer_id: one.staff.get_full_name() or str(one.staff) for one in found}


class StoreFilter(admin.SimpleListFilter):
    title, parameter_name = _("store"), "store"

    def lookups(self, request, model_admin):
        return [
            (str(pk), name) for pk, name in Store.objects.order_by("name").values_list("pk", "name")
        ]

    def queryset(self, request, queryset):
        if not (said := self.value()) or not said.isdigit():
            return queryset
        rows = Owner.objects.in_force().filter(customer=OuterRef("pk"), store=whole_in(said))
        return queryset.filter(Exists(rows))


class StoreColumn(Column):
    key, label = "store", _("store")
    permission = "customers.view_customer"
    Filter = StoreFilter

    def load(self, rows):
        found = in_force(rows).exclude(store=None)
        return dict(found.values_list("customer_id", "store__name"))


def in_force(rows: list):
    return Owner.objects.in_force().filter(customer__in=[row.pk for row in rows])


@admin.register(Store)
class StoreAdmin(ModelAdmin):
    list_display = ("name", "key", "namespace", "is_active")
    list_filter = ("namespace", "is_active")
    search_fields = ("name", "key")
    list_select_related = ("namespace",)
    ordering = ("name", "pk")

    def get_readonly_fields(self, request, obj=None):
        return ("namespace", "key") if obj else ()

    def has_delete_permission(self, request, obj=None):
        """One that is closed is not active any more; who was looked after there stays known."""
        return False
