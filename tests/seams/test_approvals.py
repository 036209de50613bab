"""Every kind of act that may need approval."""

import pytest
from django.urls import reverse

from customers.approval.kinds import as_stored, digest_of, kinds
from tests.admin import rows

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", list(kinds), ids=lambda kind: kind.key)
def test_what_is_approved_is_told_and_recognised(kind):
    row = rows.TO_APPROVE.get(kind.key, rows.ROWS[kind.model])()
    content = as_stored(kind().content(row))

    assert digest_of(content) == digest_of(
        as_stored(kind().content(type(row).objects.get(pk=row.pk)))
    )
    words = kind().words(content)
    assert all(isinstance(part, str) for line in words for part in line)
    assert len({label for label, _said in words}) == len(words)  # two are compared by their labels
    assert kind().name(row) in str(words)
    model = kind.model._meta
    assert reverse(f"admin:{model.app_label}_{model.model_name}_change", args=[row.pk])
