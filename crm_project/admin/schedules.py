"""The ticks of Celery beat. They belong to the product (crm_project/celery.py); campaigns and
journeys have schedules of their own."""

from django.contrib import admin
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from crm_project.admin.base import ModelAdmin

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(model)


class TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    pass


class PeriodicTaskForm(beat.PeriodicTaskForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class TickAdmin(beat.PeriodicTaskAdmin, ModelAdmin):
    form = PeriodicTaskForm
    list_select_related = ("interval", "crontab", "solar", "clocked")


@admin.register(IntervalSchedule)
class Intervals(ModelAdmin):
    pass


@admin.register(CrontabSchedule)
class Crontabs(beat.CrontabScheduleAdmin, ModelAdmin):
    pass


@admin.register(SolarSchedule)
class Solars(ModelAdmin):
    pass


@admin.register(ClockedSchedule)
class Clocks(beat.ClockedScheduleAdmin, ModelAdmin):
    pass
