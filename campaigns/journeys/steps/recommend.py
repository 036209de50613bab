"""What to offer somebody next: a product or a course for the messages further on, found when they
come by (events/insights/recommend)."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.delivery.fields import RECOMMENDED
from campaigns.journeys import about
from campaigns.journeys.reading import RowField
from campaigns.journeys.steps.base import Go, Step
from campaigns.models import Run
from customers.models import Namespace
from events.insights.recommend import recommend
from events.models import Product


class Recommend(Step):
    """The best one that the customer does not have; nothing, where the shop has nothing for them
    on sale. It is looked up again when a message leaves: what is sold out by then is not told."""

    key, label, if_skipped = "recommend", gettext_lazy("Recommend something"), "none"

    kind = forms.ChoiceField(
        label=gettext_lazy("what"),
        choices=[
            ("", gettext_lazy("a product or a course")),
            (Product.Kind.PRODUCT, gettext_lazy("a product")),
            (Product.Kind.COURSE, gettext_lazy("a course")),
        ],
        required=False,
        help_text=gettext_lazy(
            "Messages further on may say {{ recommended.name }}, {{ recommended.price_yuan }} and"
            " so on. A recommendation is marketing: a service message does not speak of it."
        ),
    )
    shop = RowField(
        label=gettext_lazy("of which shop"),
        queryset=Namespace.objects.order_by("pk"),
        required=False,
        empty_label=gettext_lazy("the one where the journey began"),
        help_text=gettext_lazy(
            "Needed where the journey begins without one: by a segment, a date."
        ),
    )

    @property
    def exits(self):
        return {
            "next": gettext_lazy("something was found"),
            "none": gettext_lazy("there is nothing to recommend"),
        }

    def run(self, runs, *, now, effects):
        places = self.places(runs)
        answers = {run.pk: Go("none", "" if run.pk in places else "no_shop") for run in runs}
        for shop in set(places.values()):
            there = [run for run in runs if places.get(run.pk) == shop]
            found = recommend(
                {run.customer_id for run in there},
                shop=shop,
                now=now,
                most=1,
                kind=self.cleaned_data["kind"],
            )
            for run in there:
                run.facts.pop(RECOMMENDED, None)
                if offers := found[run.customer_id]:
                    run.facts[RECOMMENDED] = offers[0].product.pk
                    answers[run.pk] = Go()
        return answers

    def places(self, runs: list[Run]) -> dict[int, Namespace]:
        """By run: the shop that is chosen here, else that of its beginning, else the only one."""
        if chosen := self.cleaned_data["shop"]:
            return {run.pk: chosen for run in runs}
        shops = {shop.pk: shop for shop in Namespace.objects.order_by("pk")}
        began = about.shops_of(runs)
        only = next(iter(shops.values())) if len(shops) == 1 else None
        found = {run.pk: shops.get(began.get(run.pk, 0), only) for run in runs}
        return {run: shop for run, shop in found.items() if shop}

    def gives(self, way):
        return frozenset({"recommended"}) if way == "next" else frozenset()

    def is_marketing(self):
        return True

    def sentence(self):
        kind, shop = self.cleaned_data["kind"], self.cleaned_data["shop"]
        text = {
            "": _("recommend a product or a course"),
            Product.Kind.PRODUCT: _("recommend a product"),
            Product.Kind.COURSE: _("recommend a course"),
        }[kind]
        return f"{text} ({shop.name})" if shop else text
