"""Exports on a schedule, in a folder and in a bucket."""

import pytest
from django.contrib.auth.models import User

from crm_project.files import stores
from crm_project.jobs import running
from customers.bulk import scheduled
from tests.customers.test_exports import a_schedule

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_file_lies_there_under_its_own_name(store, settings, tmp_path):
    if store == "database":
        pytest.skip("rows are no place for files of others")
    settings.EXPORTS_URL = settings.FILES_URL
    (tmp_path / "shared").mkdir(exist_ok=True)
    row = a_schedule(User.objects.create_superuser("boss", password="secret-1234"), tmp_path)
    scheduled.fire()
    while running.work():
        pass
    row.refresh_from_db()
    (name,) = stores.at(settings.EXPORTS_URL).names("exports")
    assert name == scheduled.file_name(row, row.job)
    assert row.delivered_at
