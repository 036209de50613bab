"""Ways of customers through journeys, step by step."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from campaigns.admin.run_numbers import BehindNumber
from campaigns.journeys import telling, trouble
from campaigns.models import Coupon, GoalReached, Run, RunMove, RunStep
from crm_project.admin import Days, ModelAdmin, ReadOnly, TabularInline, act, link, state
from crm_project.admin.columns import linked
from crm_project.queue.due import database_now
from crm_project.templatetags.hutong import pretty_json
from events.suggestions import product_names


def place(run: Run, step: str) -> str:
    """A step in words, as the journey's picture has it."""
    return telling.position(run.version_id, step)


class History(ReadOnly, TabularInline):
    model = RunStep
    fields = readonly_fields = ("visit", "step_in_words", "at", "came_of_it")
    ordering = ("visit",)

    @display(description=_("step"))
    def step_in_words(self, row):
        return telling.position(version_at(row), row.step)

    @display(description=_("outcome"))
    def came_of_it(self, row):
        return telling.outcome(version_at(row), row.outcome)


def version_at(row: RunStep) -> int:
    """The version in which the visit was made: the run may have been moved since."""
    later = row.run.moves.filter(visit__gt=row.visit).order_by("visit", "pk").first()
    return later.from_version_id if later else row.run.version_id


class Moves(ReadOnly, TabularInline):
    """From which version to which, and from where to where."""

    model = RunMove
    fields = readonly_fields = ("versions", "came_from", "went_to", "at")
    ordering = ("pk",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("from_version", "to_version")

    @display(description=_("version"))
    def versions(self, row):
        return f"v{row.from_version.number} → v{row.to_version.number}"

    @display(description=_("stood at"))
    def came_from(self, row):
        return telling.position(row.from_version_id, row.from_step)

    @display(description=_("goes on at"))
    def went_to(self, row):
        return telling.position(row.to_version_id, row.to_step)


@admin.register(Run)
class RunAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "number",
        "journey_link",
        "customer_link",
        "state_label",
        "came_of_it",
        "is_held_out",
        "entered_at",
        "ended_at",
    )
    list_filter = (BehindNumber, "state", "journey", "is_held_out", ("entered_at", Days))
    list_select_related = ("journey", "customer")
    ordering = ("-pk",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("journey_link", "customer_link"),
                    ("state_label", "came_of_it"),
                    ("stands", "is_held_out"),
                    ("entered_at", "ended_at"),
                    ("products", "coupon"),
                    ("held_at", "goal_reached_at"),
                )
            },
        ),
        (
            _("For developers"),
            {
                "classes": ["collapse"],
                "fields": (
                    ("version", "entry_key"),
                    ("visit", "due_at"),
                    "facts_shown",
                    ("attempts", "error"),
                ),
            },
        ),
    )
    readonly_fields = (
        "journey_link",
        "customer_link",
        "state_label",
        "stands",
        "came_of_it",
        "products",
        "coupon",
        "facts_shown",
        "goal_reached_at",
    )
    inlines = (History, Moves)

    def get_inlines(self, request, obj):
        """Moves only where there are any: most runs stay on their version."""
        has_moves = obj is not None and obj.moves.exists()
        return self.inlines if has_moves else (History,)

    acts = ("try_again", "skip_step", "take_out")

    journey_link = link("journey", _("journey"))
    customer_link = link("customer", _("customer"))
    state_label = state(
        {Run.State.ACTIVE: "info", Run.State.COMPLETED: "success", Run.State.EXITED: "warning"}
    )

    @display(description=_("run"), ordering="pk")
    def number(self, row):
        return f"#{row.pk}"

    @display(description=_("step"), ordering="step")
    def stands(self, row):
        return place(row, row.step)

    @display(description=_("outcome"), ordering="outcome")
    def came_of_it(self, row):
        return telling.outcome(row.version_id, row.outcome)

    @display(description=_("goal reached"))
    def goal_reached_at(self, row):
        reached = GoalReached.objects.filter(run=row).first()
        return reached.at if reached else "–"

    @display(description=_("products"))
    def products(self, row):
        keys = row.facts.get("keys") or []
        called = product_names(keys)
        return ", ".join(called.get(key, key) for key in keys) or "–"

    @display(description=_("coupon"))
    def coupon(self, row):
        found = Coupon.objects.filter(pk=row.facts.get("coupon_id")).first()
        return linked(found) if found else "–"

    @act(_("Try again"), icon="refresh", shown=trouble.is_in_trouble)
    def try_again(self, request, run):
        trouble.try_again(Run.objects.filter(pk=run.pk), by=request.user, now=database_now())
        self.message_user(request, _("It is tried again."))

    @act(_("Skip the step"), icon="skip_next", shown=trouble.is_in_trouble)
    def skip_step(self, request, run):
        trouble.skip(Run.objects.filter(pk=run.pk), by=request.user, now=database_now())
        self.message_user(request, _("The step is skipped."))

    @act(
        _("Take out of the journey"),
        icon="logout",
        style="danger",
        confirm=_("The customer leaves the journey here. Take them out?"),
        shown=lambda run: run.state == Run.State.ACTIVE,
    )
    def take_out(self, request, run):
        trouble.take_out(Run.objects.filter(pk=run.pk), by=request.user, now=database_now())
        self.message_user(request, _("The customer has left the journey."))

    @display(description=_("facts"))
    def facts_shown(self, row):
        return format_html('<pre class="ht-code ht-wrap">{}</pre>', pretty_json(row.facts))
