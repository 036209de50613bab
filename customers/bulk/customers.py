"""What is done to many customers: tags on and off, onto a list."""

from collections import Counter
from datetime import datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_project.admin.themed_forms import Form as BaseForm
from crm_project.jobs.models import Job
from customers.bulk.acts import Act, Refused, said
from customers.lists import rows as list_rows
from customers.models import Segment, Tag
from customers.tags import tagging

CUSTOMERS = ("customers.customer", "events.customervalue")  # the same people, two lists
AS_BEFORE = "as_before"


class OnCustomers(Act):
    lists = CUSTOMERS
    moves_customers = True

    def words(self, reason: str) -> str:
        return _("was so already") if reason == AS_BEFORE else reason


class TagForm(BaseForm):
    tag = forms.ModelChoiceField(
        label=gettext_lazy("tag"), queryset=Tag.objects.filter(segment=None).order_by("name")
    )


class AnyTagForm(BaseForm):
    """One that there is, or one that is made for this."""

    tag = forms.ModelChoiceField(
        label=gettext_lazy("tag"), queryset=TagForm.base_fields["tag"].queryset, required=False
    )
    new_tag = forms.CharField(label=gettext_lazy("or a new tag"), max_length=60, required=False)

    def clean(self):
        data = super().clean()
        tag, name = data.get("tag"), data.get("new_tag")
        if bool(tag) == bool(name) and not self.errors:
            self.add_error("tag", _("Choose a tag, or name a new one."))
        elif name and Tag.objects.filter(name=name).exclude(segment=None).exists():
            self.add_error(
                "new_tag", _("The tag “%(tag)s” is given by a rule, not by hand.") % {"tag": name}
            )
        return data


class OfTag(OnCustomers):
    permission = tagging.MANY
    Form = TagForm

    def params(self, form) -> dict:
        return {"tag": form.cleaned_data["tag"].pk}

    def gives(self, job):
        return Tag.objects.filter(pk=said(job)["tag"]).first()

    def carry_out(self, job: Job, rows: list, admin, now: datetime) -> Counter:
        changed = self.change(tag_of(job), [row.pk for row in rows], job, now)
        return Counter({"": changed, AS_BEFORE: len(rows) - changed})

    def change(self, tag: Tag, customers: list[int], job: Job, now: datetime) -> int:
        """How many of them wear it, or do not, only now."""
        raise NotImplementedError


class PutOn(OfTag):
    key, label, icon = "tag_on", gettext_lazy("Put on a tag"), "sell"
    MAKES = "customers.add_tag"

    def form(self, user, data=None):
        return (AnyTagForm if user.has_perm(self.MAKES) else TagForm)(data)

    def params(self, form) -> dict:
        tag = (
            form.cleaned_data["tag"]
            or Tag.objects.get_or_create(name=form.cleaned_data["new_tag"])[0]
        )
        return {"tag": tag.pk}

    def change(self, tag: Tag, customers: list[int], job: Job, now: datetime) -> int:
        return tried(
            tagging.put_on,
            tag,
            customers,
            by=f"user:{job.by}",
            why=job.reason,
            until=tagging.term(tag, now),
            now=now,
        )


class TakeOff(OfTag):
    key, label, icon = "tag_off", gettext_lazy("Take off a tag"), "label_off"

    def change(self, tag: Tag, customers: list[int], job: Job, now: datetime) -> int:
        return tried(tagging.take_off, tag, customers, by=f"user:{job.by}", why=job.reason, now=now)


def tag_of(job: Job) -> Tag:
    tag = Tag.objects.select_related("group", "segment").filter(pk=said(job)["tag"]).first()
    if tag is None:
        raise Refused(_("There is no such tag."))
    return tag


def tried(change, *args, **kwargs) -> int:
    try:
        return change(*args, **kwargs)
    except tagging.CannotTag as refused:
        raise Refused(str(refused)) from refused


class AddToList(OnCustomers):
    key, label, icon = "list_on", gettext_lazy("Put on a list"), "playlist_add"
    permission = "customers.change_segment"

    class Form(BaseForm):
        segment = forms.ModelChoiceField(
            label=gettext_lazy("list"),
            queryset=Segment.objects.filter(kind=Segment.Kind.LIST).order_by("name"),
        )

    def params(self, form) -> dict:
        return {"segment": form.cleaned_data["segment"].pk}

    def gives(self, job):
        return Segment.objects.filter(pk=said(job)["segment"], kind=Segment.Kind.LIST).first()

    def carry_out(self, job: Job, rows: list, admin, now: datetime) -> Counter:
        segment = self.gives(job)
        if segment is None:
            raise Refused(_("There is no such list."))
        added = list_rows.insert(segment, {row.pk: row.pk for row in rows}, now)
        return Counter({"": added, AS_BEFORE: len(rows) - added})
