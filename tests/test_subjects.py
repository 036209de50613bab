"""A subject is one folder and one line of settings."""

import ast
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from crm_project import subjects


@pytest.fixture
def subject(tmp_path, monkeypatch):
    """Writes the `subject.py` of a package whose own code cannot be imported yet; its dotted
    path."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def write(name: str, text: str) -> str:
        folder = tmp_path / "toys" / name
        folder.mkdir(parents=True)
        for package in (tmp_path / "toys", folder):
            (package / "__init__.py").write_text("raise RuntimeError('settings are not there yet')")
        (folder / "subject.py").write_text(text)
        return f"toys.{name}.subject"

    return write


def test_what_subjects_bring_is_gathered_seam_by_seam(subject):
    first = subject(
        "points", 'ERASERS = ["toys.points.OfPoints"]\nPROFILE_PANELS = [(20, "toys.points.Panel")]'
    )
    second = subject(
        "games", 'ERASERS = ["toys.games.OfGames"]\nPROFILE_PANELS = [(10, "toys.games.Panel")]'
    )

    found = subjects.gathered([first, second])

    assert found["CRM_ERASERS"] == ["toys.points.OfPoints", "toys.games.OfGames"]
    assert found["CRM_PROFILE_PANELS"] == ["toys.games.Panel", "toys.points.Panel"]
    assert found["CRM_CHANNELS"] == []


def test_an_entry_with_a_place_comes_before_those_without(subject):
    found = subjects.gathered([subject("one", 'TIMELINE = ["a.A", (5, "b.B"), "c.C"]')])

    assert found["CRM_TIMELINE"] == ["b.B", "a.A", "c.C"]


def test_a_seam_that_does_not_exist_is_said(subject):
    with pytest.raises(ImproperlyConfigured, match="PANEL"):
        subjects.gathered([subject("typo", "PANEL = []")])


def test_a_subject_that_is_absent_is_said():
    with pytest.raises(ImproperlyConfigured, match=r"customers\.nothing\.subject"):
        subjects.gathered(["customers.nothing.subject"])


def test_a_subject_that_is_a_mere_folder_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "mere_folder").mkdir()

    with pytest.raises(ImproperlyConfigured, match="mere_folder"):
        subjects.gathered(["mere_folder"])


@pytest.mark.parametrize("path", settings.CRM_SUBJECTS)
def test_no_seam_is_named_twice(path):
    """The second line would take the place of the first, without a word."""
    body = ast.parse(Path(subjects.file_of(path)).read_text()).body
    named = [one.id for node in body if isinstance(node, ast.Assign) for one in node.targets]
    assert len(set(named)) == len(named)
