"""Delivery knows messages, and not who asked for them."""

import ast
from pathlib import Path

import pytest
from django.db.models import Q

import campaigns.delivery
from campaigns.delivery.origins import Origin, origins
from campaigns.delivery.outcomes import Outcome, outcomes
from campaigns.models import Message
from crm_project.queue.due import database_now
from crm_project.registry import Registry

ASKING = {"Campaign", "Journey", "JourneyVersion", "Run", "RunStep", "Firing", "Assignment"}
LISTED = pytest.mark.parametrize("origin", list(origins), ids=lambda origin: origin.key)


def modules():
    return sorted(Path(campaigns.delivery.__path__[0]).rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_no_module_of_delivery_imports_who_asks(path):
    named = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert not named & ASKING


def test_the_lists_have_no_problems():
    for registry in (origins, outcomes):
        assert registry in Registry.all
        assert registry.problems() == []


@LISTED
@pytest.mark.django_db
def test_an_origin_says_nothing_of_others_messages(origin):
    message = Message(pk=1, customer_id=1)
    one = origin()

    assert isinstance(one, Origin)
    assert isinstance(one.held(), Q)
    assert one.subject(message) == ""
    assert Message.objects.filter(one.held()).count() == 0
    if withdrawn := one.withdrawn(database_now()):
        theirs, reason = withdrawn
        assert Message.objects.filter(theirs).count() == 0
        assert 0 < len(reason) <= 60


@pytest.mark.parametrize("outcome", list(outcomes), ids=lambda outcome: outcome.key)
def test_an_outcome_sets_columns_of_the_message(outcome):
    assert issubclass(outcome, Outcome)
    for column in (outcome.column, *outcome.implies):
        assert Message._meta.get_field(column).null
    assert outcome.suppresses in (None, "", "marketing", "service")
    assert outcome.arrived or not outcome.is_proof
    assert not outcome.arrived or "delivered_at" in (outcome.column, *outcome.implies)
