"""Showing what is masked: one phone or e-mail to one person who may see it, who says why, and who is written down (semantics 9)."""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import AuditEntry, Customer, CustomerAttribute, Identity
from customers.privacy import scrubbed

PERMISSION = "customers.reveal_identity"
ACT = "reveal"
MOST_PER_HOUR = 30
SHORTEST_REASON = 4
LONGEST_REASON = 200


class CannotReveal(Exception):
    """Nothing is shown; in words for whoever asked."""


def reveal(shown, by, reason: str, now: datetime) -> list[tuple[str, str]]:
    """What `shown` hides, as (label, clear value); each value counts, and the audit log says who saw which and why.

    `shown` is an identity, an unproven identity, an attribute, or a customer with all their phones and e-mails. Raises CannotReveal.
    """
    if not by.has_perm(PERMISSION):
        raise CannotReveal(_("You may not see this."))
    reason = " ".join(scrubbed(reason).split())[:LONGEST_REASON]
    if len(reason) < SHORTEST_REASON:
        raise CannotReveal(_("Say why, in a few words."))
    with transaction.atomic():
        get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)  # two requests at once must count each other
        hidden = hidden_rows(shown)
        if not hidden:
            raise CannotReveal(_("Nothing is hidden here."))
        if seen_lately(by, now) + len(hidden) > MOST_PER_HOUR:
            raise CannotReveal(_("No more than %(n)d in an hour. Try again later.") % {"n": MOST_PER_HOUR})
        AuditEntry.objects.bulk_create(
            AuditEntry(by=by, act=ACT, subject=f"customer:{row.customer_id}", details={"what": what, "shown": masked, "reason": reason})
            for row, what, masked, _label in hidden
        )
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
    return [(shown, f"{type(shown).__name__.lower()} {shown.kind}", shown.masked_value, shown.get_kind_display())]


def seen_lately(by, now: datetime) -> int:
    """How many values this person was shown within the last hour."""
    return AuditEntry.objects.filter(by=by, act=ACT, at__gt=now - timedelta(hours=1)).count()
