"""What somebody cares for (events/insights/portrait.py)."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyroaring import BitMap

from customers.pickers import Picker
from customers.segments.conditions.base import MOST_EVIDENCE, Condition, Evidence, asked
from events.insights import portrait
from events.segment_conditions.comparing import NumberField, figure

ROWS = "events_interest WHERE version = %(version)s AND category = %(category)s"
HEAVY = (
    "SELECT customer_id FROM {rows} {among} GROUP BY customer_id, is_course HAVING sum(weight) >="
    " CASE WHEN is_course THEN %(slow)s ELSE %(fast)s END"
)
LASTING = f"""
SELECT customer_id FROM {ROWS} {{among}} GROUP BY customer_id, is_course
HAVING bit_count(bit_or({portrait.RECENT})::bit(4)) >= {portrait.LASTING_WEEKS}
"""  # noqa: S608
# Of the same kind, goods or courses: these fade alike, so that time alone does not change their
# order.
TOP = f"""
SELECT customer_id FROM (SELECT customer_id, is_course, sum(weight) AS weight
  FROM {ROWS} {{among}} GROUP BY customer_id, is_course) own
 WHERE (SELECT count(*) FROM (SELECT 1 FROM events_interest o WHERE o.customer_id = own.customer_id
   AND o.version = %(version)s
           AND o.is_course = own.is_course AND o.category <> %(category)s
             GROUP BY o.category HAVING sum(o.weight) > own.weight) heavier) < %(n)s
"""  # noqa: S608
# Single rows stand in the index; what came by merges is added up.
PASSED = f"""
SELECT customer_id FROM {ROWS} AND NOT is_course AND weight BETWEEN %(fast_from)s AND %(fast_until)s
UNION SELECT customer_id FROM {ROWS} AND is_course AND weight BETWEEN %(slow_from)s
  AND %(slow_until)s
UNION SELECT merged.customer_id FROM (SELECT DISTINCT customer_id
  FROM {ROWS} AND customer_id <> origin_customer_id) merged
 CROSS JOIN LATERAL (SELECT is_course, sum(weight) AS weight FROM events_interest o
   WHERE o.customer_id = merged.customer_id
                        AND o.version = %(version)s AND o.category = %(category)s
                          GROUP BY is_course) own
 WHERE weight BETWEEN CASE WHEN is_course THEN %(slow_from)s ELSE %(fast_from)s END AND CASE
   WHEN is_course THEN %(slow_until)s ELSE %(fast_until)s END
"""  # noqa: S608
EDGE = 1e-9  # sums of the same numbers in another order differ in their last digits


class Interested(Condition):
    key, label, reads = "interest", gettext_lazy("Interest"), frozenset({portrait.KIND})
    permission = "events.view_event"
    help = gettext_lazy("What somebody looks at, marks and buys again and again, by category.")

    category = forms.CharField(
        label=gettext_lazy("category"), max_length=200, widget=Picker("category")
    )
    measure = forms.ChoiceField(
        label=gettext_lazy("how much"),
        choices=[
            ("weight", gettext_lazy("weighs at least")),
            ("top", gettext_lazy("is among the strongest")),
            ("lasting", gettext_lazy("lasts: active in 3 of the last 4 weeks")),
        ],
        initial="weight",
        required=False,
        help_text=gettext_lazy(
            "A view weighs 1, a favourite 3, a product in the cart 4, an order 8; half as much"
            " after each half-life."
        ),
    )
    weight = NumberField(
        label=gettext_lazy("weight"), initial=5, min_value=0.01, max_value=10**6, required=False
    )
    n = forms.IntegerField(
        label=gettext_lazy("among the first"), min_value=1, max_value=20, initial=3, required=False
    )

    shown_if = {"weight": "measure=weight", "n": "measure=top"}

    def clean(self):
        data = super().clean()
        data["measure"] = data.get("measure") or "weight"
        for measure, name in (("weight", "weight"), ("top", "n")):
            if data["measure"] == measure and not data.get(name) and name not in self.errors:
                raise ValidationError({name: _("Say how much.")})
        return data

    def about(self, now) -> dict:
        """Parameters at `now`; the weight as it is stored for courses (slow) and all else
        (fast)."""
        version, data = portrait.in_force(), self.cleaned_data
        weight = float(data["weight"]) if data["measure"] == "weight" else 0
        return {
            "version": version.version,
            "category": data["category"],
            "n": data["n"],
            "week": portrait.week(now),
            "fast": weight * portrait.growth(now, version.half_life_days),
            "slow": weight * portrait.growth(now, version.course_half_life_days),
        }

    def customers(self, *, now, among):
        sql = {"weight": HEAVY.replace("{rows}", ROWS), "top": TOP, "lasting": LASTING}[
            self.cleaned_data["measure"]
        ]
        return asked(sql, self.about(now), among=among)

    def touched_by_time(self, *, since, until):
        earlier, later = self.about(since), self.about(until)
        if self.cleaned_data["measure"] == "weight":
            bounds = {f"{pace}_from": earlier[pace] * (1 - EDGE) for pace in ("fast", "slow")}
            return asked(
                PASSED,
                {
                    **later,
                    **bounds,
                    **{f"{pace}_until": later[pace] * (1 + EDGE) for pace in ("fast", "slow")},
                },
            )
        if self.cleaned_data["measure"] == "lasting" and earlier["week"] != later["week"]:
            return asked(
                f"SELECT customer_id FROM {ROWS} AND last_week >= %(week)s - 8",  # noqa: S608
                {**later, "week": earlier["week"]},
            )
        return BitMap()

    def evidence(self, customer, *, now):
        return [
            Evidence(
                _("“%(category)s” weighs %(weight)s")
                % {
                    "category": one.category,
                    "weight": figure(round(one.weight_now, 2)),
                }
            )
            for one in portrait.interests(customer, now)[:MOST_EVIDENCE]
        ]

    def sentence(self):
        data = self.cleaned_data
        if data["measure"] == "top":
            return _("“%(category)s” is among the %(n)s strongest interests") % {
                "category": data["category"],
                "n": data["n"],
            }
        if data["measure"] == "lasting":
            return _("lasting interest in “%(category)s”") % {"category": data["category"]}
        return _("interest in “%(category)s” of at least %(weight)s") % {
            "category": data["category"],
            "weight": figure(data["weight"]),
        }
