"""`manage.py demo --customers 1000000 --events 20000000`: a full house in minutes."""

import time
from random import Random

from django.core.management import BaseCommand, CommandError
from django.db import connection

from crm_project.queue.due import database_now
from customers.models import Customer, EvaluatorClock, Identity, Namespace, Segment, Source, Trade
from demo.past import bulk, crowd, past
from demo.simulator.catalogue import PRODUCTS
from events.models import Product

TABLES = (
    "customers_customer customers_identity customers_customerattribute customers_attributechange"
    " customers_customertag "
)
TABLES += "events_event events_ledger events_order events_orderline"


class Command(BaseCommand):
    help = (
        "Fills the database with a made-up shop's customers, events and orders, by COPY. Not while"
        " the product is taking events in."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--customers",
            type=int,
            default=10_000,
            help="how many people; 0 gives those of the last time more events",
        )
        parser.add_argument(
            "--events",
            type=int,
            default=200_000,
            help="about so many, over the last 90 days, those of orders among them",
        )
        parser.add_argument("--orders", type=int, help="a tenth of the events unless said")
        parser.add_argument(
            "--seed",
            type=int,
            default=1,
            help="in an empty database the same seed makes the same shop",
        )
        parser.add_argument(
            "--more", action="store_true", help="also where there are customers already"
        )

    def handle(
        self, *, customers: int, events: int, orders: int | None, seed: int, more: bool, **_options
    ):
        if not more and Customer.objects.exists():
            raise CommandError("There are customers in this database; --more adds to them.")
        orders = events // 10 if orders is None else orders
        if 2 * orders > events:
            raise CommandError(
                "Every order is two events: there must be at least twice as many events as orders."
            )
        self.began = time.monotonic()
        source, now = demo_source(), database_now()
        people = (
            self.new_people(customers, source, now, seed) if customers else known_people(source)
        )
        if events and not people:
            raise CommandError("There is nobody to whom events could happen.")
        if events:
            past.tell(
                people,
                events=events,
                orders=orders,
                source=source,
                now=now,
                seed=seed,
                say=self.say,
            )
        # The next pass works all of them out in full, and looks at everybody for what is kept about
        # them.
        Segment.objects.all().work_out_anew()
        EvaluatorClock.objects.update(kept={})
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(TABLES.split())}")
        self.say("done")

    def new_people(self, count: int, source: Source, now, seed: int) -> range:
        with connection.cursor() as cursor:
            first = bulk.reserved(cursor, bulk.sequence_of(cursor, Customer._meta.db_table), count)
        people = range(first, first + count)
        # Made-up data; the next crowd is another one
        crowd.settle(people, source, now, Random(f"{seed}:{first}"))  # noqa: S311
        self.say(f"{count} customers")
        return people

    def say(self, line: str) -> None:
        self.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {line}")
        self.stdout.flush()


def demo_source() -> Source:
    namespace, _is_new = Namespace.objects.get_or_create(
        key="shop", defaults={"name": "互通小店", "trade": Trade.SHOP}
    )
    listed = {
        "name": "Demo history",
        "namespace": namespace,
        "trust": Source.Trust.SERVER,
        "app_id": "wx-demo-shop",
    }
    source, _is_new = Source.objects.get_or_create(name=listed["name"], defaults=listed)
    now = database_now()
    Product.objects.bulk_create(
        [
            Product(
                namespace=namespace,
                product_id=p.id,
                name=p.name,
                category=p.category,
                price_fen=p.price_fen,
                updated_at=now,
            )
            for p in PRODUCTS
        ],
        ignore_conflicts=True,
    )
    return source


def known_people(source: Source) -> list[int]:
    rows = Identity.objects.filter(source=source, kind="member_id").order_by("customer_id")
    return list(rows.values_list("customer_id", flat=True))
