"""What to offer next: the answer in sets is the answer that plain Python comes to, for any shop."""

import itertools
import math
from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_project.queue.due import database_now
from customers.models import Customer, CustomerAttribute
from events.insights import portrait
from events.insights.recommend import kept, recommend, rules
from events.models import Interest, OrderLine, Product, ProductPair, ProductSales, RecommendClock
from tests.factories import a_customer, a_namespace, a_source, an_order

pytestmark = pytest.mark.django_db
numbers = itertools.count()


def a_product(shop, name, **more) -> Product:
    given = {"category": "tea", "updated_at": database_now(), **more}
    return Product.objects.create(namespace=shop, product_id=f"p-{name}", name=name, **given)


def bought(customer, source, *products, at=None, **more):
    order = an_order(customer, source=source, paid_at=at or database_now(), **more)
    OrderLine.objects.bulk_create(
        [OrderLine(order=order, product_id=one.product_id, name=one.name) for one in products]
    )
    return order


def cares(customer, category, *, weeks=0b1111, is_course=False, weight=1.0):
    now, version = database_now(), portrait.in_force()
    half_life = version.course_half_life_days if is_course else version.half_life_days
    Interest.objects.create(
        customer=customer,
        origin_customer=customer,
        version=version.version,
        category=category,
        is_course=is_course,
        weight=weight * portrait.growth(now, half_life),
        last_week=portrait.week(now),
        weeks=weeks,
    )


def counted():
    RecommendClock.objects.all().delete()
    now = database_now()
    while kept.step(now) and RecommendClock.objects.get().ended_at is None:
        pass


def offered(customer, shop, **more):
    found = recommend([customer.pk], shop=shop, now=database_now(), **more)[customer.pk]
    return [(one.product.name, str(one.reason), one.because) for one in found]


@pytest.fixture
def shop():
    return a_namespace()


@pytest.fixture
def source(shop):
    return a_source(namespace=shop)


def test_each_reason_has_its_say(shop, source):
    cup, pot, tin, scroll = (a_product(shop, name) for name in ("cup", "pot", "tin", "scroll"))
    Product.objects.filter(pk=scroll.pk).update(category="art")
    for _n in range(4):
        bought(a_customer(), source, cup, pot)
    for _n in range(9):
        bought(a_customer(), source, tin)
    bought(a_customer(), source, scroll)
    counted()
    me = a_customer()
    bought(me, source, cup)
    cares(me, "art")

    assert offered(me, shop) == [
        ("pot", "together", "cup"),
        ("scroll", "interest", "art"),
        ("tin", "bestseller", ""),
    ]


def test_what_cannot_be_bought_now_or_was_bought_is_not_offered(shop, source):
    goods = [a_product(shop, f"thing {n}") for n in range(4)]
    for one in goods:
        bought(a_customer(), source, one)
    counted()
    me = a_customer()
    bought(me, source, goods[0], at=database_now() - timedelta(days=700))
    Product.objects.filter(pk=goods[1].pk).update(is_active=False)
    Product.objects.filter(pk=goods[2].pk).update(stock=0)

    assert [name for name, *_why in offered(me, shop)] == ["thing 3"]


def test_what_was_cancelled_counts_for_nothing(shop, source):
    one = a_product(shop, "thing")
    bought(a_customer(), source, one, status="cancelled")
    counted()

    assert offered(a_customer(), shop) == []
    assert ProductSales.objects.get().buyers == 0


def test_who_refused_personalisation_is_offered_what_anybody_is(shop, source):
    cup, pot, tin = (a_product(shop, name) for name in ("cup", "pot", "tin"))
    for _n in range(3):
        bought(a_customer(), source, cup, pot)
    for _n in range(5):
        bought(a_customer(), source, tin)
    counted()
    me = a_customer()
    bought(me, source, cup)
    cares(me, "tea")
    CustomerAttribute.objects.create(
        customer=me, key="no_personalisation", value=True, occurred_at=database_now()
    )

    assert {reason for _name, reason, _why in offered(me, shop)} == {"bestseller"}
    assert "cup" not in {name for name, *_why in offered(me, shop)}


def test_another_shop_says_nothing(shop, source):
    other = a_namespace("other")
    one = a_product(other, "thing")
    bought(a_customer(), a_source(namespace=other), one)
    counted()

    assert offered(a_customer(), shop) == []


def test_a_round_is_counted_once_a_day_and_a_dead_pair_goes(shop, source):
    cup, pot = a_product(shop, "cup"), a_product(shop, "pot")
    orders = [bought(a_customer(), source, cup, pot) for _n in range(3)]
    counted()
    assert ProductPair.objects.count() == 2
    assert not kept.step(database_now())

    type(orders[0]).objects.update(status="cancelled")
    RecommendClock.objects.update(began_at=database_now() - kept.EVERY)
    while kept.step(database_now()):
        pass
    assert ProductPair.objects.count() == 0


# -- told a second time, in plain Python


class Slow:
    """A shop's orders as a list of (customer, product, when); everything else is worked out by
    loops."""

    def __init__(self, products, sales, interests, plain):
        self.products, self.sales, self.interests, self.plain = products, sales, interests, plain
        self.basket = defaultdict(dict)
        for who, what, at in sales:
            self.basket[who][what] = max(at, self.basket[who].get(what, at))

    def buyers(self, *whats) -> int:
        return sum(all(what in had for what in whats) for had in self.basket.values())

    def others(self, what) -> list:
        counts = [(self.buyers(what, one), one) for one in self.products if one != what]
        enough = [(n, one) for n, one in counts if n >= kept.FEWEST_BUYERS]
        return sorted(enough, key=lambda pair: (-pair[0], pair[1]))[: kept.OTHERS]

    def offered(self) -> list:
        return [pk for pk, one in self.products.items() if one.is_active and one.stock != 0]

    def best(self) -> list:
        sold = [pk for pk in self.offered() if self.buyers(pk)]
        return sorted(sold, key=lambda pk: (-self.buyers(pk), pk))

    def together(self, who) -> list:
        had, found = self.basket[who], {}
        last = sorted(had, key=lambda pk: (-had[pk].timestamp(), pk))[: rules.LAST_BOUGHT]
        for what in last:
            for n, other in self.others(what):
                if other in self.offered():
                    both = math.sqrt(self.buyers(what) * self.buyers(other))
                    score = n / (n + rules.SHRINK) * n / both
                    found.setdefault(other, []).append((-score, what))
        ranked = sorted((min(ways), other) for other, ways in found.items() if other not in had)
        return [
            (other, "together", self.products[what].name)
            for (_score, what), other in sorted(ranked, key=lambda one: (one[0][0], one[1]))
        ]

    def interest(self, who) -> list:
        lasting = sorted(
            (-weight, category)
            for category, (weight, weeks) in self.interests.get(who, {}).items()
            if weeks.bit_count() >= 3
        )
        return [
            (pk, "interest", category)
            for _weight, category in lasting
            for pk in [pk for pk in self.best() if self.products[pk].category == category]
            if pk not in self.basket[who]
        ]

    def bestseller(self, who) -> list:
        return [(pk, "bestseller", "") for pk in self.best() if pk not in self.basket[who]]

    def answer(self, who, most) -> list:
        lists = [self.bestseller(who)]
        if who not in self.plain:
            lists = [self.together(who), self.interest(who), *lists]
        found = {}
        for n in range(most * 3):
            for one in lists:
                if n < len(one):
                    found.setdefault(one[n][0], one[n])
        return list(found.values())[:most]


stories = st.fixed_dictionaries(
    {
        "products": st.lists(
            st.tuples(st.sampled_from(["tea", "art"]), st.booleans(), st.integers(0, 2)),
            min_size=1,
            max_size=6,
        ),
        "sales": st.lists(
            st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 20)), max_size=25
        ),
        "interests": st.lists(
            st.tuples(
                st.integers(0, 5),
                st.sampled_from(["tea", "art"]),
                st.integers(1, 9),
                st.integers(0, 15),
            ),
            max_size=6,
            unique_by=lambda one: one[:2],
        ),
        "plain": st.sets(st.integers(0, 5), max_size=2),
        "most": st.integers(1, 6),
    }
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=stories)
def test_the_answer_in_sets_is_the_answer_by_loops(story):
    key = f"shop-{next(numbers)}"
    shop, now = a_namespace(key), database_now()
    source = a_source(namespace=shop)
    people = [a_customer() for _n in range(6)]
    goods = [
        a_product(shop, f"{key} {n}", category=category, is_active=is_active, stock=stock)
        for n, (category, is_active, stock) in enumerate(story["products"])
    ]
    sales = []
    for who, what, days in story["sales"]:
        customer, product = people[who], goods[what % len(goods)]
        at = now - timedelta(days=days)
        bought(customer, source, product, at=at)
        sales.append((customer.pk, product.pk, at))
    felt = defaultdict(dict)
    for who, category, weight, weeks in story["interests"]:
        cares(people[who], category, weeks=weeks, weight=weight)
        felt[people[who].pk][category] = (weight, weeks)
    for who in story["plain"]:
        CustomerAttribute.objects.create(
            customer=people[who], key="no_personalisation", value=True, occurred_at=now
        )
    counted()
    slow = Slow({one.pk: one for one in goods}, sales, felt, {people[n].pk for n in story["plain"]})

    found = recommend([one.pk for one in people], shop=shop, now=now, most=story["most"])

    for customer in people:
        told = [(one.product.pk, str(one.reason), one.because) for one in found[customer.pk]]
        assert told == slow.answer(customer.pk, story["most"])
    assert Customer.objects.count() >= len(people)


def test_many_are_asked_for_in_as_many_queries_as_one(shop, source, django_assert_max_num_queries):
    one = a_product(shop, "thing")
    bought(a_customer(), source, one)
    counted()
    people = [a_customer().pk for _n in range(50)]
    recommend(people[:1], shop=shop, now=database_now())  # settings are made at the first question

    with django_assert_max_num_queries(8):
        assert all(recommend(people, shop=shop, now=database_now()).values())
