"""Queues that are read: what each is, and how it fares."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from crm_project.admin import ModelAdmin, act, steps_up
from crm_project.queue.due import database_now
from customers.models import AuditEntry, Connection, Source
from integrations.models import QueueSource, QueueState
from integrations.sync.queue import problems
from integrations.sync.queue.alarms import SILENT
from integrations.sync.queue.brokers import BROKERS
from integrations.sync.queue.format import DOORS, QueueFormat

WELL, ILL, NEW, OFF = "well", "ill", "new", "off"
STATES = {
    WELL: pgettext_lazy("queue", "is read"),
    ILL: pgettext_lazy("queue", "is not read"),
    NEW: pgettext_lazy("queue", "not read yet"),
    OFF: pgettext_lazy("queue", "switched off"),
}


def state_of(queue: QueueSource, now) -> str:
    state = getattr(queue, "state", None)
    if not queue.is_active:
        return OFF
    if state is None or (state.seen_at is None and not state.last_error):
        return NEW
    is_silent = state.seen_at is None or now - state.seen_at > SILENT
    return ILL if state.last_error or is_silent else WELL


class QueueForm(forms.ModelForm):
    door = forms.ChoiceField(
        label=QueueSource._meta.get_field("door").verbose_name,
        help_text=QueueSource._meta.get_field("door").help_text,
        required=False,
        choices=[("", "—"), *((door, door) for door in DOORS)],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = QueueSource
        fields = (
            *("name", "connection", "source", "queue", "group", "content", "door"),
            *("at_once", "is_history", "is_active"),
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "connection" in self.fields:
            self.fields["connection"].queryset = Connection.objects.filter(
                vendor__in=BROKERS
            ).order_by("name")
        if "source" in self.fields:
            self.fields["source"].required = False
            self.fields["source"].queryset = Source.objects.filter(
                trust=Source.Trust.SERVER, format__in=["native", QueueFormat.key]
            ).order_by("name")
            self.fields["source"].help_text = _(
                "As whose word it is recorded. Empty: a source of the queue's own name is made."
            )

    def clean(self):
        cleaned = super().clean()
        account, source = cleaned.get("connection"), cleaned.get("source")
        if account and source and account.namespace_id != source.namespace_id:
            self.add_error("source", _("This source belongs to another shop than the broker."))
        is_taken = Source.objects.filter(name=cleaned.get("name", "")).exists()
        if account and not source and "source" in self.fields and is_taken:
            self.add_error("source", _("There is a source of this name: choose it."))
        return cleaned

    def save(self, commit=True):
        if self.instance.source_id is None:
            self.instance.source = Source.objects.create(
                namespace=self.cleaned_data["connection"].namespace,
                name=self.cleaned_data["name"],
                format=QueueFormat.key,
                trust=Source.Trust.SERVER,
            )
        return super().save(commit)


@admin.register(QueueSource)
class QueueSourceAdmin(ModelAdmin):
    form = QueueForm
    when_empty = _(
        "What your systems publish to a RabbitMQ or a Redis stream is read here. Connect the"
        " broker first, under Connections."
    )
    list_display = ("name", "health", "waiting", "rate", "behind", "refused", "source")
    list_filter = ("is_active", "content")
    list_select_related = ("state", "source", "connection")
    search_fields = ("name", "queue")
    ordering = ("name",)
    panels_above = ("integrations/sync/queue.html",)
    acts = ("switch_off", "switch_on")
    fieldsets = (
        (None, {"fields": ("name", ("connection", "queue"), ("source", "group"))}),
        (
            _("What its messages mean"),
            {"fields": (("content", "door"), "at_once", ("is_history", "is_active"))},
        ),
    )

    def has_delete_permission(self, request, obj=None):
        return False

    @steps_up
    def add_view(self, request, form_url="", extra_context=None):
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        self.noted(request, obj, "change" if change else "create", fields=form.changed_data)

    def noted(self, request, row, what, **details):
        AuditEntry.objects.create(
            by=request.user,
            act=f"queue.{what}",
            subject=f"queuesource:{row.pk}",
            details=details,
        )

    # -- how it fares

    def enrich(self, rows):
        now = database_now()
        for row in rows:
            row.health = state_of(row, now)

    @display(description=_("health"), label={WELL: "success", ILL: "danger", OFF: "warning"})
    def health(self, row):
        return row.health, STATES[row.health]

    @display(description=_("waiting"))
    def waiting(self, row):
        state = getattr(row, "state", None)
        return None if state is None or state.waiting is None else f"{state.waiting:,}"

    @display(description=_("per minute"))
    def rate(self, row):
        state = getattr(row, "state", None)
        return f"{state.per_minute:,.0f}" if state else None

    @display(description=_("behind"))
    def behind(self, row):
        state = getattr(row, "state", None)
        return lag(state.behind_seconds) if state else None

    @display(description=_("refused"))
    def refused(self, row):
        state = getattr(row, "state", None)
        return f"{state.refused:,}" if state else None

    def page_context(self, request, row):
        state = QueueState.objects.filter(queue=row).first()
        key = state_of(row, database_now())
        return {
            "state": state,
            "state_key": key,
            "state_words": STATES[key],
            "problem": problems.in_words(state.last_error) if state else "",
            "behind": lag(state.behind_seconds) if state else "",
            "needs_tables": row.content != QueueSource.Content.NATIVE,
            "tables": row.source.tables.order_by("table"),
        }

    @act(
        _("Switch off"),
        icon="power_settings_new",
        style="danger",
        confirm=_("What comes stays at the broker until it is switched on again. Switch it off?"),
        shown=lambda row: row.is_active,
    )
    def switch_off(self, request, row):
        QueueSource.objects.filter(pk=row.pk).update(is_active=False)
        self.noted(request, row, "switch_off")
        self.message_user(request, gettext("It is switched off."))

    @act(_("Switch on"), icon="power_settings_new", shown=lambda row: not row.is_active)
    def switch_on(self, request, row):
        QueueSource.objects.filter(pk=row.pk).update(is_active=True)
        self.noted(request, row, "switch_on")
        self.message_user(request, gettext("It is switched on."))


def lag(seconds: float | None) -> str:
    """How old the newest message was when it was stored."""
    if seconds is None:
        return ""
    if seconds < 120:
        n = round(seconds)
        return ngettext("%(n)d second", "%(n)d seconds", n) % {"n": n}
    n = round(seconds / 60)
    return ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}
