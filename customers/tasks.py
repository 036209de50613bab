"""Look now: Celery wakes, the rows decide."""

from celery import shared_task

from crm_project import doorbell
from crm_project.due import work_through
from customers import merging
from customers.models import Merge
from customers.segments import membership


@shared_task
def refresh_segments(**_later):
    doorbell.answered("segments")
    membership.refresh_all()
    work_through(Merge.objects.all(), merging.sweep, limit=50)
