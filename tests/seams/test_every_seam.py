"""Every entry of every registry: what all owe (a key that can be stored, a label in both languages,
permissions that exist), and what its seam promises (contracts.py)."""

import importlib
import pkgutil
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.utils import translation
from django.utils.functional import Promise
from django.utils.module_loading import import_string

import campaigns
import crm_project
import customers
import events
import integrations
from crm_project import subjects
from crm_project.registry import Registry
from events import names
from tests.seams.contracts import CONTRACTS, LISTS, NAMES

ROOMS = (crm_project, customers, events, campaigns, integrations)
A_KEY = re.compile(r"[a-z][a-z0-9_-]{1,38}").fullmatch
# Whose entries show, find or change what belongs to people: none of them without a permission.
GUARDED = {
    "CRM_BULK_ACTS",
    "CRM_CUSTOMER_COLUMNS",
    "CRM_FACTS",
    "CRM_NEEDS",
    "CRM_PROFILE_ACTIONS",
    "CRM_SEGMENT_CONDITIONS",
    "CRM_SEGMENT_PANELS",
    "CRM_SEGMENT_USED_IN",
    "CRM_SUGGESTIONS",
}
PROPER_NAMES = re.compile(r"[A-Z][\w ,]*( [一-龥]+)?").fullmatch  # of products: never translated


def modules():
    """All of the product's code: a registry is known once its module was imported."""
    for room in ROOMS:
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not {"migrations", "management"} & {*found.name.split(".")}:
                yield found.name


for name in modules():
    importlib.import_module(name)
REGISTRIES = sorted(
    (one for one in Registry.all if one.setting != "CRM_TEST"), key=lambda one: one.setting
)
EACH = pytest.mark.parametrize(
    ("seam", "entry"),
    [
        pytest.param(registry.setting, entry, id=f"{registry.setting}-{entry.key}")
        for registry in REGISTRIES
        for entry in registry
    ],
)


def test_every_seam_has_a_contract():
    """A seam without one is named here."""
    assert {one.setting for one in REGISTRIES} - CONTRACTS.keys() == set()
    listed = {subjects.PREFIX + name for name in subjects.SEAMS}
    assert listed - CONTRACTS.keys() - LISTS.keys() - NAMES == set()
    assert CONTRACTS.keys() | LISTS.keys() | NAMES <= listed


def test_every_registry_is_a_seam_of_subjects_and_has_one_owner():
    settings_of = [one.setting for one in REGISTRIES]

    assert len(set(settings_of)) == len(settings_of)
    assert {one.removeprefix(subjects.PREFIX) for one in settings_of} <= subjects.SEAMS.keys()


@EACH
def test_its_key_can_be_stored_and_stand_in_an_address(seam, entry):
    assert A_KEY(entry.key), entry.key


@pytest.mark.django_db
@EACH
def test_its_label_is_words_in_both_languages(seam, entry):
    if "label" not in {name for kind in entry.__mro__ for name in vars(kind)}:
        return
    if not isinstance(entry.label, Promise):
        assert PROPER_NAMES(entry.label) or seam == "CRM_CALLERS", entry.label
        return
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert str(entry.label).strip(), language


@pytest.mark.django_db
@EACH
def test_its_permission_exists(seam, entry):
    """A misspelled one is nobody's, and so hides what it guards from everybody but the boss."""
    permission = getattr(entry, "permission", "")
    assert permission or seam not in GUARDED
    if permission:
        app, _dot, codename = permission.partition(".")
        assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists()


@pytest.mark.django_db
@EACH
def test_it_keeps_the_contract_of_its_seam(seam, entry):
    CONTRACTS[seam](entry)


@pytest.mark.parametrize(
    ("seam", "path"), [(seam, path) for seam in LISTS for path in getattr(settings, seam)]
)
def test_a_line_of_a_plain_list_is_what_its_seam_calls(seam, path):
    LISTS[seam](import_string(path))


def test_events_that_are_always_looked_at_have_sensible_names():
    assert all(0 < len(name) <= 200 for name in settings.CRM_WATCHED_EVENTS)
    assert len({*settings.CRM_WATCHED_EVENTS}) == len(settings.CRM_WATCHED_EVENTS)
    assert names.OTHER not in settings.CRM_WATCHED_EVENTS
