"""What an entry of each seam owes beside what all owe, by the seam's setting. Each is called with
the entry and fails by assertion.

A seam that is not here fails a test: whoever adds one says here what its entries promise.
"""

import inspect

from django import forms
from django.apps import apps
from django.template.loader import get_template
from django.utils.functional import Promise

from campaigns.journeys.steps.base import Step
from campaigns.journeys.triggers import Trigger
from customers.data_rights.erasing import Eraser
from customers.segments import rules
from customers.segments.conditions.base import Condition
from integrations.connections.vendors import SecretField, Vendor

SENTENCES = (str, Promise)


def overridden(entry, base, *names: str) -> None:
    """The entry says these itself, or inherits them from somewhere between itself and the base."""
    for name in names:
        assert getattr(entry, name) is not getattr(base, name), f"{name} is missing"


def base_of(entry, name: str) -> type:
    """The class of the seam: the last one of the entry's ancestors that knows the name."""
    return [kind for kind in entry.__mro__ if name in vars(kind)][-1]


def says(*names: str):
    """These methods are the entry's own."""

    def check(entry):
        for name in names:
            overridden(entry, base_of(entry, name), name)

    return check


def a_condition(entry):
    assert issubclass(entry, forms.Form)
    assert entry.permission, "whose data it asks about"
    assert isinstance(entry.reads, frozenset)
    # one that only stands for a tree is never asked itself
    says("sentence", "customers" if entry.expand is Condition.expand else "expand")(entry)
    if entry.is_offered:
        assert isinstance(entry.help, SENTENCES)
        assert str(entry.help)


def a_channel(entry):
    says("addresses")(entry)
    if not entry.is_pull:
        says("send")(entry)


def a_start(entry):
    """A beginning is a rule that can be saved as it stands."""
    rules.check(entry().definition())


def an_act(entry):
    assert entry.permission
    assert issubclass(entry.Form, forms.Form)
    says("carry_out")(entry)


def an_action(entry):
    assert entry.permission
    assert issubclass(entry.Form, forms.Form)
    assert entry.icon or not entry.is_listed
    if not entry.is_page:
        get_template(entry.template)
        says("carry_out")(entry)


def a_panel(entry):
    get_template(entry.template)
    assert entry.place in {"head", "side"}
    says("context")(entry)


def a_timeline_source(entry):
    assert entry.icon
    assert isinstance(entry.facts, dict)
    says("rows", "entry")(entry)


def an_eraser(entry):
    assert issubclass(entry, Eraser)
    for label in entry.keeps:
        apps.get_model(label)


def a_kind(entry):
    assert all(map(str, (entry.what, entry.why, entry.whence)))
    for label in entry.tables:
        apps.get_model(label)
    if entry.is_cleared:
        says("step")(entry)


def a_figure(entry):
    """Its names are its own; one without names keeps numbers of its own with the same tick."""
    assert len(set(entry.names)) == len(entry.names)
    if entry.names:
        assert "select" in str(entry.rows).lower() or entry.follows
    else:
        says("keep_up")(entry)


def a_step(entry):
    assert issubclass(entry, Step)
    says("run", "sentence")(entry)
    if entry.waits:
        assert isinstance(entry.at_once, frozenset)


def a_trigger(entry):
    assert issubclass(entry, Trigger)
    says("sentence")(entry)


def a_format(entry):
    assert bool(entry.paths) is entry.has_address
    assert set(entry.shown_paths) <= set(entry.paths)
    says("authenticate", "parse", "ack")(entry)
    for door in entry.doors():
        assert door.path in entry.paths


def a_vendor(entry):
    assert str(entry.help)
    says("account", "test", "request")(entry)
    fields = entry.Form.base_fields
    assert all(str(field.label) for field in fields.values())
    hidden = {name for name, field in fields.items() if isinstance(field, SecretField)}
    assert entry.secrets() == hidden
    for name, field in fields.items():
        is_named_secret = any(word in name for word in ("secret", "password", "token"))
        assert isinstance(field, SecretField) or not is_named_secret, f"{name} would be shown"
    if entry.mints:
        overridden(entry, Vendor, "rotated", "completed")


def nothing_more(_entry):
    """What all owe is enough; where it has a contract of its own, the test named here holds it."""


CONTRACTS = {
    "CRM_ALARMS": says("problem"),
    "CRM_APPROVALS": says("content", "words"),
    "CRM_BULK_ACTS": an_act,
    "CRM_CALLERS": says("ended"),
    "CRM_CHANNELS": a_channel,  # and tests/seams/test_channels.py
    "CRM_CUSTOMER_COLUMNS": nothing_more,
    "CRM_DERIVED_STATE": says("keep"),
    "CRM_ERASERS": an_eraser,
    "CRM_EXPORTS": says("parts"),
    "CRM_FIGURES": a_figure,
    "CRM_FINDERS": says("find"),
    "CRM_FOLLOWERS": says("follow"),
    "CRM_FORMATS": a_format,
    "CRM_HOST_DUTIES": says("work"),
    "CRM_JOBS": says("step"),
    "CRM_JOURNEY_STEPS": a_step,
    "CRM_LOGIN_PROVIDERS": says("is_code", "exchange"),
    "CRM_JOURNEY_TRIGGERS": a_trigger,
    "CRM_MESSAGE_CHECKS": says("stops"),
    "CRM_FACTS": says("lines"),
    "CRM_NEEDS": says("lines"),
    "CRM_NORMALISERS": says("window"),
    "CRM_ORIGINS": says("held", "subject"),  # and tests/seams/test_origins.py
    "CRM_OUTCOMES": nothing_more,  # tests/seams/test_origins.py
    "CRM_PROFILE_ACTIONS": an_action,
    "CRM_PROFILE_PANELS": a_panel,
    "CRM_RETENTION": a_kind,
    "CRM_SEGMENT_CONDITIONS": a_condition,  # and tests/seams/test_conditions.py
    "CRM_SEGMENT_PANELS": nothing_more,
    "CRM_SEGMENT_STARTS": a_start,
    "CRM_SEGMENT_USED_IN": nothing_more,
    "CRM_SUGGESTIONS": says("suggest"),
    "CRM_TELLERS": says("is_set_up", "tell"),
    "CRM_TIMELINE": a_timeline_source,
    "CRM_VENDORS": a_vendor,
}
# Seams that list functions: how each is called (a TypeError where it cannot be).
LISTS = {
    "CRM_AFTER_RESTORE": lambda found: inspect.signature(found).bind(taken_at=None, now=None),
    "CRM_DUE_TODAY": lambda found: inspect.signature(found).bind(None, None),
    "CRM_USES": lambda found: inspect.signature(found).bind(None, None),
}
NAMES = {"CRM_WATCHED_EVENTS"}  # of events, not of code
