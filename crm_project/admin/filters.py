"""Filters that many lists share: by days of the workspace's zone."""

from datetime import date, datetime, timedelta

from django.contrib.admin import AllValuesFieldListFilter, FieldListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import CharField
from django.utils import timezone
from django.utils.translation import gettext as _

from crm_project.db import clock


class Days(FieldListFilter):
    """From a day to a day, both with all their hours:
    `?paid_at_from=2026-11-01&paid_at_to=2026-11-30`."""

    template = "hutong/filter_days.html"

    def __init__(self, field, request, params, model, model_admin, field_path):
        super().__init__(field, request, params, model, model_admin, field_path)
        self.first, self.last = self.expected_parameters()
        self.used_parameters = {
            name: said[-1].strip() for name, said in self.used_parameters.items()
        }

    def expected_parameters(self):
        return [f"{self.field_path}_from", f"{self.field_path}_to"]

    def has_output(self):
        return True

    def queryset(self, request, queryset):
        wanted = {}
        if said := self.used_parameters.get(self.first):
            wanted[f"{self.field_path}__gte"] = midnight(said)
        if said := self.used_parameters.get(self.last):
            wanted[f"{self.field_path}__lt"] = midnight(said, days=1)
        return queryset.filter(**wanted) if wanted else queryset

    def choices(self, changelist):
        """One: what was chosen, and what is chosen most."""
        today = clock.today()
        offered = [(_("Today"), 0), (_("7 days"), 6), (_("30 days"), 29)]
        chosen = {name: self.used_parameters.get(name, "") for name in self.expected_parameters()}
        links = []
        for label, days in offered:
            query = {
                self.first: (today - timedelta(days=days)).isoformat(),
                self.last: today.isoformat(),
            }
            links.append(
                {
                    "label": label,
                    "url": changelist.get_query_string(query),
                    "is_chosen": query == chosen,
                }
            )
        yield {
            "first": self.first,
            "last": self.last,
            "from": chosen[self.first],
            "to": chosen[self.last],
            "links": links,
            "selected": any(chosen.values()),
        }


def midnight(said: str, *, days: int = 0) -> datetime:
    """When this day, or the one so many days later, begins in the zone that is shown. What is no
    day sends back to the whole list."""
    try:
        return timezone.make_aware(
            datetime.combine(date.fromisoformat(said) + timedelta(days=days), datetime.min.time())
        )
    except (ValueError, OverflowError) as error:
        raise IncorrectLookupParameters(error) from error


class LatestValues(AllValuesFieldListFilter):
    """The values that the newest rows have: a large table is not read for a list of choices."""

    LOOKED_AT = 10_000

    def __init__(self, field, request, params, model, model_admin, field_path):
        super().__init__(field, request, params, model, model_admin, field_path)
        latest = model._default_manager.order_by("-pk").values(field_path)[: self.LOOKED_AT]
        self.lookup_choices = Latest(latest, field_path, self.lookup_val)


class Latest:
    """Asked when the filter is drawn, and once."""

    def __init__(self, latest, field: str, chosen):
        self.latest, self.field, self.chosen = latest, field, chosen

    def __iter__(self):
        found = {row[self.field] for row in self.latest}
        return iter(sorted(found | set(self.chosen or ())))


FieldListFilter.register(
    lambda field: isinstance(field, CharField) and not field.choices,
    LatestValues,
    take_priority=True,
)
