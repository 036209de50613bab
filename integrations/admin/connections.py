"""Connections: the accounts at vendors, what each needs of us, and whether it works."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from crm_project.admin import ModelAdmin, act, steps_up
from crm_project.queue.due import database_now
from customers import connection_health as health
from customers.models import AuditEntry, Connection
from integrations.admin.connection_form import PREFIX, form_for
from integrations.connections import calls
from integrations.connections.vendors import SecretField, vendors
from integrations.outbound import addresses
from integrations.outbound.client import in_words

WELL, ILL, NEW, OFF = "well", "ill", "new", "off"
STATES = {
    WELL: pgettext_lazy("connection", "works"),
    ILL: pgettext_lazy("connection", "fails"),
    NEW: pgettext_lazy("connection", "not used yet"),
    OFF: pgettext_lazy("connection", "switched off"),
}


def state_of(row: Connection) -> str:
    if not row.is_active:
        return OFF
    if health.is_failing(row):
        return ILL
    return WELL if row.last_ok_at else NEW


def problem_of(row: Connection) -> str:
    """What is wrong with it, in words; "" where nothing is."""
    if not health.is_failing(row):
        return ""
    known = vendors.by_key.get(row.vendor)
    return known().problem(row) if known else in_words(row.last_error)


def mints(row: Connection) -> bool:
    return row.vendor in vendors and vendors[row.vendor].mints


@admin.register(Connection)
class ConnectionAdmin(ModelAdmin):
    list_display = ("name", "vendor_label", "namespace", "account", "health", "last_ok_at")
    list_filter = ("is_active", "namespace")
    search_fields = ("name", "account")
    list_select_related = ("namespace",)
    ordering = ("name",)
    panels_above = ("integrations/connection.html",)
    changed_beside = ("settings_revision",)
    acts = ("test", "new_secret", "switch_off", "switch_on")

    @display(description=_("vendor"), ordering="vendor")
    def vendor_label(self, row):
        return vendors[row.vendor].label if row.vendor in vendors else row.vendor

    @display(description=_("health"), label={WELL: "success", ILL: "danger", OFF: "warning"})
    def health(self, row):
        return state_of(row), STATES[state_of(row)]

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        """One whose vendor is no longer installed is only looked at."""
        return (obj is None or obj.vendor in vendors) and super().has_change_permission(
            request, obj
        )

    def vendor_of(self, request, obj):
        key = obj.vendor if obj else request.GET.get("vendor", "")
        return vendors.by_key.get(key)

    def get_form(self, request, obj=None, change=False, **kwargs):
        vendor = self.vendor_of(request, obj)
        if vendor is not None:
            kwargs["form"] = form_for(vendor)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        vendor = self.vendor_of(request, obj)
        if vendor is None:
            return [(None, {"fields": ("name", "namespace", "account", "is_active")})]
        more = [
            *(["base_url"] if vendor.has_base_url else []),
            *(["open_platform"] if vendor.has_open_platform else []),
        ]
        return [
            (None, {"fields": (("name", "namespace"), *more, "is_active")}),
            (
                vendor.label,
                {
                    "fields": [PREFIX + name for name in vendor.Form.base_fields],
                    "description": vendor.help,
                },
            ),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ("namespace",) if obj else ()

    # -- saving

    @steps_up
    def add_view(self, request, form_url="", extra_context=None):
        """First the vendor is chosen, then its form is filled in."""
        if self.vendor_of(request, None) is None and self.has_add_permission(request):
            context = {
                **self.admin_site.each_context(request),
                "title": gettext("Connect an account"),
                "opts": self.opts,
                "vendors": list(vendors),
            }
            return TemplateResponse(request, "integrations/vendors.html", context)
        return super().add_view(request, form_url, extra_context)

    @steps_up
    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change:
            calls.try_again(obj, database_now())
        self.noted(
            request,
            obj,
            "change" if change else "create",
            fields=[name.removeprefix(PREFIX) for name in form.changed_data],
        )

    def noted(self, request, row, what: str, **details) -> None:
        AuditEntry.objects.create(
            by=request.user,
            act=f"connection.{what}",
            subject=f"connection:{row.pk}",
            details={"vendor": row.vendor, **details},
        )

    def response_add(self, request, obj, post_url_continue=None):
        return self.shown_once(request, obj) or HttpResponseRedirect(self.page_of(obj))

    def in_words(self, row, name):
        if name != "settings_revision":
            return super().in_words(row, name)
        return told({} if row.vendor not in vendors else row.settings, vendors[row.vendor])

    def typed_in_words(self, form, name):
        if name != "settings_revision":
            return super().typed_in_words(form, name)
        return told(form.settings or {}, form.vendor)

    # -- the page

    def page_context(self, request, row):
        vendor = vendors[row.vendor]() if row.vendor in vendors else None
        entered = vendor.to_enter_there(row) if vendor else ()
        return {
            "state": state_of(row),
            "state_words": STATES[state_of(row)],
            "problem": problem_of(row),
            "facts": list(vendor.facts(row)) if vendor else (),
            "entered": [one for one in entered if not one.is_secret],
            "sources": row.sources.others().order_by("name"),
            "stand_in": row.base_url if addresses.is_here(row.base_url) else "",
        }

    def shown_once(self, request, row) -> TemplateResponse | None:
        """Secrets of our making, in the answer to the post itself; None where there are none."""
        once = [one for one in vendors[row.vendor]().to_enter_there(row) if one.is_secret]
        if not once:
            return None
        context = {
            **self.admin_site.each_context(request),
            "row": row,
            "opts": self.opts,
            "title": row.name,
            "secrets": once,
        }
        response = TemplateResponse(request, "integrations/connection_secrets.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @steps_up
    def act_view(self, request, object_id, name):
        return super().act_view(request, object_id, name)

    @act(pgettext_lazy("connection", "Test"), icon="network_check", style="primary")
    def test(self, request, row):
        if row.vendor not in vendors:
            self.message_user(request, gettext("This vendor is not installed."), "ERROR")
            return
        found, now = vendors[row.vendor]().test(row), database_now()
        if found.is_well:
            health.worked([row.pk], now)
            calls.try_again(row, now)
        else:
            health.failed({row.pk: found.error or found.words}, now)
        self.noted(request, row, "test", is_well=found.is_well)
        self.message_user(request, found.words, "SUCCESS" if found.is_well else "ERROR")

    @act(
        _("New secret"),
        icon="key",
        confirm=_("The old secret stays valid for seven days beside the new one. Make a new one?"),
        shown=mints,
    )
    def new_secret(self, request, row):
        row.settings = vendors[row.vendor]().rotated(row.settings)
        row.settings_revision += 1
        row.save(update_fields=["sealed_settings", "settings_revision"])
        self.noted(request, row, "new_secret")
        return self.shown_once(request, row)

    @act(
        _("Switch off"),
        icon="power_settings_new",
        style="danger",
        confirm=_("Nothing goes through it and what waits for it stays waiting. Switch it off?"),
        shown=lambda row: row.is_active,
    )
    def switch_off(self, request, row):
        Connection.objects.filter(pk=row.pk).update(is_active=False)
        self.noted(request, row, "switch_off")
        self.message_user(request, gettext("It is switched off."))

    @act(_("Switch on"), icon="power_settings_new", shown=lambda row: not row.is_active)
    def switch_on(self, request, row):
        Connection.objects.filter(pk=row.pk).update(is_active=True)
        self.noted(request, row, "switch_on")
        self.message_user(request, gettext("It is switched on."))


def told(settings: dict, vendor) -> str:
    """Settings in words, secrets as what they are."""
    said = []
    for name, field in vendor.Form.base_fields.items():
        value = "••••" if isinstance(field, SecretField) else settings.get(name, "")
        said.append(f"{field.label}: {value}")
    return ", ".join(said) or "–"
