"""How the coupons of a batch stand: each in exactly one line, and what each line has promised."""

from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from campaigns.models import Coupon

State = Coupon.State
LINES: dict[str, tuple] = {
    "open": (
        _("open: can still be used"),
        (State.ISSUED, State.CLAIMED, State.RESERVED, State.RETURNED),
    ),
    "redeemed": (_("redeemed"), (State.REDEEMED,)),
    "expired": (_("expired"), (State.EXPIRED,)),
    "revoked": (_("revoked"), (State.REVOKED,)),
    "void": (_("void after a refund"), (State.VOID,)),
    "pending": (_("waits for its message to leave"), (State.PENDING,)),
    "withdrawn": (_("withdrawn: its message did not leave"), (State.WITHDRAWN,)),
}


def sums(batch_id: int) -> dict[str, tuple[int, int]]:
    """By line: how many, and what they were promised to be worth at most (fen)."""
    rows = (
        Coupon.objects.filter(batch=batch_id)
        .values_list("state")
        .annotate(n=Count("pk"), promised=Sum("promised_fen"))
        .order_by()
    )
    by_state = {state: (n, int(promised or 0)) for state, n, promised in rows}
    found = {}
    for line, (_label, states) in LINES.items():
        counted = [by_state.get(state, (0, 0)) for state in states]
        found[line] = (sum(n for n, _fen in counted), sum(fen for _n, fen in counted))
    return found


def of_batch(batch_id: int) -> list[tuple[str, int, int]]:
    """(words, how many, promised) of the lines in which any is."""
    found = sums(batch_id)
    return [(str(LINES[line][0]), n, fen) for line, (n, fen) in found.items() if n]
