"""`make proof` notes what it proved; `make proof PART=status` tells when."""

import os
import subprocess
import sys

import pytest

from tests import proofs

A_PROOF = """
import pytest

@pytest.mark.proof
def test_holds(): pass

@pytest.mark.proof
def test_holds_not(): assert {ok}

def test_no_proof(): pass
"""
CONFTEST = """
from tests import proofs

def pytest_configure(config):
    config.addinivalue_line("markers", "proof: long")
    config.pluginmanager.register(proofs.Notes())
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of proofs in a folder `disks` of its own. The lines of the status that speak of it."""
    monkeypatch.setenv("PROOFS", str(tmp_path / "kept" / "proofs.json"))
    (tmp_path / "disks").mkdir()
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]")

    def run(*words, ok=True):
        (tmp_path / "disks" / "test_disks.py").write_text(A_PROOF.format(ok=ok))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        subprocess.run(
            command,
            cwd=tmp_path,
            env=env | {"PYTHONPATH": str(proofs.ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            stdout=subprocess.DEVNULL,
        )
        return [line for line in proofs.status() if line.startswith("disks")]

    return run


def test_a_proof_that_passed_is_noted_with_its_counts(run):
    [line] = run("-m", "proof", "disks")

    assert line.startswith("disks: passed 20")
    assert line.endswith("(2 passed)")
    assert (proofs.commit() or "in") in line


def test_some_of_a_part_is_not_the_part(run):
    assert [line.split(": ")[0] for line in run("-m", "proof", "disks", "-k", "not")] == [
        "disks -k not"
    ]
    assert [line.split(": ")[0] for line in run("-m", "proof", "disks", "disks/test_disks.py")] == [
        "disks -k not",
        "disks/test_disks.py",
    ]


def test_what_failed_since_stands_beside_what_had_passed(run):
    run("-m", "proof", "disks")
    noted = proofs.read(proofs.place())
    noted["disks"]["passed"]["at"] = "2026-01-01T00:00:00+00:00"
    proofs.place().write_text(proofs.json.dumps(noted))

    [line] = run("-m", "proof", "disks", ok=False)
    assert line.startswith("disks: passed 2026-01-01")
    assert "; FAILED 20" in line
    assert "1 passed, 1 failed" in line


def test_other_runs_note_nothing(run):
    assert run("disks") == []
    assert run("-m", "not proof", "disks") == []
    assert run("-m", "proof", "--collect-only", "disks") == []


def test_each_part_is_told_of_also_when_it_never_ran(run):
    told = {line.split(": ")[0]: line for line in proofs.status()}

    assert {
        "walk",
        "faults",
        "runtime",
        "clients",
        "browser",
        "inputs",
        "segments",
        "pythons",
        "servers",
    } <= told.keys()
    assert told["faults"] == "faults: never passed here"
