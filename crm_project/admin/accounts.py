"""Who may log in."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from crm_project import audit, roles
from crm_project.admin.base import ModelAdmin, act
from crm_project.login import second_step, sessions

RIGHTS = frozenset({"is_active", "is_staff", "is_superuser", "groups"})

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(TOTPDevice)  # whoever sees its key can log in as its owner


@admin.register(User)
class People(UserAdmin, ModelAdmin):
    form = UserChangeForm
    is_worked_in_bulk = False
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    # What somebody may do comes from their groups; single permissions per person are forgotten by everybody.
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Personal info"), {"fields": (("last_name", "first_name"), "email")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Important dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "has_second_step", "last_login")
    acts = ("remove_second_step", "end_sessions")

    def enrich(self, rows):
        with_step = set(second_step.of(rows))
        for row in rows:
            row.has_step = row.pk in with_step

    @display(description=_("second step"), boolean=True)
    def has_second_step(self, row):
        return row.has_step

    @act(
        _("Remove the second step"),
        icon="phonelink_erase",
        style="danger",
        confirm=_("They log in by password alone, or set up another phone. Their sessions end."),
        shown=lambda user: second_step.devices(user).exists(),
    )
    def remove_second_step(self, request, row):
        second_step.remove(row, by=request.user)
        self.message_user(request, _("The second step is removed."))

    @act(_("End all sessions"), icon="logout", confirm=_("They must log in again everywhere."))
    def end_sessions(self, request, row):
        sessions.end([row], but=own_session(request))
        self.message_user(request, _("Their sessions are over."))

    def save_related(self, request, form, formsets, change):
        """Whose rights become others logs in again, so that no page of before stands open."""
        super().save_related(request, form, formsets, change)
        changed = sorted(RIGHTS & set(form.changed_data))
        if changed:
            details = {name: said(form.cleaned_data.get(name)) for name in changed}
            audit.note(by=request.user, act="user.rights", subject=f"user:{form.instance.pk}", details=details)
            sessions.end([form.instance], but=own_session(request))


def own_session(request) -> str | None:
    return request.session.session_key


def said(value):
    return value if isinstance(value, bool) else [str(one) for one in value or ()]


@admin.register(Group)
class Groups(GroupAdmin, ModelAdmin):
    """The roles of the product cannot be changed here: the next release would make them anew."""

    filter_horizontal = ()

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.name not in roles.NAMES)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.name not in roles.NAMES)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if change and "permissions" in form.changed_data:
            audit.note(by=request.user, act="group.rights", subject=f"group:{form.instance.pk}", details={"name": form.instance.name})
            sessions.end(form.instance.user_set.all(), but=own_session(request))

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        return super().formfield_for_manytomany(db_field, request, **{**kwargs, "widget": UnfoldAdminSelect2MultipleWidget})
