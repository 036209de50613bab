"""A task for a person: the journey goes on by what came of it, or when it is overdue."""

from datetime import datetime, timedelta

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.delivery import content
from campaigns.delivery.channels import LiquidField
from campaigns.journeys import tasks
from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Sleep, Step
from campaigns.models import Run
from customers.models import FollowUp

TRIES = "task_tries"  # in a run's facts: [visit, how often nobody was reached, when it is due]


class StaffTask(Step):
    """*Not reached* comes back so often, to the role in the end; what is not done in time goes by a
    way of its own, and stays to be done."""

    key, label, waits, is_told = "staff_task", gettext_lazy("Task for staff"), True, True

    title = LiquidField(
        label=gettext_lazy("what to do"),
        max_length=200,
        help_text=gettext_lazy("It may have fields, such as {{ customer.name }}."),
    )
    staff = RowField(
        label=gettext_lazy("who"),
        queryset=get_user_model()
        .objects.filter(is_active=True, is_staff=True)
        .order_by("username"),
        required=False,
        empty_label=gettext_lazy("whoever takes it"),
    )
    role = RowField(
        label=gettext_lazy("role"),
        queryset=Group.objects.order_by("name"),
        required=False,
        help_text=gettext_lazy("Who does it where nobody is named, and when nobody was reached."),
    )
    n = forms.IntegerField(label=gettext_lazy("due in days"), min_value=0, max_value=365, initial=1)
    again = forms.IntegerField(
        label=gettext_lazy("not reached: try again, times"),
        min_value=0,
        max_value=10,
        initial=2,
        required=False,
    )
    hours = forms.IntegerField(
        label=gettext_lazy("each after hours"),
        min_value=1,
        max_value=24 * 30,
        initial=4,
        required=False,
    )

    @property
    def exits(self):
        return {
            "done": gettext_lazy("done"),
            "not_reached": gettext_lazy("not reached"),
            "refused": gettext_lazy("refused"),
            "overdue": gettext_lazy("not done in time"),
        }

    def clean(self):
        data = super().clean()
        if "coupon" in content.roots(data.get("title", "")):
            raise ValidationError({"title": _("There is no field %(name)s.") % {"name": "coupon"}})
        return data

    def texts(self):
        return [self.cleaned_data["title"]]

    def run(self, runs, *, now, effects):
        for run in runs:
            run.facts[TRIES] = [run.visit, 0, self.due_at(now).isoformat()]
        effects.plan_tasks(
            runs,
            title=self.cleaned_data["title"],
            staff=self.cleaned_data["staff"],
            role=self.cleaned_data["role"],
            due_on=self.due_at(now),
        )
        return {run.pk: Sleep(self.due_at(now)) for run in runs}

    def due_at(self, now: datetime) -> datetime:
        return now + timedelta(days=self.cleaned_data["n"], hours=12)

    def taken_over(self, run, before, until, now):
        """The task stays; it is overdue by as many days later or earlier as they have now."""
        visit, tries, due = run.facts.get(TRIES, [run.visit, 0, until.isoformat()])
        longer = self.due_at(now) - before.due_at(now)
        run.facts[TRIES] = [visit, tries, (datetime.fromisoformat(due) + longer).isoformat()]
        return now

    def resume(self, runs, *, now, effects):
        """By what came of the task; looked at again, since a wake is a hint."""
        closed = tasks.closed(runs)
        answers: dict[int, Go | Sleep] = {}
        again: list[Run] = []
        for run in runs:
            task = closed.get(run.pk)
            result = task and (task.result or FollowUp.Result.DONE)
            _visit, tries, due = run.facts.get(TRIES, [run.visit, 0, now.isoformat()])
            if (
                task
                and result == FollowUp.Result.NOT_REACHED
                and tries < (self.cleaned_data["again"] or 0)
            ):
                answers[run.pk] = self.once_more(run, task.done_at, now, again)
            elif result:
                answers[run.pk] = Go(result)
            elif datetime.fromisoformat(due) > now:
                answers[run.pk] = Sleep(datetime.fromisoformat(due))
            else:
                answers[run.pk] = Go("overdue")
        if again:
            is_last = [run for run in again if run.facts[TRIES][1] >= self.cleaned_data["again"]]
            effects.reopen_tasks(again, to_role=is_last, due_on=now)
        return answers

    def once_more(self, run: Run, closed_at: datetime, now: datetime, again: list[Run]) -> Sleep:
        """After so many hours it is to be done again; such runs are gathered in `again`."""
        rest = timedelta(hours=self.cleaned_data["hours"] or 1)
        if closed_at + rest > now:
            return Sleep(closed_at + rest)
        run.facts[TRIES] = [run.visit, run.facts[TRIES][1] + 1, self.due_at(now).isoformat()]
        again.append(run)
        return Sleep(self.due_at(now))

    def sentence(self):
        n = self.cleaned_data["n"]
        words = {
            "title": content.readable(self.cleaned_data["title"]),
            "who": self.cleaned_data["staff"] or self.cleaned_data["role"] or _("whoever takes it"),
            "days": ngettext("%(n)d day", "%(n)d days", n) % {"n": n},
        }
        return _("give %(who)s the task “%(title)s”, due in %(days)s") % words
