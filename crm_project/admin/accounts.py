"""Who may log in."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from crm_project import audit, roles
from crm_project.admin.base import ModelAdmin, act
from crm_project.login import second_step, sessions
from crm_project.login.step_up import steps_up

RIGHTS = frozenset({"is_active", "is_staff", "is_superuser", "groups"})

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(TOTPDevice)  # whoever sees its key can log in as its owner


def rights_of(user) -> list[tuple[str, str]]:
    """(app, codename) of all permissions, also while the account is switched off."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).values_list(
        "content_type__app_label", "codename"
    )


def is_above(other: User, user) -> bool:
    """Whether somebody holds rights that this user has not: who could change them would get
    them."""
    if user.is_superuser:
        return False
    return other.is_superuser or not user.has_perms(
        f"{app}.{codename}" for app, codename in rights_of(other)
    )


def can_be_given(user) -> list[int]:
    """The roles that hold no right which this user has not."""
    groups = Group.objects.prefetch_related("permissions__content_type")
    return [
        one.pk
        for one in groups
        if user.has_perms(f"{p.content_type.app_label}.{p.codename}" for p in one.permissions.all())
    ]


class PersonForm(UserChangeForm):
    """Nobody hands out what they have not themselves."""

    def clean_groups(self):
        groups = self.cleaned_data["groups"]
        kept = set(self.instance.groups.values_list("pk", flat=True)) if self.instance.pk else set()
        if new := [one for one in groups if one.pk not in kept | set(can_be_given(self.giver))]:
            names = ", ".join(map(str, new))
            raise forms.ValidationError(
                _("You cannot give rights that you do not have: %(roles)s"),
                params={"roles": names},
                code="above",
            )
        return groups


@admin.register(User)
class People(UserAdmin, ModelAdmin):
    form = PersonForm
    is_worked_in_bulk = False
    add_form = UserCreationForm
    add_form_template = "hutong/change_form.html"
    change_password_form = AdminPasswordChangeForm
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    # What somebody may do comes from their groups; single permissions per person are forgotten by
    # everybody.
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Personal info"), {"fields": (("last_name", "first_name"), "email")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Important dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = (
        "username",
        "first_name",
        "last_name",
        "is_active",
        "is_staff",
        "has_second_step",
        "last_login",
    )
    acts = ("remove_second_step", "end_sessions")

    # -- nobody gets above themselves

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, *(() if request.user.is_superuser else ("is_superuser",)))

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or not is_above(obj, request.user)
        )

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or not is_above(obj, request.user)
        )

    def get_actions(self, request):
        return {}  # many at once would be deleted without a look at who they are

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.giver = request.user
        return form

    def acts_on(self, request, row):
        return super().acts_on(request, row) if self.has_change_permission(request, row) else []

    # -- what changes an account is confirmed, and stands in the audit log

    @steps_up
    def add_view(self, request, form_url="", extra_context=None):
        return super().add_view(request, form_url, extra_context)

    @steps_up
    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(request, object_id, form_url, extra_context)

    @steps_up
    def delete_view(self, request, object_id, extra_context=None):
        return super().delete_view(request, object_id, extra_context)

    @steps_up
    def act_view(self, request, object_id, name):
        return super().act_view(request, object_id, name)

    @steps_up
    def user_change_password(self, request, id, form_url=""):  # noqa: A002
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            audit.note(by=request.user, act="user.password", subject=f"user:{id}", details={})
        return response

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            audit.note(
                by=request.user,
                act="user.create",
                subject=f"user:{obj.pk}",
                details={"name": obj.username},
            )

    def delete_model(self, request, obj):
        audit.note(
            by=request.user,
            act="user.delete",
            subject=f"user:{obj.pk}",
            details={"name": obj.username},
        )
        super().delete_model(request, obj)

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
            audit.note(
                by=request.user,
                act="user.rights",
                subject=f"user:{form.instance.pk}",
                details=details,
            )
            sessions.end([form.instance], but=own_session(request))


def own_session(request) -> str | None:
    return request.session.session_key


def said(value):
    return value if isinstance(value, bool) else [str(one) for one in value or ()]


class RoleForm(forms.ModelForm):
    def clean_permissions(self):
        chosen = self.cleaned_data["permissions"].select_related("content_type")
        if above := [
            one
            for one in chosen
            if not self.giver.has_perm(f"{one.content_type.app_label}.{one.codename}")
        ]:
            names = ", ".join(one.name for one in above)
            raise forms.ValidationError(
                _("You cannot give rights that you do not have: %(roles)s"),
                params={"roles": names},
                code="above",
            )
        return chosen


@admin.register(Group)
class Groups(GroupAdmin, ModelAdmin):
    """The roles of the product cannot be changed here: the next release would make them anew."""

    form = RoleForm
    filter_horizontal = ()

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.giver = request.user
        return form

    @steps_up
    def add_view(self, request, form_url="", extra_context=None):
        return super().add_view(request, form_url, extra_context)

    @steps_up
    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(request, object_id, form_url, extra_context)

    def has_change_permission(self, request, obj=None):
        if obj is not None and (
            obj.name in roles.NAMES or obj.pk not in can_be_given(request.user)
        ):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.name not in roles.NAMES
        )

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if "permissions" in form.changed_data:
            given = sorted(
                f"{p.content_type.app_label}.{p.codename}" for p in form.cleaned_data["permissions"]
            )
            details = {"name": form.instance.name, "permissions": given}
            audit.note(
                by=request.user,
                act="group.rights",
                subject=f"group:{form.instance.pk}",
                details=details,
            )
        if change and "permissions" in form.changed_data:
            sessions.end(form.instance.user_set.all(), but=own_session(request))

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminSelect2MultipleWidget}
        )


def own_password(view):
    """The page on which everybody changes their own; that they did stands in the audit log."""

    def change(request, extra_context=None):
        response = view(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            audit.note(
                by=request.user, act="user.password", subject=f"user:{request.user.pk}", details={}
            )
        return response

    return change
