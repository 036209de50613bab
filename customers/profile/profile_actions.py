"""What this room lets staff do from a customer's page: notes, tasks."""

from datetime import date, datetime, time

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.data_rights import erasing, exporting
from customers.models import FollowUp, Note, Tag
from customers.profile import notes
from customers.profile.actions import Action, ActionRefused
from customers.tags import tagging


class DayInput(forms.DateInput):
    """The browser's own calendar, in the reader's language."""

    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


class PutOnTag(Action):
    key, label, icon = "tag", gettext_lazy("Tag"), "sell"
    permission = "customers.add_customertag"
    button = gettext_lazy("Put on the tag")

    class Form(forms.Form):
        tag = forms.ModelChoiceField(
            label=gettext_lazy("tag"),
            queryset=Tag.objects.filter(segment=None).order_by("group__name", "name"),
        )
        until = forms.DateField(
            label=gettext_lazy("until"),
            required=False,
            widget=DayInput(),
            help_text=gettext_lazy("Empty: as long as the tag itself says."),
        )
        why = forms.CharField(label=gettext_lazy("why"), max_length=200, required=False)

    def carry_out(self, data, now):
        until = start_of(data["until"]) if data["until"] else tagging.term(data["tag"], now)
        try:
            tagging.put_on(
                data["tag"],
                [self.customer.pk],
                by=f"user:{self.user}",
                why=data["why"],
                until=until,
                now=now,
            )
        except tagging.CannotTag as refused:
            raise ActionRefused(str(refused)) from refused
        return _("The tag is put on.")


def start_of(day: date) -> datetime:
    """Of the reader's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


class WriteNote(Action):
    key, label, icon = "note", gettext_lazy("Note"), "sticky_note_2"
    permission = "customers.add_note"
    button = gettext_lazy("Save the note")

    class Form(forms.Form):
        text = forms.CharField(
            label=gettext_lazy("note"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
        )

    def carry_out(self, data, now):
        notes.write(self.customer, data["text"], by=self.user, now=now)
        return _("The note is saved.")


class RemoveNote(Action):
    key, label, icon = "remove-note", gettext_lazy("Delete the note"), "delete"
    permission = "customers.view_note"  # whose note it is decides, or the permission to delete any
    style, is_listed = "danger", False
    note = gettext_lazy("The note is gone for good.")

    class Form(forms.Form):
        id = forms.ModelChoiceField(queryset=Note.objects.none(), widget=forms.HiddenInput)

    def form(self, data=None, initial=None):
        form = super().form(data, initial)
        form.fields["id"].queryset = Note.objects.filter(customer=self.customer)
        return form

    def carry_out(self, data, now):
        if not notes.may_remove(data["id"], self.user):
            raise ActionRefused(_("Only its writer may delete this note."))
        notes.remove(data["id"], by=self.user)
        return _("The note is deleted.")


class PlanFollowUp(Action):
    key, label, icon = "task", gettext_lazy("Task"), "add_task"
    permission = "customers.add_followup"
    button = gettext_lazy("Save the task")

    class Form(forms.Form):
        title = forms.CharField(label=gettext_lazy("what to do"), max_length=200)
        due_on = forms.DateField(label=gettext_lazy("due"), required=False, widget=DayInput())
        assignee = forms.ModelChoiceField(
            label=gettext_lazy("who"),
            queryset=None,
            required=False,
            empty_label=gettext_lazy("whoever takes it"),
        )

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.fields["assignee"].queryset = notes.staff()

    def form(self, data=None, initial=None):
        return super().form(data, {"assignee": self.user.pk, **(initial or {})})

    def carry_out(self, data, now):
        notes.plan(
            self.customer,
            data["title"],
            due_on=data["due_on"],
            assignee=data["assignee"],
            by=self.user,
            now=now,
        )
        return _("The task is saved.")


class FinishFollowUp(Action):
    """Also takes a task up again: whoever ticked the wrong one unticks it."""

    key, label, icon = "finish-task", gettext_lazy("Done"), "task_alt"
    permission = "customers.change_followup"
    is_listed = False

    class Form(forms.Form):
        id = forms.ModelChoiceField(queryset=FollowUp.objects.none(), widget=forms.HiddenInput)
        is_open = forms.BooleanField(required=False, widget=forms.HiddenInput)
        back = forms.ChoiceField(choices=[("tasks", "")], required=False, widget=forms.HiddenInput)
        result = forms.ChoiceField(
            choices=FollowUp.Result.choices, required=False, widget=forms.HiddenInput
        )

    def form(self, data=None, initial=None):
        form = super().form(data, initial)
        form.fields["id"].queryset = FollowUp.objects.filter(customer=self.customer)
        return form

    def carry_out(self, data, now):
        self.came_from_tasks = data["back"] == "tasks"
        if data["is_open"]:
            notes.reopen(data["id"], by=self.user)
            return _("The task is open again.")
        result = data["result"] or FollowUp.Result.DONE
        notes.finish(data["id"], by=self.user, now=now, result=result)
        if result == FollowUp.Result.DONE:
            return _("The task is done.")
        return _("The task is closed: %(result)s.") % {"result": FollowUp.Result(result).label}

    def leads_to(self):
        return reverse("followups") if self.came_from_tasks else super().leads_to()


class MergeWith(Action):
    """A page of its own in the merge review: the other one is looked for and compared there."""

    key, label, icon = "merge", gettext_lazy("Merge"), "merge"
    permission = "customers.add_merge"
    is_page = True

    @property
    def address(self):
        return f"{reverse('merge')}?first={self.customer.public_id}"


class ExportEverything(Action):
    key, label, icon = "export", gettext_lazy("Export everything"), "download"
    permission, is_page = exporting.PERMISSION, True

    @property
    def address(self):
        return reverse("admin:customers_customer_export", args=[self.customer.pk])


class Erase(Action):
    key, label, icon = "erase", gettext_lazy("Erase"), "delete_forever"
    permission, is_page, style = erasing.PERMISSION, True, "danger"

    @property
    def address(self):
        return reverse("admin:customers_customer_erase", args=[self.customer.pk])
