"""Look now: Celery wakes, the rows decide."""

from celery import shared_task

from crm_project import drains
from crm_project.due import work_through
from customers import merging
from customers.models import Merge
from customers.segments import membership

REST = 0.2  # a pass costs little more for the changes of a fifth of a second than for one


@shared_task(bind=True)
def refresh_segments(self, **_later):
    drains.drain(self, "segments", refreshed, rest=REST)


def refreshed() -> bool:
    """Members are as they should be; then it rests in any case, so that a few changes do not cost a pass each."""
    membership.refresh_all()
    work_through(Merge.objects.all(), merging.sweep, limit=50)
    return False
