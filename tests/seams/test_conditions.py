"""Every kind of condition that settings name."""

import pytest

from customers.models import Segment, Tag
from customers.segments import rules
from tests.factories import a_batch, a_segment, a_workspace
from tests.segments.leaves import all_leaves

pytestmark = pytest.mark.django_db


def test_no_rule_asks_for_a_right_that_no_kind_of_condition_names():
    """Whoever has all of the kinds' rights is asked for none of any rule's
    (customers/segments/rights.py)."""
    a_workspace()
    named = {"customers.view_customer", *(kind.permission for kind in rules.conditions)}
    by_rule = Segment.objects.create(name="by rule", definition={"op": "all", "of": []})
    leaves = all_leaves(Tag.objects.create(name="VIP"), a_batch(), a_segment(), by_rule)

    assert {leaf["condition"] for leaf in leaves} >= {
        kind.key for kind in rules.conditions if kind.is_offered
    }
    for leaf in leaves:
        assert rules.permissions(leaf) | rules.needs(leaf) <= named, leaf
