import pytest
from django.core.management import call_command


@pytest.mark.smoke
@pytest.mark.django_db
def test_the_project_checks_clean():
    call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.smoke
@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
