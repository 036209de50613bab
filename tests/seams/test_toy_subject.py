"""Adding a subject is one folder and one line: a toy that the product has never heard of is found
by everything it names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OURS = {"DATABASE_URL", "BROKER_URL", "CACHE_URL", "HUTONG_DATA", "TEST_SERVERS", "TEST_TEMPLATE"}
OURS |= {"DJANGO_SETTINGS_MODULE", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"}
WALK = "tests/seams/points/walk.py"
PRODUCT = Path(__file__).parents[2]


@pytest.mark.long
def test_a_toy_subject_is_found_by_all_the_seams_that_it_names():
    """In a process of its own: settings are read once."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment["TEST_SETTINGS"] = "tests.seams.points.settings"

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", WALK],
        cwd=PRODUCT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout
