"""Tags and their groups: how many carry each, by which rule, and what became of it."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminColorInputWidget

from crm_project.admin import ModelAdmin
from customers.admin.tagging import many_view
from customers.admin.uses import ShowsUses
from customers.models import AuditEntry, Segment, Tag, TagGroup
from customers.segments import rights, rules
from customers.tags import history, tagging
from customers.tags import jobs as tag_jobs
from customers.tags import rules as tag_rules
from customers.tags.jobs import TagMany

COUNTED = 10_000
SHOWN = 50
CARRY = """
SELECT t.id, (SELECT count(*) FROM (SELECT DISTINCT o.customer_id FROM customers_customertag o
        WHERE o.tag_id = t.id AND (o.expires_at IS NULL OR o.expires_at > hutong_now())
          LIMIT %(most)s) AS found)
  FROM unnest(%(tags)s::int[]) AS t(id)
"""


def carriers(tags) -> dict[int, int]:
    """How many customers carry each of the tags, counted up to COUNTED + 1."""
    with connection.cursor() as cursor:
        cursor.execute(CARRY, {"tags": [tag.pk for tag in tags], "most": COUNTED + 1})
        return dict(cursor.fetchall())


def said(count: int) -> str:
    """So many carry it, for whoever may see them; for others a few are not counted."""
    return f"{COUNTED:,}+" if count > COUNTED else rights.numbered(count)


def jobs_of(tag: Tag) -> list:
    jobs = tag_jobs.of(tag)
    wanted = [job.params["segment"] for job in jobs if job.params["segment"]]
    segments = Segment.objects.in_bulk(wanted)
    for job in jobs:
        job.segment = segments.get(job.params["segment"])
        job.percent = int(100 * (TagMany().share(job) or float(job.is_over)))
        numbers = {"changed": job.done_rows, "total": job.total or 0, "so_far": job.worked_rows}
        job.numbers = {name: rights.numbered(number) for name, number in numbers.items()}
    return jobs


class WithColour:
    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "colour":
            kwargs["widget"] = UnfoldAdminColorInputWidget()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description=gettext_lazy("name"), ordering="name")
    def shown(self, row):
        return format_html(
            '<span class="ht-swatch" style="background:{}"></span>{}', row.colour, row.name
        )


@admin.register(TagGroup)
class TagGroupAdmin(WithColour, ModelAdmin):
    list_display = ("shown", "is_exclusive")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "colour", "is_exclusive")

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change=change, form=TagGroupForm, **kwargs)


class TagGroupForm(forms.ModelForm):
    class Meta:
        model = TagGroup
        fields = ("name", "colour", "is_exclusive")

    def clean_is_exclusive(self):
        exclusive = self.cleaned_data["is_exclusive"]
        by_rule = (
            Tag.objects.filter(group=self.instance.pk).exclude(segment=None).first()
            if self.instance.pk
            else None
        )
        if exclusive and by_rule:
            raise ValidationError(
                _(
                    "The tag “%(tag)s” is given by a rule: rules decide for themselves who"
                    " carries it."
                )
                % {"tag": by_rule}
            )
        return exclusive


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ("name", "group", "colour", "lasts_days", "segment", "keep_days")

    def clean(self):
        data = super().clean()
        segment, group = data.get("segment"), data.get("group")
        if segment and group and group.is_exclusive:
            self.add_error(
                "group",
                _(
                    "Of this group one tag is carried at a time: its tags cannot be given by a"
                    " rule."
                ),
            )
        if segment and data.get("lasts_days"):
            self.add_error("lasts_days", _("A tag given by a rule lasts as long as the rule says."))
        if data.get("keep_days") and not segment:
            self.add_error("keep_days", _("Choose the segment that gives the tag."))
        if segment and "segment" in self.changed_data and segment.pk in rights.unseen():
            self.add_error(
                "segment", _("You may not see who is in this segment, so you cannot mark them.")
            )
        if segment and self.instance.pk and tag_rules.gives_itself(self.instance, segment):
            self.add_error(
                "segment",
                _("This segment asks for the tag itself: it would follow from itself in a circle."),
            )
        return data


@admin.register(Tag)
class TagAdmin(WithColour, ShowsUses, ModelAdmin):
    form = TagForm
    list_display = ("shown", "group", "given_by", "term", "carried_by", "used_by")
    list_filter = ("group",)
    search_fields = ("name", "group__name")
    ordering = ("group__name", "name")
    list_select_related = ("group", "segment")
    autocomplete_fields = ("group", "segment")
    fieldsets = (
        (None, {"fields": ("name", ("group", "colour"), "lasts_days")}),
        (gettext_lazy("By rule"), {"fields": (("segment", "keep_days"),)}),
    )
    panels_above = ("customers/tags/summary.html",)
    panels_below = ("customers/uses.html", "customers/tags/history.html")

    def enrich(self, rows):
        super().enrich(rows)
        counts = carriers(rows)
        for row in rows:
            row.customers = counts.get(row.pk, 0)

    @display(description=gettext_lazy("given by"), ordering="segment__name")
    def given_by(self, row):
        return row.segment and format_html(
            '<a class="ht-link" href="{}">{}</a>',
            reverse("admin:customers_segment_change", args=[row.segment_id]),
            row.segment,
        )

    @display(description=gettext_lazy("lasts, days"), ordering="lasts_days")
    def term(self, row):
        return row.lasts_days

    @display(description=gettext_lazy("customers"))
    def carried_by(self, row):
        number = said(row.customers)
        return format_html(
            '<a class="ht-link" href="{}?tag={}">{}</a>',
            reverse("admin:customers_customer_changelist"),
            row.pk,
            number,
        )

    def page_context(self, request, row):
        count = carriers([row])[row.pk]
        return super().page_context(request, row) | {
            "count": said(count),
            "sentence": (
                rules.sentence(row.segment.definition)
                if row.segment and row.segment.definition
                else ""
            ),
            "jobs": jobs_of(row),
            "history": (
                history.of_tag(row, SHOWN)
                if request.user.has_perm("customers.view_customer")
                else []
            ),
            "may_tag_many": (row.segment_id is None and request.user.has_perm(tagging.MANY)),
        }

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        changed = {name: str(form.cleaned_data[name]) for name in form.changed_data}
        AuditEntry.objects.create(
            by=request.user, act="tag.save", subject=f"tag:{obj.pk}", details=changed
        )

    # -- many customers at once

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("many/", view(self.many), name="customers_tag_many"),
            path("<int:pk>/jobs/", view(self.jobs_view), name="customers_tag_jobs"),
            *super().get_urls(),
        ]

    def many(self, request):
        return many_view(request, self)

    def jobs_view(self, request, pk):
        """The bars, fetched again while they fill."""
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return TemplateResponse(
            request, "customers/tags/jobs.html", {"row": row, "jobs": jobs_of(row)}
        )

    def delete_model(self, request, obj):
        """Refused in words while somebody carries it: the form of deletion says who, this holds
        what came meanwhile."""
        try:
            super().delete_model(request, obj)
        except ProtectedError:
            self.message_user(
                request, _("The tag is carried by customers: take it off first."), messages.ERROR
            )
