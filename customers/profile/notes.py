"""Notes and follow-up tasks: each change by a named person and in the audit log, which says that
there was one and not what it said."""

from datetime import date, datetime

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from customers.models import AuditEntry, Customer, FollowUp, Note


def write(customer: Customer, text: str, *, by, now: datetime) -> Note:
    note = Note.objects.create(
        customer=customer, origin_customer=customer, text=text, by=by, at=now
    )
    audit("note.write", note, by)
    return note


def may_remove(note: Note, user) -> bool:
    return note.by_id == user.pk or user.has_perm("customers.delete_note")


def remove(note: Note, *, by) -> None:
    audit("note.remove", note, by)
    note.delete()


def plan(
    customer: Customer, title: str, *, due_on: date | None, assignee, by, now: datetime
) -> FollowUp:
    task = FollowUp.objects.create(
        customer=customer,
        origin_customer=customer,
        title=title,
        due_on=due_on,
        assignee=assignee,
        by=by,
        at=now,
    )
    audit("task.plan", task, by)
    return task


def finish(task: FollowUp, *, by, now: datetime, result: str = FollowUp.Result.DONE) -> bool:
    """Done by this person, with this result. False when somebody was quicker."""
    done = FollowUp.objects.open().filter(pk=task.pk).update(done_at=now, done_by=by, result=result)
    if done:
        audit("task.finish", task, by)
    return bool(done)


def due_today(customer: int, today: datetime) -> bool:
    """Whether there is something to do for this customer today, or still from before."""
    return FollowUp.objects.due(today.date()).filter(customer=customer).exists()


def reopen(task: FollowUp, *, by) -> bool:
    opened = FollowUp.objects.filter(pk=task.pk, done_at__isnull=False).update(
        done_at=None, done_by=None, result=""
    )
    if opened:
        audit("task.reopen", task, by)
    return bool(opened)


def audit(act: str, row: Note | FollowUp, by) -> None:
    AuditEntry.objects.create(
        by=by, act=act, subject=f"customer:{row.customer_id}", details={"id": row.pk}
    )


def staff() -> QuerySet:
    """Who may be given a task."""
    return get_user_model().objects.filter(is_active=True, is_staff=True).order_by("username")
