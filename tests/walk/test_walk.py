"""`make run` in an empty folder: a customer goes from a look to a coupon to an order, and the order is in the figures."""

import time
from datetime import UTC, datetime, timedelta

from tests.product import Product, eventually
from tests.walk.chains import attributed_net_fen, chains, survivors

ENOUGH = 5


def test_an_empty_folder_shows_five_chains_within_two_minutes():
    began = time.monotonic()
    with Product(demo=True) as product:
        product.start()
        found = eventually(lambda: len(chains(product)) >= ENOUGH, seconds=120 - (time.monotonic() - began), every=2)

        assert found, product.tail()
        links_are_one_persons_story(product)
        the_figure_is_what_the_rows_say(product)


def links_are_one_persons_story(product):
    last = survivors(product)
    for chain in chains(product):
        people = {last[chain[link]] for link in chain if link.endswith("_customer")}
        assert len(people) == 1, chain
        times = [chain[at] for at in ("occurred_at", "entered_at", "issued_at", "sent_at", "redeemed_at")]
        assert times == sorted(times), chain
        assert chain["discount_fen"] == chain["coupon_discount_fen"] > 0, chain


def the_figure_is_what_the_rows_say(product):
    """While the shop goes on: a refund between two readings changes the sum, so both must be of the same rows."""
    until = datetime.now(UTC) - timedelta(seconds=2)
    since = until - timedelta(hours=1)

    def readings():
        return (
            the_products_figure(product, since, until),
            attributed_net_fen(product, since, until),
            the_products_figure(product, since, until),
        )

    before, recomputed, after = readings()
    for _again in range(5):
        if before == after:
            break
        before, recomputed, after = readings()
    assert before == recomputed == after
    assert recomputed > 0


def the_products_figure(product, since, until) -> int:
    period = f"since=datetime.fromisoformat({since.isoformat()!r}), until=datetime.fromisoformat({until.isoformat()!r})"
    return product.ask(f"reports.attributed_net_fen({period})", "from datetime import datetime\nfrom campaigns import reports")
