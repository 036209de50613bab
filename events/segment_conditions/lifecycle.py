"""Stage of life and value (events/insights/lifecycle.py)."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from pyroaring import BitMap

from customers.segments.conditions.base import FEW, Condition, Evidence, Rows, asked
from customers.segments.conditions.fields import COMPARISONS, UNITS, before, span
from events.insights import lifecycle
from events.models import CustomerStage, LifecycleSettings, Stage, ValueClass

KEPT = "SELECT * FROM events_customerstage WHERE true {among}"
LENGTHS = {
    "any": gettext_lazy("however long"),
    "at_least": gettext_lazy("for at least"),
    "less_than": gettext_lazy("for less than"),
}


class LifecycleCondition(Condition):
    """About facts that are kept per customer, judged by the thresholds in force.

    Of a few customers the facts are asked at their sources: a journey that asks right after an
    order does not wait for the next pass.
    """

    reads = frozenset({lifecycle.KIND})
    permission = "events.view_customervalue"

    def rows(self, now):
        if not LifecycleSettings.get().counts_orders:
            return None
        return Rows(
            "events_order",
            frozenset({"paid_at", "status", "net_fen", "refunded_fen"}),
            at="paid_at",
        )

    def standing(self, where: str, params: dict, *, now: datetime, among: BitMap) -> BitMap:
        """Those of `among` with a purchase whose facts satisfy `where`."""
        settings = LifecycleSettings.get()
        facts = lifecycle.facts(settings) if len(among) <= FEW else KEPT
        sql = f"SELECT customer_id FROM ({facts}) AS facts WHERE {where}"  # noqa: S608
        return self.asked(
            sql, {**lifecycle.values(settings), **params, "now": now}, now=now, among=among
        )

    def moments(self, settings: LifecycleSettings, now: datetime) -> dict[str, list[datetime]]:
        """Per kept moment those that move with the clock: whoever's lies where one of them passes
        may have another answer."""
        raise NotImplementedError

    def touched_by_time(self, *, since, until):
        settings = LifecycleSettings.get()
        earlier, later = self.moments(settings, since), self.moments(settings, until)
        pairs = [
            (column, *sorted(pair))
            for column in earlier
            for pair in zip(earlier[column], later[column], strict=True)
        ]
        sql = " OR ".join(
            f"{column} BETWEEN %(from{n})s AND %(until{n})s"
            for n, (column, _first, _last) in enumerate(pairs)
        )
        params = {
            name: at
            for n, (_column, first, last) in enumerate(pairs)
            for name, at in ((f"from{n}", first), (f"until{n}", last))
        }
        passed = asked(f"SELECT customer_id FROM events_customerstage WHERE {sql}", params)  # noqa: S608
        return passed | lifecycle.coming(settings, since, until)

    def evidence(self, customer, *, now):
        row = CustomerStage.objects.filter(customer=customer).first()
        if row is None:
            return []
        words = {
            "stage": row.get_stage_display(),
            "class": row.get_value_class_display(),
            "n": row.orders,
        }
        text = _("%(stage)s, %(class)s; the last of %(n)s purchases") % words
        return [
            Evidence(
                text,
                row.last_at,
                f"{reverse('admin:events_customervalue_changelist')}?stage={row.stage}",
            )
        ]


class Lifecycle(LifecycleCondition):
    """In one of these stages; since when, and from where."""

    key, label = "lifecycle", gettext_lazy("Lifecycle")
    help = gettext_lazy("Where somebody stands with the shop: prospect, new, active, silent, lost.")

    stages = forms.MultipleChoiceField(
        label=gettext_lazy("stage is one of"), choices=Stage, widget=forms.CheckboxSelectMultiple
    )
    came_from = forms.MultipleChoiceField(
        label=gettext_lazy("came there from"),
        choices=Stage,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing chosen: from anywhere."),
    )
    length = forms.ChoiceField(
        label=gettext_lazy("has been so"),
        choices=list(LENGTHS.items()),
        initial="any",
        required=False,
    )
    length_n = forms.IntegerField(
        label=pgettext_lazy("how many", "number"), min_value=1, max_value=100_000, required=False
    )
    length_unit = forms.ChoiceField(
        label=gettext_lazy("unit"), choices=UNITS, initial="days", required=False
    )

    shown_if = {"length_n": "length=at_least|less_than", "length_unit": "length=at_least|less_than"}

    def clean(self):
        data = super().clean()
        data["length"], data["length_unit"] = (
            data.get("length") or "any",
            data.get("length_unit") or "days",
        )
        if data["length"] != "any" and not data.get("length_n"):
            raise ValidationError({"length_n": _("Say how many.")})
        return data

    def begun(self, now: datetime) -> datetime | None:
        """Who has been so since this moment has been so long enough at `now`; None: however
        long."""
        data = self.cleaned_data
        return (
            None if data["length"] == "any" else before(now, data["length_n"], data["length_unit"])
        )

    def moments(self, settings, now):
        bounds, begun = lifecycle.values(settings), self.begun(now)
        found = {
            "first_at": [now - bounds["new"]],
            "last_at": [now - bounds["active"], now - bounds["silent"]],
        }
        if begun:
            found["first_at"] += [begun, begun - bounds["new"]]
            found["last_at"] += [begun - bounds["active"], begun - bounds["silent"]]
            found["returned_at"] = [begun]
        return found

    def touched_by_time(self, *, since, until):
        touched = super().touched_by_time(since=since, until=until)
        if Stage.PROSPECT in self.cleaned_data["stages"] and self.begun(until):
            first, last = sorted((self.begun(since), self.begun(until)))
            seen = (
                "SELECT id FROM customers_customer WHERE first_seen_at BETWEEN %(first)s AND"
                " %(last)s"
            )
            touched |= asked(seen, {"first": first, "last": last})
        return touched

    def customers(self, *, now, among):
        data, begun = self.cleaned_data, self.begun(now)
        length = {
            "any": "true",
            "at_least": f"{lifecycle.SINCE} <= %(begun)s",
            "less_than": f"{lifecycle.SINCE} > %(begun)s",
        }[data["length"]]
        came = f"{lifecycle.CAME_FROM} = ANY(%(came)s)" if data["came_from"] else "true"
        where = f"{lifecycle.STAGE} = ANY(%(stages)s) AND {came} AND {length}"
        found = self.standing(
            where,
            {"stages": data["stages"], "came": data["came_from"], "begun": begun},
            now=now,
            among=among,
        )
        return (
            found | self.prospects(begun, now, among)
            if Stage.PROSPECT in data["stages"] and not data["came_from"]
            else found
        )

    def prospects(self, begun, now, among):
        """Nothing comes before a prospect, who has been one since they were first seen."""
        prospects = among - self.standing("true", {}, now=now, among=among)
        if begun is None:
            return prospects
        sql = (
            "SELECT customer_id FROM (SELECT id AS customer_id, first_seen_at FROM"
            " customers_customer) AS c WHERE first_seen_at <= %(begun)s {among}"
        )
        long = asked(sql, {"begun": begun}, among=prospects)
        return long if self.cleaned_data["length"] == "at_least" else prospects - long

    def sentence(self):
        data = self.cleaned_data
        text = _("is %(stages)s") % {
            "stages": _(" or ").join(str(Stage(one).label) for one in data["stages"])
        }
        if data["length"] != "any":
            text += " " + " ".join(
                [str(LENGTHS[data["length"]]), span(data["length_n"], data["length_unit"])]
            )
        if data["came_from"]:
            text += _(", having been %(stages)s before") % {
                "stages": _(" or ").join(str(Stage(one).label) for one in data["came_from"])
            }
        return text


class Value(LifecycleCondition):
    """The class by recency, frequency and money, or one of the three scores."""

    key, label = "rfm", gettext_lazy("Value (RFM)")
    help = gettext_lazy(
        "How lately, how often and for how much somebody bought, against the others."
    )
    SCORES = {
        "recency": gettext_lazy("recency score"),
        "frequency": gettext_lazy("frequency score"),
        "money": gettext_lazy("money score"),
    }

    measure = forms.ChoiceField(
        label=gettext_lazy("what"),
        choices=[("class", gettext_lazy("class")), *SCORES.items()],
        initial="class",
        required=False,
    )
    classes = forms.MultipleChoiceField(
        label=gettext_lazy("class is one of"),
        choices=ValueClass,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    comparison = forms.ChoiceField(
        label=gettext_lazy("comparison"),
        choices=[(k, v[0]) for k, v in COMPARISONS.items()],
        initial=">=",
        required=False,
    )
    score = forms.IntegerField(
        label=gettext_lazy("score, 1 to 5"), min_value=1, max_value=5, initial=4, required=False
    )

    _scores = "measure=recency|frequency|money"
    shown_if = {"classes": "measure=class", "comparison": _scores, "score": _scores}

    def clean(self):
        data = super().clean()
        data["measure"], data["comparison"] = (
            data.get("measure") or "class",
            data.get("comparison") or ">=",
        )
        if data["measure"] == "class" and not data.get("classes"):
            raise ValidationError({"classes": _("Choose at least one class.")})
        if data["measure"] != "class" and not data.get("score"):
            raise ValidationError({"score": _("Say which score.")})
        return data

    def moments(self, settings, now):
        return {"last_at": [now - days for days in lifecycle.recency_spans(settings)]}

    def customers(self, *, now, among):
        data = self.cleaned_data
        if data["measure"] == "class":
            where = f"{lifecycle.value_class(lifecycle.SCORE_SQL)} = ANY(%(classes)s)"
        else:
            where = f"{lifecycle.SCORE_SQL[data['measure']]} {data['comparison']} %(score)s"
        return self.standing(
            where, {"classes": data["classes"], "score": data["score"]}, now=now, among=among
        )

    def sentence(self):
        data = self.cleaned_data
        if data["measure"] == "class":
            return _("value class is %(classes)s") % {
                "classes": _(" or ").join(str(ValueClass(one).label) for one in data["classes"])
            }
        words = {
            "score": self.SCORES[data["measure"]],
            "comparison": COMPARISONS[data["comparison"]][0],
            "n": data["score"],
        }
        return _("%(score)s %(comparison)s %(n)s") % words
