"""Asked, decided, used: each move is one conditional update, so of two at once one is too late.

requested -> approved | rejected (by somebody else) | withdrawn (by who asked, or by asking anew)
approved  -> used     by the act, in its transaction, where its content is still the same
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, Model, Q, QuerySet
from django.utils.translation import gettext as _

from customers.approval.kinds import Kind, Refused, as_stored, digest_of, kinds
from customers.models import Approval, AuditEntry, Workspace

State = Approval.State
DECIDES = "customers.decide_approval"


class NotApproved(Refused):
    """The act waits for a second pair of eyes."""


def ask(kind: Kind, row: Model, *, by, now: datetime) -> Approval:
    """What would be done now waits for somebody's decision; an older question about the same thing
    is withdrawn. Raises Refused."""
    content = as_stored(kind.content(row))
    asked = Approval(
        kind=kind.key,
        object_id=row.pk,
        name=kind.name(row)[:200],
        digest=digest_of(content),
        content=content,
        requested_by=by,
        requested_at=now,
    )
    try:
        with transaction.atomic():
            waiting = of(kind.key, row.pk).filter(state=State.REQUESTED)
            if same := waiting.filter(digest=asked.digest).first():
                return same
            for older in waiting:
                move(older, State.WITHDRAWN, by=by, now=now)
            asked.save()
            audit(asked, "request", by)
    except IntegrityError:  # somebody asked at the same moment
        raise Refused(_("Somebody else has just asked for this.")) from None
    return asked


def approve(approval: Approval, *, by, now: datetime, note: str = "") -> None:
    """It may be done, once. Raises Refused: when it was decided meanwhile, was asked by the same
    person, or is not what it was."""
    kind, row = subject(approval)
    if digest_of(as_stored(kind.content(row))) != approval.digest:
        raise Refused(_("It was changed since it was asked for: it has to be asked for again."))
    decide(approval, State.APPROVED, by=by, now=now, note=note)
    kind.approved(row, now)


def reject(approval: Approval, *, by, now: datetime, note: str = "") -> None:
    """It is not to be done like this. Raises Refused."""
    decide(approval, State.REJECTED, by=by, now=now, note=note)
    kind = kinds[approval.kind]()
    if row := kind.model._base_manager.filter(pk=approval.object_id).first():
        kind.rejected(row, now)


def withdraw(approval: Approval, *, by, now: datetime) -> None:
    """Who asked does not want it any more. Raises Refused."""
    if not move(approval, State.WITHDRAWN, by=by, now=now):
        raise Refused(_("This was decided meanwhile."))
    kind = kinds[approval.kind]()
    if row := kind.model._base_manager.filter(pk=approval.object_id).first():
        kind.rejected(row, now)


def decide(approval: Approval, state: str, *, by, now: datetime, note: str) -> None:
    if not by.has_perm(DECIDES):
        raise Refused(_("You may not decide this."))
    own = Exists(Workspace.objects.filter(approves_own=True))
    if not move(approval, state, by=by, now=now, note=note, where=Q(own) | ~Q(requested_by=by)):
        if approval.requested_by_id == by.pk and not Workspace.get().approves_own:
            raise Refused(_("You asked for this yourself: somebody else has to decide."))
        raise Refused(_("This was decided meanwhile."))


def move(
    approval: Approval, state: str, *, by, now: datetime, note: str = "", where: Q | None = None
) -> bool:
    """False when it was too late."""
    waiting = Approval.objects.filter(where or Q(), pk=approval.pk, state=State.REQUESTED)
    is_moved = waiting.update(
        state=state,
        decided_by=by,
        decided_at=now,
        note=note[:1000],
        by_themselves=approval.requested_by_id == by.pk,
    )
    if is_moved:
        audit(approval, state, by)
    return bool(is_moved)


def use(kind: str, row: Model, content: dict, *, by, now: datetime) -> None:
    """The act is approved with exactly this content, and has now taken that approval; called within
    its transaction. Nothing happens where the workspace wants none. Raises NotApproved."""
    if not kinds[kind]().is_needed(row):
        return
    given = of(kind, row.pk).filter(state=State.APPROVED, digest=digest_of(as_stored(content)))
    taken = given.select_for_update().order_by("-pk").first()
    if taken is None:
        raise NotApproved(why_not(kind, row.pk))
    given.filter(pk=taken.pk).update(state=State.USED, used_at=now)
    audit(taken, State.USED, by)


def why_not(kind: str, object_id: int) -> str:
    latest = of(kind, object_id).order_by("-pk").first()
    if latest is None:
        return _("This needs somebody's approval first: ask for it.")
    if latest.state == State.REQUESTED:
        return _("This still waits for somebody's approval.")
    if latest.state == State.REJECTED:
        return _("This was rejected: change it, then ask again.")
    return _("It was changed since it was approved: ask for approval again.")


def standing(kind: Kind, row: Model) -> str:
    """For the page: "" where no approval is needed, else "ask", "requested" or "approved", of the
    row as it is now."""
    if not kind.is_needed(row):
        return ""
    try:
        digest = digest_of(as_stored(kind.content(row)))
    except Refused:
        return "ask"
    states = set(of(kind.key, row.pk).filter(digest=digest).values_list("state", flat=True))
    return next((one for one in (State.APPROVED, State.REQUESTED) if one in states), "ask")


def of(kind: str, object_id: int) -> QuerySet[Approval]:
    return Approval.objects.filter(kind=kind, object_id=object_id)


def subject(approval: Approval) -> tuple[Kind, Model]:
    """Raises Refused when the thing itself is gone."""
    kind = kinds[approval.kind]()
    row = kind.model._base_manager.filter(pk=approval.object_id).first()
    if row is None:
        raise Refused(_("What was asked for is gone."))
    return kind, row


def approved_before(approval: Approval) -> Approval | None:
    """What was last approved of the same thing."""
    given = of(approval.kind, approval.object_id).filter(
        state__in=Approval.GIVEN, pk__lt=approval.pk
    )
    return given.order_by("-pk").first()


def visible(user) -> QuerySet[Approval]:
    """Those whose content the user may see."""
    seen = [kind.key for kind in kinds if user.has_perm(kind.permission)]
    return Approval.objects.filter(kind__in=seen)


def waiting_for(user) -> QuerySet[Approval]:
    """Those that the user could decide now."""
    if not user.has_perm(DECIDES):
        return Approval.objects.none()
    others = visible(user).filter(state=State.REQUESTED)
    return others if Workspace.get().approves_own else others.exclude(requested_by=user)


def audit(approval: Approval, what: str, by) -> None:
    AuditEntry.objects.create(
        by=by,
        act=f"approval.{what}",
        subject=f"approval:{approval.pk}",
        details={"kind": approval.kind, "object": approval.object_id, "name": approval.name},
    )
