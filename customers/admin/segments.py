"""Segments: a sentence, a picture, a builder with the size at once."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpResponseBadRequest
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from crm_project.admin import ModelAdmin, ReadOnly, dressed, link, state
from crm_project.due import database_now
from crm_project.registry import UnknownKey
from customers import lists
from customers.admin.list_files import TakesFiles
from customers.admin.why import ExplainsMembers
from customers.models import ListMember, Segment, SegmentVersion
from customers.segments import builder, membership, preview, rules

VERSIONS = 10


class SegmentForm(forms.ModelForm):
    people = forms.CharField(
        label=_("put on the list"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Member ids, phones, e-mails or openids, one per line."),
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
            try:
                rules.check(self.definition, inside=self.instance.pk)
            except rules.InvalidRule as invalid:
                raise ValidationError(invalid.messages) from invalid
        return data


@admin.register(Segment)
class SegmentAdmin(TakesFiles, ExplainsMembers, ModelAdmin):
    form = SegmentForm
    list_display = ("name", "kind_label", "size", "freshness", "created_at")
    list_filter = ("kind",)
    search_fields = ("name", "description")
    ordering = ("-pk",)
    panels_above = ("customers/segments/summary.html",)
    change_form_after_template = "customers/segments/rule.html"
    panels_below = ("customers/segments/upload.html", "customers/segments/versions.html")

    conditional_fields = {"people": "kind == 'list'"}

    kind_label = state({Segment.Kind.RULE: "info"}, "kind", _("kind"))

    def get_fieldsets(self, request, obj=None):
        is_list = obj is not None and obj.kind == Segment.Kind.LIST
        return ((None, {"fields": (("name", "kind"), "description", *(("people",) if is_list or obj is None else ()))}),)

    def enrich(self, rows):
        now = database_now()
        for row in rows:
            row.now = now

    @display(description=_("right as of"), ordering="evaluated_at")
    def freshness(self, row):
        return membership.freshness(row, row.now)

    def save_model(self, request, obj, form, change):
        now = database_now()
        if obj.kind == Segment.Kind.RULE and (not change or form.definition != form.initial_definition):
            membership.save_definition(obj, form.definition, by=request.user, now=now)
        else:
            obj.save()
        if obj.kind == Segment.Kind.LIST and form.cleaned_data.get("people"):
            added, unknown = lists.add(obj, form.cleaned_data["people"].splitlines(), now=now)
            self.message_user(
                request, _("%(added)d put on the list. Not found: %(unknown)s") % {"added": added, "unknown": ", ".join(unknown) or "–"}
            )

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.initial_definition = obj.definition if obj else None
        return form

    # -- the page

    def form_context(self, request, row, form):
        if row is not None and row.kind == Segment.Kind.LIST:
            return {}
        rule = builder.from_post(form.data) if form.is_bound else builder.from_definition(row.definition if row else {})
        return {"rule": dressed_rule(rule), "offered": builder.offered()}

    def page_context(self, request, row):
        by_rule = row.kind == Segment.Kind.RULE and bool(row.definition)
        return super().page_context(request, row) | {
            "sentence": rules.sentence(row.definition) if by_rule else "",
            "picture": builder.picture(row.definition) if by_rule else None,
            "freshness": membership.freshness(row, database_now()),
            "versions": SegmentVersion.objects.filter(segment=row).select_related("by").order_by("-number")[:VERSIONS],
        }

    # -- parts that HTMX fetches

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("rule/condition/", view(self.condition_view), name="customers_segment_rule_condition"),
            path("rule/group/", view(self.group_view), name="customers_segment_rule_group"),
            path("rule/preview/", view(self.preview_view), name="customers_segment_rule_preview"),
            *super().get_urls(),
        ]

    def condition_view(self, request):
        try:
            part = builder.new_condition(request.GET.get("key", ""), request.GET.get("parent", ""))
        except UnknownKey:
            return HttpResponseBadRequest()
        return self.part_response(request, part)

    def group_view(self, request):
        return self.part_response(request, builder.Part(builder.new_id(), request.GET.get("parent", ""), op="any"))

    def part_response(self, request, part):
        return TemplateResponse(request, "customers/segments/part.html", {"part": dressed_rule(part), "offered": builder.offered()})

    def preview_view(self, request):
        if not self.has_view_permission(request):
            return HttpResponseBadRequest()
        definition = builder.from_post(request.POST).definition()
        if not definition["of"]:
            return TemplateResponse(request, "customers/segments/preview.html", {})
        context = {"sentence": rules.sentence(definition)}
        try:
            context["preview"] = preview.count(definition, database_now(), segment=self.edited(request))
        except rules.InvalidRule as invalid:
            context["problems"] = invalid.messages
        return TemplateResponse(request, "customers/segments/preview.html", context)

    def edited(self, request) -> int | None:
        """The segment by rule whose page asks; None while it is new."""
        said = request.POST.get("rule-segment", "")
        is_number = said.isascii() and said.isdigit() and len(said) < 10
        return Segment.objects.filter(pk=said, kind=Segment.Kind.RULE).values_list("pk", flat=True).first() if is_number else None


def dressed_rule(part: builder.Part) -> builder.Part:
    for form in builder.forms_of(part):
        dressed(form)
    return part


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
