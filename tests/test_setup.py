import pytest
from django.core.management import call_command

from crm_project.celery import app


@pytest.mark.smoke
@pytest.mark.django_db
def test_the_project_checks_clean():
    call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.smoke
@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_worker_knows_the_task_of_every_tick():
    app.loader.import_default_modules()

    assert {tick["task"] for tick in app.conf.beat_schedule.values()} <= app.tasks.keys()
