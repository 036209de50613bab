"""kill -9 of the process that works on a job: nothing is lost and nothing doubled."""

import contextlib

import pytest

from crm_project.files import storing
from tests.jobs import toy
from tests.jobs.toy import begun, done
from tests.product import eventually

PATIENCE = 300  # seconds for what takes two on a quiet machine


LEASED, WORKED = "due.leased:2", "job.worked:2"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("rows", "fail_points"),
    [
        pytest.param(20_000, [WORKED], marks=pytest.mark.proof, id="short"),
        pytest.param(200_000, [LEASED, WORKED], marks=pytest.mark.proof, id="whole"),
    ],
)
def test_a_job_survives_kills(toys, tmp_path, rows, fail_points):
    """Before a batch is begun, after it is written and before it is committed, and somewhere."""
    job = begun(n=rows, skips=True, poison=[4_321])
    for number, fail_point in enumerate(fail_points):
        killed = toy.worker(f"{fail_point}:{tmp_path / str(number)}")
        assert killed.wait(PATIENCE) == -9
    assert len(done(job)) < rows // 2
    with running(toy.worker()) as victim:
        before = len(done(job))
        assert eventually(lambda: len(done(job)) > before, seconds=PATIENCE, every=0.005)
        victim.kill()
        victim.wait()
    with running(toy.worker()):
        assert eventually(lambda: is_over(job), seconds=PATIENCE)

    assert (job.state, job.error) == ("done", "")
    assert done(job) == [n for n in range(1, rows + 1, 2) if n != 4_321]
    assert (job.done_rows, job.skipped) == (rows // 2 - 1, {"even": rows // 2, "failed": 1})
    lines = b"".join(storing.pieces(job.errors)).decode().splitlines()
    assert len(lines) == len(set(lines)) == 1 + rows // 2 + 1


def is_over(job) -> bool:
    job.refresh_from_db()
    return job.is_over


@contextlib.contextmanager
def running(process):
    try:
        yield process
    finally:
        process.kill()
        process.wait()
