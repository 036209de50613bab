"""A day by store, where the other side names stores: beside one another, agreeing or not. It is
looked at, and makes no day differ: what somebody calls a store is no proof."""

from customers.models import Store
from integrations.models import Reconciliation
from integrations.sync.reconciliation import ours
from integrations.sync.reconciliation.contract import Amounts, same_money

MOST = 500  # stores of one day


def compared(
    row: Reconciliation, theirs: dict[str, Amounts], window, *, by_payment: bool = False
) -> list[dict]:
    """Named by key or by name, as our stores have both."""
    known = dict(Store.objects.filter(namespace=row.source.namespace_id).values_list("key", "name"))
    keys = {name: key for key, name in known.items()}
    mine = ours.by_store(row.source, *window, by_payment=by_payment)
    there: dict[str, Amounts] = {}
    for said, amounts in theirs.items():
        key = said if said in known else keys.get(said, said)
        before = there.get(key, Amounts())
        there[key] = Amounts(
            before.orders + amounts.orders,
            before.paid_fen + amounts.paid_fen,
            before.refunded_fen + amounts.refunded_fen,
        )
    found = []
    for key in sorted(mine.keys() | there.keys())[:MOST]:
        here, other = mine.get(key, Amounts()), there.get(key, Amounts())
        found.append(
            {
                "store": known.get(key, key),
                "orders": here.orders,
                "paid_fen": here.paid_fen,
                "refunded_fen": here.refunded_fen,
                "their_orders": other.orders,
                "their_paid_fen": other.paid_fen,
                "their_refunded_fen": other.refunded_fen,
                "differs": not same_money(here, other),
            }
        )
    return found
