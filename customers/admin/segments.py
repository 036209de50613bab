"""Segments: a sentence, a picture, a builder with the size at once."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from crm_project.admin import ModelAdmin, ReadOnly, act, link, state
from crm_project.queue.due import database_now
from customers.admin.building import BuildsRules, themed_rule
from customers.admin.list_files import TakesFiles
from customers.admin.members import size_chart
from customers.admin.segment_panels import HasPanels
from customers.admin.uses import ShowsUses
from customers.admin.why import ExplainsMembers
from customers.lists import copying, members
from customers.models import ListMember, Segment, SegmentVersion
from customers.segments import builder, failures, membership, preview_cache, rights, rules, versions
from customers.segments.starts import starts

VERSIONS = 10


class SegmentForm(forms.ModelForm):
    people = forms.CharField(
        label=_("put on the list"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_(
            "Member ids, phones, e-mails or openids, one per line. Once the list is saved, a CSV"
            " file can be put on it too."
        ),
    )

    class Meta:
        model = Segment
        fields = ("name", "kind", "description")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].disabled = self.instance.pk is not None

    def clean(self):
        data = super().clean()
        self.definition = {}
        if data.get("kind", self.instance.kind) == Segment.Kind.RULE:
            self.definition = builder.from_post(self.data).definition()
            if not rights.may_use(self.user, self.instance):  # they were not shown it
                self.definition = self.instance.definition
                return data
            try:
                rules.check(self.definition, inside=self.instance.pk)
            except rules.InvalidRule as invalid:
                raise ValidationError(invalid.messages) from invalid
            if not self.user.has_perms(rules.needs(self.definition)):
                raise ValidationError(_("You may not use one of these conditions."))
        return data


@admin.register(Segment)
class SegmentAdmin(HasPanels, TakesFiles, ExplainsMembers, BuildsRules, ShowsUses, ModelAdmin):
    form = SegmentForm
    when_empty = _("A segment is a rule whose members follow by themselves, or a list by hand.")
    list_display = ("name", "kind_label", "people_in_it", "freshness", "used_by", "created_at")
    list_filter = ("kind",)
    search_fields = ("name", "description")
    ordering = ("-pk",)
    panels_above = ("customers/segments/summary.html",)
    change_form_after_template = "customers/segments/rule.html"
    panels_below = (
        "customers/segments/over_time.html",
        "customers/segments/upload.html",
        "customers/uses.html",
        "customers/segments/versions.html",
    )

    changed_beside = ("definition",)
    acts = ("copy", "to_list", *TakesFiles.acts)
    conditional_fields = {"people": "kind == 'list'"}

    class Media:
        js = ("hutong/segments.js",)

    kind_label = state({Segment.Kind.RULE: "info"}, "kind", _("kind"))

    def get_fieldsets(self, request, obj=None):
        is_list = obj is not None and obj.kind == Segment.Kind.LIST
        return (
            (
                None,
                {
                    "fields": (
                        ("name", "kind"),
                        "description",
                        *(("people",) if is_list or obj is None else ()),
                    )
                },
            ),
        )

    def in_words(self, row, name):
        return (
            rules.sentence(row.definition) if name == "definition" else super().in_words(row, name)
        )

    def typed_in_words(self, form, name):
        return (
            rules.sentence(form.definition)
            if name == "definition"
            else super().typed_in_words(form, name)
        )

    def enrich(self, rows):
        super().enrich(rows)
        now = database_now()
        for row in rows:
            row.now = now

    @display(description=_("customers"), ordering="size")
    def people_in_it(self, row):
        """Nobody is said to be in it before it was first worked out."""
        return rights.size(row)

    @display(description=_("how current"), ordering="evaluated_at")
    def freshness(self, row):
        return membership.freshness(row, row.now)

    def save_model(self, request, obj, form, change):
        now = database_now()
        if obj.kind == Segment.Kind.RULE and (
            not change or form.definition != form.initial_definition
        ):
            membership.save_definition(obj, form.definition, by=request.user, now=now)
        else:
            obj.save()
        if obj.kind == Segment.Kind.LIST and form.cleaned_data.get("people"):
            added, unknown = members.add(obj, form.cleaned_data["people"].splitlines(), now=now)
            self.message_user(
                request,
                _("%(added)d put on the list. Not found: %(unknown)s")
                % {
                    "added": added,
                    "unknown": ", ".join(unknown) or "–",
                },
            )

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.initial_definition, form.user = obj.definition if obj else None, request.user
        return form

    @act(_("Copy"), icon="content_copy", refusals=(rules.InvalidRule,))
    def copy(self, request, row):
        if not rights.may_use(request.user, row):
            raise PermissionDenied
        return HttpResponseRedirect(
            self.page_of(copying.copy_segment(row, by=request.user, now=database_now()))
        )

    @act(
        _("Keep the present members as a list"),
        icon="playlist_add",
        shown=lambda row: row.kind == Segment.Kind.RULE,
    )
    def to_list(self, request, row):
        if not rights.sees_people(request.user, row):
            raise PermissionDenied
        return HttpResponseRedirect(
            self.page_of(copying.snapshot_as_list(row, by=request.user, now=database_now()))
        )

    # -- the page

    def form_context(self, request, row, form):
        if row is not None and row.kind == Segment.Kind.LIST:
            return {}
        if row is not None and not rights.may_use(request.user, row):
            return {"is_rule_hidden": True}
        preview_cache.begin_afresh(request.user.pk)
        rule = (
            builder.from_post(form.data)
            if form.is_bound
            else builder.from_definition(row.definition if row else {})
        )
        offered = [
            start for start in starts if request.user.has_perms(rules.needs(start().definition()))
        ]
        return {"rule": themed_rule(rule), "menu": builder.menu(request.user), "starts": offered}

    def page_context(self, request, row):
        now = database_now()
        by_rule = row.kind == Segment.Kind.RULE and bool(row.definition)
        return super().page_context(request, row) | {
            "sentence": rules.sentence(row.definition) if by_rule else "",
            "picture": builder.picture(row.definition) if by_rule else None,
            "freshness": membership.freshness(row, now),
            "failure": failures.failure_text(row),
            "is_being_worked_out": membership.is_being_worked_out(row),
            "versions": versions.versions_in_words(
                SegmentVersion.objects.filter(segment=row)
                .select_related("by")
                .order_by("-number")[:VERSIONS]
            ),
            "size": (size := rights.size(row)),
            "size_value": size.replace(",", "") if size[0].isdigit() else "",
            "chart": size_chart(row, now) if rights.sees_people(request.user, row) else "",
        }


@admin.register(ListMember)
class ListMemberAdmin(ModelAdmin):
    list_display = ("customer_link", "segment", "since")
    list_display_links = None
    list_filter = ("segment",)
    list_select_related = ("customer", "segment")
    ordering = ("-pk",)

    customer_link = link("customer", _("customer"))

    def has_add_permission(self, request):
        return False

    has_change_permission = ReadOnly.has_change_permission
