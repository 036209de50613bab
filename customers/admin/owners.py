"""The owner in the customers' list, and the stores."""

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from crm_project.admin import ModelAdmin
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
        found = Owner.objects.in_force().filter(customer__in=[row.pk for row in rows])
        return {
            row.customer_id: str(row) for row in found.select_related("staff", "store") if str(row)
        }


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
