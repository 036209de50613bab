"""The ready journeys: all of them, each on a page of its own with what it does, says and needs, and
the button that switches it on."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin.content import filled_for_somebody
from campaigns.admin.money import YuanField
from campaigns.delivery.channels import channels
from campaigns.journeys import reading, telling
from campaigns.journeys.definition import bound_step, read
from campaigns.journeys.editor.outline import Way, outline
from campaigns.journeys.steps.send_message import SendMessage
from campaigns.models import Journey
from campaigns.recipes import switching
from campaigns.recipes.parts import CHANNELS, Recipe
from campaigns.recipes.ready import RECIPES
from crm_project.admin import Form, once
from crm_project.queue.due import database_now
from crm_project.web import trade_words
from customers.models import Namespace, Trade, Workspace
from customers.segments import rules

PERMISSIONS = ("campaigns.add_couponbatch", "customers.add_segment")


class RecipeForm(Form):
    """What a marketer says of a recipe before it is switched on."""

    namespace = forms.ModelChoiceField(
        label=gettext_lazy("shop"), queryset=Namespace.objects.order_by("pk"), empty_label=None
    )
    channel = forms.ChoiceField(label=gettext_lazy("channel"))
    coupon = forms.ChoiceField(
        label=gettext_lazy("coupon"),
        choices=[("new", gettext_lazy("with a coupon")), ("none", gettext_lazy("no coupon"))],
    )
    amount_off = YuanField(label=gettext_lazy("amount off (元)"), required=False)
    threshold = YuanField(label=gettext_lazy("from an order of (元)"), required=False)
    valid_days = forms.IntegerField(
        label=gettext_lazy("valid for (days)"), required=False, min_value=1, max_value=3650
    )
    stock = forms.IntegerField(
        label=gettext_lazy("how many there are"),
        required=False,
        min_value=1,
        max_value=10_000_000,
        help_text=gettext_lazy("When they are gone, nobody gets one. You decide what it may cost."),
    )
    holdout_percent = forms.IntegerField(
        label=gettext_lazy("held out, to measure the effect (%)"),
        min_value=0,
        max_value=90,
        required=False,
    )

    shown_if = dict.fromkeys(("amount_off", "threshold", "valid_days", "stock"), "coupon=new")

    def __init__(self, data, recipe: Recipe, trade: str):
        terms = recipe.coupon
        super().__init__(
            data,
            initial={
                "namespace": Namespace.objects.filter(trade=trade).order_by("pk").first()
                or Namespace.objects.order_by("pk").first(),
                "channel": CHANNELS[0],
                "coupon": "new" if recipe.may_have_coupon(trade) else "none",
                "amount_off": terms and terms.amount_off_fen,
                "threshold": terms and terms.threshold_fen,
                "valid_days": terms and terms.valid_days,
                "holdout_percent": recipe.definition["holdout_percent"],
            },
        )
        self.fields["channel"].choices = [(key, channels[key].label) for key in CHANNELS]
        if terms is None:
            for name in ("coupon", *self.shown_if):
                del self.fields[name]
        if not recipe.is_marketing:
            del self.fields["holdout_percent"]
        if Namespace.objects.count() < 2:
            self.fields["namespace"].required = False
            self.fields["namespace"].widget = forms.HiddenInput()

    def clean(self):
        data = super().clean()
        if data.get("coupon") == "new":
            for name in ("amount_off", "valid_days", "stock"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("This is needed for the coupon."))
        return data

    def coupons(self) -> switching.Coupons | None:
        data = self.cleaned_data
        if data.get("coupon") != "new":
            return None
        return switching.Coupons(
            data["amount_off"], data["threshold"] or 0, data["valid_days"], data["stock"]
        )


class OffersRecipes:
    """The two pages of the ready journeys, beside the list of journeys."""

    def recipes_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
        trade = trade_of(request)
        made = {one.recipe: one for one in Journey.objects.exclude(recipe="").order_by("-pk")}
        cards = [
            {
                "recipe": recipe,
                "journey": switching.of(recipe) if recipe.key in made else None,
                "url": f"{reverse('admin:campaigns_recipe', args=[recipe.key])}?trade={trade}",
            }
            for recipe in RECIPES.values()
            if not trade or trade in recipe.trades
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Ready journeys"),
            "cards": cards,
            "trade": trade,
            "trades": Trade.choices,
        }
        return TemplateResponse(request, "campaigns/recipes/overview.html", context)

    def recipe_view(self, request, key):
        return once.sent_once(one_recipe)(request, self, key)


def trade_of(request) -> str:
    """The one that is asked for, else the workspace's, else that of its only namespace that states
    one."""
    asked = request.GET.get("trade", request.POST.get("trade"))
    if asked is not None:
        return asked if asked in Trade.values else ""
    known = switching.trades_known()
    return Workspace.get().trade or (known[0] if len(known) == 1 else "")


def one_recipe(request, model_admin, key: str):
    """What it is; posted, it is switched on, or laid down as a draft."""
    recipe = RECIPES.get(key)
    if recipe is None:
        raise Http404
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    trade = trade_of(request)
    trade = trade if trade in recipe.trades else recipe.trades[0]
    may_add = model_admin.has_add_permission(request) and request.user.has_perms(PERMISSIONS)
    posted = request.POST if request.method == "POST" else None
    if posted is not None and not may_add:
        raise PermissionDenied
    form = RecipeForm(posted, recipe, trade)
    if posted is not None and form.is_valid():
        return made(request, model_admin, recipe, form, trade)
    channel = form["channel"].value()
    channel = channel if channel in CHANNELS else CHANNELS[0]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": recipe.name,
        "recipe": recipe,
        "trade": trade,
        "form": form,
        "may_add": may_add,
        "journey": switching.of(recipe),
        **shown(
            request,
            recipe,
            trade,
            channel,
            has_coupon=recipe.coupon is not None and form["coupon"].value() != "none",
        ),
    }
    return TemplateResponse(request, "campaigns/recipes/recipe.html", context)


def made(request, model_admin, recipe: Recipe, form: RecipeForm, trade: str):
    data = form.cleaned_data
    journey, is_new = switching.switch_on(
        recipe,
        namespace=data["namespace"]
        or Namespace.objects.order_by("pk").first()
        or Namespace.default(),
        trade=trade,
        channel=data["channel"],
        coupons=form.coupons(),
        holdout_percent=data.get("holdout_percent"),
        by=request.user,
        now=database_now(),
        is_live="draft" not in request.POST,
    )
    address = model_admin.page_of(journey)
    if not is_new:
        messages.info(request, _("This was switched on already."))
    elif journey.status == Journey.Status.LIVE:
        messages.success(request, _("The journey is live. Customers enter from now on."))
    elif "draft" in request.POST:
        address = reverse("admin:campaigns_journey_editor", args=[journey.pk])
        messages.success(
            request,
            _(
                "It lies here as a draft: nobody enters before you publish it. A dry run shows what"
                " it would have done."
            ),
        )
    else:
        messages.warning(
            request,
            _("It is a draft so far: publishing needs somebody's approval. Ask for it here."),
        )
    once.made(request, address)
    return HttpResponseRedirect(address)


def shown(request, recipe: Recipe, trade: str, channel: str, *, has_coupon: bool) -> dict:
    """The journey as a list that reads like a recipe, its texts as a customer reads them, and what
    is still missing."""
    with translation.override(settings.LANGUAGE_CODE), trade_words.spoken(trade):
        sent = switching.looked_at(recipe, trade=trade, channel=channel, has_coupon=has_coupon)
    with reading.imagining(sent.rows):
        journey = read(sent.stored)
        lacks = switching.missing(recipe, sent, channel)
        return {
            "sentence": telling.sentence(sent.stored),
            "begins": telling.capitalised(journey.trigger.sentence()),
            "whole": told(outline(sent.stored), sent.stored),
            "segment": recipe.segment
            and {"name": recipe.segment.name, "sentence": rules.sentence(recipe.segment.rule)},
            "texts": [
                {
                    "preview": filled_for_somebody(
                        request.user,
                        step.cleaned_data["content"],
                        batch=step.cleaned_data["batch"] or sent.batch,
                        channel=channel,
                        purpose=step.cleaned_data["purpose"],
                    ),
                    "is_marketing": step.is_marketing(),
                    "has_coupon": bool(step.cleaned_data["batch"]),
                }
                for step in journey.steps.values()
                if isinstance(step, SendMessage)
            ],
            "lacks": lacks,
            "may_connect": request.user.has_perm("customers.view_source"),
        }


def told(way: Way, stored: dict, label: str = "") -> dict:
    """A way as the template shows it: sentences, ways inside them; not those of a step all of whose
    ways end."""
    items = []
    for item in way.items:
        step = bound_step(stored["steps"][item.step])
        items.append(
            {
                "sentence": telling.capitalised(step.sentence()),
                "ways": [told(inner, stored, step.exits[inner.name]) for inner in item.ways]
                if any(inner.items or inner.goes_on for inner in item.ways)
                else [],
            }
        )
    return {"label": label, "steps": items, "goes_on": way.goes_on}
