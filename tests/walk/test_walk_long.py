"""What takes longer: the figures come to rest when the shop closes, and a coupon for the
mini-program does not wait for the morning."""

import json
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.product import Product, eventually
from tests.walk.chains import chains
from tests.walk.test_walk import ENOUGH, the_figure_is_what_the_rows_say

pytestmark = pytest.mark.proof


def test_figures_rest_after_the_shop_has_closed():
    with Product(demo=True) as product:
        product.start()
        assert eventually(lambda: len(chains(product)) >= ENOUGH, seconds=120), product.tail()

        (product.data / "run" / "demo.stop").touch()
        time.sleep(90)
        first = json.loads(product.manage("figures"))
        time.sleep(30)
        second = json.loads(product.manage("figures"))

        assert second == first
        the_figure_is_what_the_rows_say(product)


def zone_where_it_is(hour: int) -> str:
    """Etc/GMT-3 is three hours ahead of Greenwich."""
    return next(
        name
        for ahead in range(-12, 15)
        if datetime.now(ZoneInfo(name := f"Etc/GMT{-ahead:+}")).hour == hour
    )


def test_chains_appear_at_three_in_the_morning():
    with Product(demo=False) as product:
        product.start()
        zone = zone_where_it_is(3)
        product.ask(
            f"Workspace.objects.update_or_create(pk=1, defaults={{'time_zone': {zone!r}}})[1]",
            "from customers.models import Workspace",
        )
        product.stop()

        product.env["DEMO"] = "1"
        began = datetime.now(UTC)
        product.start()
        found = eventually(
            lambda: len(chains(product)) >= ENOUGH,
            seconds=120 - (datetime.now(UTC) - began).total_seconds(),
            every=2,
        )

        assert found, product.tail()
        assert datetime.now(ZoneInfo(zone)).hour in {3, 4}
