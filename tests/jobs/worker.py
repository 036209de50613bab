"""Works on jobs, the toys among them, until it is killed: `python -m tests.jobs.worker`."""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
django.setup()

from crm_project.jobs.kinds import jobs  # noqa: E402 -- needs Django
from crm_project.tasks import work_on_jobs  # noqa: E402
from tests.jobs import toy  # noqa: E402

if __name__ == "__main__":
    jobs.by_key.update(toy.KINDS)
    while True:
        work_on_jobs()
        time.sleep(0.05)
