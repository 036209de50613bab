"""A step's own form inside the editor: shown from what is stored, read from what was posted,
whether or not it is right yet.

Two kinds of field have a face of their own: a rule is written in the builder of segments, a
message's content in its channel's form.
"""

from datetime import date, datetime, time
from decimal import Decimal

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.admin.content import content_forms
from campaigns.delivery.channels import channels
from campaigns.journeys import places
from campaigns.journeys.definition import REENTRIES, InvalidJourney
from campaigns.journeys.definition import read as read_definition
from campaigns.journeys.entry_rules import EntryRule
from campaigns.journeys.steps.branch import RuleField
from campaigns.journeys.steps.send_message import ContentField
from crm_project.admin import Form, themed
from crm_project.web import viewer
from customers.admin.building import themed_rule
from customers.models import Segment
from customers.segments import builder, rights, rules

IN_APP = "in_app"


class EntryForm(Form):
    """How often one customer may enter, and the share that is held out to measure what the journey
    does."""

    reentry = forms.ChoiceField(
        label=_("how often may one customer enter?"),
        choices=[
            ("once", _("once ever")),
            ("days", _("once in so many days")),
            ("key", _("once per product")),
            ("always", _("every time")),
        ],
        initial="once",
    )
    reentry_days = forms.IntegerField(
        label=_("days"), required=False, min_value=1, max_value=3650, initial=7
    )
    holdout_percent = forms.IntegerField(
        label=_("held out, to measure the effect (%)"),
        min_value=0,
        max_value=90,
        initial=10,
        help_text=_(
            "So many walk through without any marketing message or coupon; service messages go to"
            " everybody. Nobody is held out where nothing is marketing."
        ),
    )
    entry_segment = EntryRule.base_fields["segment"]  # a trigger has a segment of its own
    per_hour = EntryRule.base_fields["per_hour"]

    shown_if = {"reentry_days": "reentry=days"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["entry_segment"].queryset = rights.usable().order_by("name")

    def clean(self):
        data = super().clean()
        if data.get("reentry") == "days" and not data.get("reentry_days"):
            self.add_error("reentry_days", _("Say how many days."))
        return data

    def stored(self) -> dict:
        data = self.cleaned_data
        kind = data.get("reentry") or REENTRIES[0]
        days = {"days": data["reentry_days"]} if kind == "days" and data.get("reentry_days") else {}
        segment = data.get("entry_segment")
        entry = {"segment": segment and segment.pk, "per_hour": data.get("per_hour")}
        return {
            "entry": {name: value for name, value in entry.items() if value},
            "reentry": {"kind": kind, **days},
            "holdout_percent": data.get("holdout_percent") or 0,
        }


def entry_form(draft: dict, data=None) -> EntryForm:
    reentry = draft.get("reentry") if isinstance(draft.get("reentry"), dict) else {}
    entry = draft.get("entry") if isinstance(draft.get("entry"), dict) else {}
    shown = {
        "entry_segment": entry.get("segment"),
        "per_hour": entry.get("per_hour"),
        "reentry": reentry.get("kind"),
        "reentry_days": reentry.get("days") or 7,
        "holdout_percent": draft.get("holdout_percent", 0),
    }
    return EntryForm(data, initial=shown)


class StepPage:
    """The form of one step or trigger, as a template shows it."""

    def __init__(self, kind: type[forms.Form], fields: dict, user, data=None, *, rule: str = ""):
        """`fields` are the stored ones; with `data`, what was posted takes their place. Of several
        rules one is written at a time: `rule`."""
        self.kind, self.user = kind, user
        fields = fields if isinstance(fields, dict) else {}
        self.rule_names = [
            name for name, field in kind.base_fields.items() if isinstance(field, RuleField)
        ]
        named = data.get("rule_name", "") if data is not None else rule
        self.rule_name = named if named in self.rule_names else next(iter(self.rule_names), "")
        self.stored = read(kind, data, fields, self.rule_name) if data is not None else fields
        self.form = themed(kind(data=self.stored) if data is not None else kind(initial=fields))
        if "channel" in self.form.fields:
            self.form.fields["channel"].widget = forms.Select(
                choices=[(one.key, one.label) for one in channels]
            )
            themed(self.form)
        self.posted = data
        for field in self.form.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.queryset.model is Segment:
                field.queryset = rights.usable().order_by("name")

    def plain_fields(self) -> list:
        """What the template shows field by field; the name of a way stands beside its rule."""
        beside = {one["label"].name for one in self.rules() if one["label"]}
        return [
            self.form[name]
            for name, field in self.form.fields.items()
            if not isinstance(field, RuleField | ContentField) and name not in beside
        ]

    def rule(self) -> dict | None:
        if not (name := self.rule_name):
            return None
        part = (
            builder.from_post(self.posted)
            if self.posted is not None
            else builder.from_definition(self.stored.get(name) or {})
        )
        return {
            "rule": themed_rule(part),
            "menu": builder.menu(self.user),
            "errors": self.form.errors.get(name, []),
        }

    def rules(self) -> list[dict]:
        """Where there are several: each in words, with the field of its way's name, and whether it
        is the one that is written now."""
        several = self.rule_names if len(self.rule_names) > 1 else []
        labels = [name.removesuffix("_rule") + "_label" for name in several]
        return [
            {
                "name": name,
                "number": number,
                "label": self.form[label] if label in self.form.fields else None,
                "is_open": name == self.rule_name,
                "sentence": rules.sentence(rule) if rule else "",
            }
            for number, (name, label) in enumerate(zip(several, labels, strict=True), 1)
            if isinstance(rule := self.stored.get(name) or {}, dict)
        ]

    def contents(self) -> list | None:
        if not any(isinstance(field, ContentField) for field in self.kind.base_fields.values()):
            return None
        channel = self.stored.get("channel") or IN_APP
        return content_forms(channel, self.stored.get("content") or {}, self.posted)


def asks_too_much(kind: type[forms.Form] | None, fields) -> bool:
    """Whether a rule in it asks for what the viewer may not see: then its words are not shown, and
    it is not changed here."""
    named = [
        name
        for name, field in (kind.base_fields if kind else {}).items()
        if isinstance(field, RuleField)
    ]
    return any(
        not viewer.may(*rules.needs(fields.get(name) or {}))
        for name in named
        if isinstance(fields, dict)
    )


def read(kind: type[forms.Form], data, kept: dict, rule_name: str) -> dict:
    """What was posted as it is stored: clean where it is right, else as it was typed, so that a
    draft loses nothing.

    Of several rules the one of `rule_name` was written; the others are `kept`.
    """
    merged = data.copy()
    for name, field in kind.base_fields.items():
        if isinstance(field, RuleField):
            written = builder.from_post(data).definition() if name == rule_name else kept.get(name)
            merged.setlist(
                name, [written if isinstance(written, dict) and written.get("of", True) else {}]
            )
        elif isinstance(field, ContentField):
            merged.setlist(name, [content_of(data)])
    form = kind(data=merged)
    form.full_clean()
    found = {}
    for name in form.fields:
        value = form.cleaned_data[name] if name in form.cleaned_data else form[name].data
        if value not in (None, "", [], {}, False):
            found[name] = stored_value(value)
    return found


def content_of(data) -> dict:
    channel = data.get("channel") or IN_APP
    if channel not in channels:
        return {}
    form = channels[channel].Content(data, prefix=channel)
    form.full_clean()
    return {
        name: stored_value(form.cleaned_data.get(name, form[name].data)) for name in form.fields
    }


def stored_value(value):
    """As JSON says it."""
    if isinstance(value, QuerySet):
        return sorted(row.pk for row in value)
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def given_at(draft: dict, step: str) -> frozenset[str] | None:
    """What the texts of this step can speak of; None, so anything, while the draft cannot be
    read or nothing leads there."""
    try:
        return places.given(read_definition(draft)).get(step)
    except InvalidJourney:
        return None
