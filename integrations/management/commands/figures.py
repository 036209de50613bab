import json

from django.apps import apps
from django.core.management import BaseCommand
from django.db.models import Count, Model, Sum

from campaigns.models import Coupon, Message
from crm_project.queue.due import DueRow, database_now
from customers.models import Customer, Source
from events.models import Booking, Event, EventName, Measurement, Order
from integrations.models import Quarantine


class Command(BaseCommand):
    help = (
        "Prints, as one JSON object, how much there is of everything: exact counts, read from the"
        " rows."
    )

    def handle(self, **_options):
        self.stdout.write(json.dumps(figures(), ensure_ascii=False, indent=2))


def figures() -> dict:
    return {
        "customers": Customer.objects.alive().count(),
        "events": Event.objects.count(),
        "events_by_name": named(EventName, by(Event, "name_id")),
        "events_by_source": named(Source, by(Event, "source_id")),
        "orders": Order.objects.count(),
        "net_revenue_fen": int(Order.objects.aggregate(sum=Sum("net_fen"))["sum"] or 0),
        "bookings": {status: count for (status,), count in by(Booking, "status").items()},
        "measurements": Measurement.objects.count(),
        "messages": {
            f"{channel}/{state}": count
            for (channel, state), count in by(Message, "channel", "state").items()
        },
        "coupons": {state: count for (state,), count in by(Coupon, "state").items()},
        "quarantined": Quarantine.objects.count(),
        "due": {
            model._meta.db_table: model.objects.due(database_now()).count()
            for model in due_tables()
        },
        "stuck": {model._meta.db_table: model.objects.stuck().count() for model in due_tables()},
    }


def by(model: type[Model], *fields: str) -> dict[tuple, int]:
    rows = model.objects.order_by(*fields).values_list(*fields).annotate(count=Count("pk"))
    return {tuple(values): count for *values, count in rows}


def named(model: type[Model], counts: dict[tuple, int]) -> dict[str, int]:
    names = dict(model.objects.values_list("pk", "name"))
    return {names.get(pk, f"#{pk}"): count for (pk,), count in sorted(counts.items())}


def due_tables() -> list[type[DueRow]]:
    return [model for model in apps.get_models() if issubclass(model, DueRow)]
