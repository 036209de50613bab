"""Ready segments and tags: twenty of each in every trade, whose rules find who belongs."""

from datetime import timedelta

import pytest
from django.utils import translation
from pyroaring import BitMap

from campaigns.models import Message
from campaigns.recipes.packs import PACKS, adding
from crm_project.queue.due import database_now
from customers.models import Customer, CustomerAttribute, CustomerTag, Segment, Tag
from customers.segments import membership, rules
from events.incoming_items import BookingState
from events.models import Booking
from tests.campaigns.test_coupon_issuing import issue, wanted
from tests.factories import (
    a_batch,
    a_namespace,
    a_source,
    a_workspace,
    an_event,
    an_order,
    happened,
    member,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EVERY = [
    pytest.param(trade, one, id=f"{trade}-{one.key}")
    for trade, pack in PACKS.items()
    for one in pack.segments
]


class People:
    """One person for each rule, who did just what it asks for."""

    def __init__(self):
        self.now, self.source, self.seen = database_now(), a_source(namespace=a_namespace()), {}
        a_workspace()

    def named(self, key) -> Customer:
        if key not in self.seen:
            happened(self.source, an_event(member(key), name="Hello", at=self.now), now=self.now)
            self.seen[key] = Customer.objects.latest("pk")
        return self.seen[key]

    def did(self, key, name, days):
        self.named(key)
        happened(
            self.source,
            an_event(member(key), name=name, at=self.now - days * DAY),
            now=self.now - days * DAY,
        )

    def ordered(self, key, *days, fen=20_000):
        for n, ago in enumerate(days):
            an_order(
                self.named(key),
                source=self.source,
                number=f"{key}{n}",
                paid_at=self.now - ago * DAY,
                paid_fen=fen,
                net_fen=fen,
                total_fen=fen,
            )

    def booked(self, key, status, *days):
        """So many days ago, or ahead."""
        self.named(key)
        for n, ago in enumerate(days):
            at = self.now - ago * DAY
            state = BookingState(
                number=f"{key}-{status}-{n}",
                status=status,
                kind="class",
                occurred_at=min(at, self.now),
                starts_at=at,
            )
            told = an_event(member(key), name="Booking Created", at=self.now, booking=state)
            happened(self.source, told, now=self.now)

    def sent(self, key, n, **more):
        somebody = self.named(key)
        for number in range(n):
            Message.objects.create(
                customer=somebody,
                origin_customer=somebody,
                effect_key=f"{key}{number}",
                channel="in_app",
                purpose="marketing",
                state="sent",
                sent_at=self.now - DAY,
                created_at=self.now - DAY,
                **more,
            )

    def born(self, key, days):
        day = self.now.date() + days * DAY
        CustomerAttribute.objects.create(
            customer=self.named(key),
            key="birthday",
            value=f"1990-{day:%m-%d}",
            occurred_at=self.now,
        )

    def holding(self, key, seconds):
        batch = a_batch(valid_seconds=seconds)
        issue(batch, wanted(self.named(key)), now=self.now)


MAKES = {
    "registered_lately": lambda p, k: p.did(k, "Customer Registered", 1),
    "birthday_week": lambda p, k: p.born(k, 3),
    "birthday_month": lambda p, k: p.born(k, 20),
    "prospects": lambda p, k: p.named(k),
    "active_ones": lambda p, k: p.ordered(k, 1),
    "silent_ones": lambda p, k: p.ordered(k, 70),
    "lost_ones": lambda p, k: p.ordered(k, 300),
    "opens_messages": lambda p, k: p.sent(k, 1, opened_at=p.now),
    "opens_nothing": lambda p, k: p.sent(k, 3),
    "opened_the_app": lambda p, k: p.did(k, "App Launched", 2),
    "not_in_the_app": lambda p, k: p.did(k, "App Launched", 40),
    "unused_coupon": lambda p, k: p.holding(k, 20 * 86400),
    "coupon_ends": lambda p, k: p.holding(k, 2 * 86400),
    "viewed_not_bought": lambda p, k: p.did(k, "Product Viewed", 2),
    "left_in_cart": lambda p, k: p.did(k, "Product Added", 1),
    "first_order": lambda p, k: p.ordered(k, 10),
    "bought_again": lambda p, k: p.ordered(k, 10, 100),
    "big_spender": lambda p, k: p.ordered(k, 10, fen=200_000),
    "small_baskets": lambda p, k: p.ordered(k, 10, fen=3_000),
    "long_ago": lambda p, k: p.ordered(k, 120),
    "looks_at_courses": lambda p, k: p.did(k, "Product Viewed", 10),
    "pays": lambda p, k: p.ordered(k, 10),
    "lesson_soon": lambda p, k: p.booked(k, "booked", -1),
    "attends": lambda p, k: p.booked(k, "attended", 1, 8, 15, 22),
    "absent_often": lambda p, k: p.booked(k, "no_show", 1, 8),
    "no_lesson_ahead": lambda p, k: p.booked(k, "attended", 40),
    "trial_only": lambda p, k: p.booked(k, "attended", 5),
    "visit_soon": lambda p, k: p.booked(k, "booked", -1),
    "visit_this_month": lambda p, k: p.booked(k, "booked", -20),
    "came_lately": lambda p, k: p.booked(k, "attended", 10),
    "first_visit": lambda p, k: p.booked(k, "attended", 10),
    "comes_often": lambda p, k: p.booked(k, "attended", 1, 50, 100, 150, 200),
    "missed_lately": lambda p, k: p.booked(k, "no_show", 10),
    "misses_often": lambda p, k: p.booked(k, "no_show", 10, 100),
    "cancels_often": lambda p, k: p.booked(k, "cancelled", 10, 100),
    "no_visit_ahead": lambda p, k: p.booked(k, "attended", 100),
}


@pytest.mark.parametrize(("trade", "one"), EVERY)
def test_its_rule_finds_who_belongs_and_nobody_else(trade, one):
    people = People()
    rules.check(one.rule)
    MAKES[one.key](people, "in")
    other = people.named("out")
    if one.key == "prospects":
        people.ordered("out", 1)
    membership.refresh()
    everybody = BitMap(Customer.objects.values_list("pk", flat=True))
    found = rules.Evaluation(database_now(), everybody).of(one.rule)

    assert people.named("in").pk in found
    assert other.pk not in found


@pytest.mark.parametrize("trade", PACKS)
def test_there_are_twenty_of_each_and_each_tag_by_rule_names_a_segment(trade):
    pack = PACKS[trade]
    keys = [one.key for one in pack.segments]
    assert (len(keys), len(set(keys))) == (20, 20)
    assert len({one.key for one in pack.tags}) == 20
    assert {one.by for one in pack.tags if one.by} <= set(keys)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            for ones in (pack.segments, pack.tags):
                assert len({str(one.name) for one in ones}) == 20
            for one in pack.segments:
                assert rules.sentence(one.rule)


def test_what_is_ticked_is_added_once_and_a_tag_brings_its_segment(admin_client, settings):
    settings.LANGUAGE_CODE = "en"
    page = "/admin/campaigns/journey/packs/"
    form = {
        "trade": "clinic",
        "segment": ["visit_soon", "nothing"],
        "tag": ["expected", "vip", "cancels"],
    }
    for _time in range(2):
        assert admin_client.post(page, form).status_code == 302

    assert set(Segment.objects.values_list("name", flat=True)) == {
        "An appointment in the next 2 days",
        "Cancelled two appointments or more in a year",
    }
    assert dict(Tag.objects.values_list("name", "segment__name")) == {
        "Expected soon": "An appointment in the next 2 days",
        "VIP": None,
        "Cancels often": "Cancelled two appointments or more in a year",
    }
    shown = admin_client.get(f"{page}?trade=clinic").content.decode()
    assert shown.count("checked disabled") == 5


def test_a_tag_of_a_pack_is_carried_by_who_belongs():
    people = People()
    people.booked("in", "booked", -1)
    adding.add(
        PACKS["clinic"], "clinic", segments=(), tags=("expected",), by=None, now=database_now()
    )
    for _pass in range(3):
        membership.refresh()
    assert list(CustomerTag.objects.values_list("customer", flat=True)) == [people.named("in").pk]
    assert Booking.objects.exists()
