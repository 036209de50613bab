"""Showing what is masked: one phone or e-mail to one person who may see it, who says why, and who
is written down (semantics 9)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from customers.models import (
    AuditEntry,
    Customer,
    CustomerAttribute,
    Identity,
    Kind,
    RevealLimit,
    Workspace,
)
from customers.privacy.personal import kind_of
from customers.privacy.personal_kinds import PersonalKind
from customers.privacy.sealing import scrubbed

PERMISSION = "customers.reveal_identity"
ACT, DUE_ACT = "reveal", "reveal.due"
MOST_PER_HOUR = 30  # of a role for which nothing else is set
MOST_DUE_PER_HOUR = 200  # phones of those who are to be called about something today
SHORTEST_REASON = 4
LONGEST_REASON = 200


class CannotReveal(Exception):
    """Nothing is shown; in words for whoever asked."""


def reveal(shown, by, reason: str, now: datetime) -> list[tuple[str, str]]:
    """What `shown` hides, as (label, clear value); each value counts, and the audit log says who
    saw which and why.

    `shown` is an identity, an unproven identity, an attribute, or a customer with all their phones
    and e-mails. Raises CannotReveal.
    """
    if not by.has_perm(PERMISSION):
        raise CannotReveal(_("You may not see this."))
    reason = " ".join(scrubbed(reason).split())[:LONGEST_REASON]
    if len(reason) < SHORTEST_REASON:
        raise CannotReveal(_("Say why, in a few words."))
    with transaction.atomic():
        get_user_model().objects.select_for_update(no_key=True).get(
            pk=by.pk
        )  # two requests at once must count each other
        hidden = hidden_rows(shown)
        if not hidden:
            raise CannotReveal(_("Nothing is hidden here."))
        names = Customer.objects.filter(
            pk__in={row.customer_id for row, *_rest in hidden}
        ).values_list("name", flat=True)
        reason = scrubbed(reason, *names)
        due = {row.customer_id: is_due_today(row.customer_id, now) for row, *_rest in hidden}
        entries = [
            AuditEntry(
                by=by,
                act=DUE_ACT if due[row.customer_id] and is_phone(row) else ACT,
                subject=f"customer:{row.customer_id}",
                details={"what": what, "shown": masked, "reason": reason},
            )
            for row, what, masked, _label in hidden
        ]
        for act, most in zip((ACT, DUE_ACT), limits(by), strict=True):
            more = sum(entry.act == act for entry in entries)
            if more and seen_lately(by, now, act) + more > most:
                raise CannotReveal(
                    _("No more than %(n)d in an hour. Try again later.") % {"n": most}
                )
        AuditEntry.objects.bulk_create(entries)
    return [(str(label), row.sealed) for row, _what, _masked, label in hidden]


def hidden_rows(shown) -> list[tuple]:
    """(row, what it is, as it is masked, label) of everything sealed there."""
    if isinstance(shown, Customer):
        proven = Identity.objects.filter(customer=shown).exclude(sealed=None).order_by("kind", "pk")
        return [hidden for row in proven for hidden in hidden_rows(row)]
    if shown.sealed is None:
        return []
    if isinstance(shown, CustomerAttribute):
        return [(shown, f"attribute {shown.key}", "••••", shown.key)]
    return [
        (
            shown,
            f"{type(shown).__name__.lower()} {shown.kind}",
            shown.masked_value,
            shown.get_kind_display(),
        )
    ]


def is_phone(row) -> bool:
    return (
        kind_of(row.key) == PersonalKind.PHONE
        if isinstance(row, CustomerAttribute)
        else row.kind == Kind.PHONE
    )


def is_due_today(customer: int, now: datetime) -> bool:
    """Whether somebody is to call about something today: a room says so (CRM_DUE_TODAY)."""
    today = timezone.localtime(now, ZoneInfo(Workspace.get().time_zone))
    return any(import_string(path)(customer, today) for path in settings.CRM_DUE_TODAY)


def limits(by) -> tuple[int, int]:
    """How many values in an hour, and apart from them how many phones of those who are due: of
    several roles the highest."""
    kept = RevealLimit.objects.filter(group__in=by.groups.all()).aggregate(
        Max("per_hour"), Max("per_hour_due")
    )
    most, most_due = kept["per_hour__max"], kept["per_hour_due__max"]
    return (MOST_PER_HOUR if most is None else most), (
        MOST_DUE_PER_HOUR if most_due is None else most_due
    )


def seen_lately(by, now: datetime, act: str = ACT) -> int:
    """How many values this person was shown within the last hour."""
    return AuditEntry.objects.filter(by=by, act=act, at__gt=now - timedelta(hours=1)).count()
