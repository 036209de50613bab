"""B79: whoever tries out codes finds none, and is told to wait after a few (10 for one order, 30
from one address and minute)."""

import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from campaigns import coupons
from campaigns.coupons import Wanted
from campaigns.coupons.codes import ALPHABET
from tests.factories import a_batch, a_member, a_source
from tests.integrations.conftest import Sender

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

GUESSES = 10_000
ISSUED = 1000


def test_ten_thousand_guesses_find_nothing():
    sender = Sender(a_source())
    namespace = sender.source.namespace
    members = [a_member(namespace=namespace).pk for _ in range(ISSUED)]
    wanted = [Wanted(pk, pk, f"k{pk}") for pk in members]
    coupons.issue(
        a_batch(namespace=namespace),
        wanted,
        by="test",
        now=datetime.now(UTC) - timedelta(minutes=1),
    )

    began = datetime.now(UTC)
    statuses = Counter()
    for n in range(GUESSES):
        code = "".join(secrets.choice(ALPHABET) for _ in range(12))
        statuses[
            sender.post(
                "coupons/reserve", {"code": code, "order_number": f"A{n}", "total_fen": 100_000}
            ).status_code
        ] += 1
    minutes = (
        int((datetime.now(UTC) - began).total_seconds() // 60) + 2
    )  # the count is per minute by the clock

    print(f"\n{GUESSES} guesses at {ISSUED} codes in {minutes - 1} min: {dict(statuses)}")
    assert set(statuses) == {404, 429}
    assert statuses[404] <= 30 * minutes
