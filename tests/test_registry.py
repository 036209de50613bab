"""Mechanism one: one file and one line; what is wrong with the list is said when the product
starts."""

import pytest

from crm_project.registry import Registry, UnknownKey
from customers.segments.rules import conditions


@pytest.fixture
def registry(settings):
    def made(*paths):
        settings.CRM_TEST = list(paths)
        found = Registry("CRM_TEST", "customers.segments.conditions.base.Condition")
        Registry.all.remove(found)
        return found

    return made


def test_an_entry_is_found_by_its_key(registry):
    assert registry("customers.segments.conditions.tagged.Tagged")["tag"] is conditions["tag"]


def test_an_unknown_key_is_said_to_be_unknown(registry):
    with pytest.raises(UnknownKey):
        registry()["nothing"]


@pytest.mark.parametrize(
    ("paths", "code"),
    [
        (["customers.nowhere.Nothing"], "hutong.E001"),
        (["customers.models.Tag"], "hutong.E002"),
        (["customers.segments.conditions.tagged.Tagged"] * 2, "hutong.E003"),
    ],
)
def test_what_is_wrong_with_the_list_is_an_error_of_manage_check(registry, paths, code):
    assert [problem.id for problem in registry(*paths).problems()] == [code]


def test_every_list_in_settings_is_sound():
    assert [problem for one in Registry.all for problem in one.problems()] == []
