"""Attribute that has had its value for a while: told by the history, where the same value again
changes nothing."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm_project.templatetags.hutong import page_of
from customers.attributes.values import value_of
from customers.attributes.words import attribute
from customers.models import AttributeChange
from customers.pickers import Picker
from customers.segments.conditions.attribute import PREDICATES, compared_with
from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, Rows, asked
from customers.segments.conditions.fields import UNITS, before, span

FOR = {">=": gettext_lazy("for at least"), "<": gettext_lazy("for less than")}

# From the latest statement back to the first that says something else: what is left is how long the
# value has stood.
STANDING = f"""
SELECT customer_id FROM (
  SELECT customer_id, occurred_at, count(*) FILTER (WHERE NOT fits) OVER (PARTITION BY customer_id
    ORDER BY occurred_at DESC, id DESC) AS others
    FROM (SELECT id, customer_id, occurred_at, coalesce({PREDICATES["is"]}, false) AS fits
            FROM customers_attributechange WHERE key = %(key)s {{among}}) AS stated
) AS standing WHERE others = 0 GROUP BY customer_id HAVING min(occurred_at) {{comparison}} %(bound)s
"""  # noqa: S608


class HasBeen(Condition):
    key, label, reads = (
        "has_been",
        gettext_lazy("Attribute for some time"),
        frozenset({"attribute"}),
    )
    permission = "customers.view_attributechange"
    help = gettext_lazy(
        "How long something has been so: gold for at least 90 days, new for less than a week."
    )

    attribute = forms.CharField(
        label=gettext_lazy("attribute"), max_length=100, widget=Picker("attribute")
    )
    value = forms.CharField(
        label=gettext_lazy("has been"),
        max_length=1000,
        help_text=gettext_lazy("The same value said again does not begin anew."),
        widget=Picker("attribute_value", ("attribute",)),
    )
    comparison = forms.ChoiceField(
        label=gettext_lazy("how long"), choices=list(FOR.items()), initial=">=", required=False
    )
    n = forms.IntegerField(
        label=pgettext_lazy("how many", "number"), min_value=1, max_value=1_000_000
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("unit"), choices=UNITS, initial="days", required=False
    )

    def clean_comparison(self):
        return self.cleaned_data["comparison"] or ">="

    def clean_unit(self):
        return self.cleaned_data["unit"] or "days"

    def begun(self, now):
        """Who has had it since this moment, has had it long enough at `now`."""
        return before(now, self.cleaned_data["n"], self.cleaned_data["unit"])

    def rows(self, now):
        columns = frozenset({"id", "key", "value", "sealed", "digest", "occurred_at"})
        return Rows(
            "customers_attributechange", columns, "key", frozenset({self.cleaned_data["attribute"]})
        )

    def customers(self, *, now, among):
        is_long = self.cleaned_data["comparison"] == ">="
        return self.asked(
            STANDING.replace("{comparison}", "<=" if is_long else ">"),
            {
                **compared_with(self.cleaned_data["attribute"], [self.cleaned_data["value"]]),
                "bound": self.begun(now),
            },
            now=now,
            among=among,
        )

    def touched_by_time(self, *, since, until):
        """Whoever said something about it so long ago: one of these statements may be the one it
        began with."""
        first, last = sorted((self.begun(since), self.begun(until)))
        return asked(
            "SELECT customer_id FROM customers_attributechange WHERE key = %(key)s AND occurred_at"
            " > %(first)s AND occurred_at <= %(last)s",
            {"key": self.cleaned_data["attribute"], "first": first, "last": last},
        )

    def evidence(self, customer, *, now):
        """The latest statements: what it was said to be, since when."""
        said = AttributeChange.objects.filter(
            customer=customer, key=self.cleaned_data["attribute"]
        ).order_by("-occurred_at", "-pk")
        return [
            Evidence(f"{attribute(one.key)}: {value_of(one)}", one.occurred_at, page_of(one))
            for one in said[:MOST_EVIDENCE]
        ]

    def sentence(self):
        data = self.cleaned_data
        words = {
            "attribute": attribute(data["attribute"]),
            "value": data["value"],
            "for": FOR[data["comparison"]],
            "span": span(data["n"], data["unit"]),
        }
        return _("%(attribute)s has been “%(value)s” %(for)s %(span)s") % words
