"""All ways in on one page: lag, volume, refusals, what has changed, and trying again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from crm_project.jobs import running
from crm_project.queue.due import database_now
from events import ingest, schema
from events.models import SeenProperty, SourceVolume
from integrations.models import Quarantine, QueueState
from integrations.sync import home
from integrations.sync.drifting import Drift
from tests.factories import NOW, a_source, an_event, member
from tests.sync.shop import a_queue

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(client):
    with translation.override("en"):
        client.force_login(User.objects.create_superuser("boss", password="secret-1234"))
        client.cookies["django_language"] = "en"
        yield client


def named(name: str):
    source = a_source()
    source.name = name
    source.save()
    return source


def volume(source, *, today: int, before: int):
    now = database_now().replace(minute=0, second=0, microsecond=0)
    SourceVolume.objects.create(source=source, at=now - HOUR, n=today)
    SourceVolume.objects.create(source=source, at=now - HOUR - home.WEEK, n=before)


def test_volume_is_counted_once_by_source_and_hour():
    source = a_source()
    ingest.record(source, [an_event(member(n), at=NOW) for n in range(3)])
    schema.look()
    ingest.record(source, [an_event(member(n), at=NOW) for n in range(2)])
    schema.look()
    schema.look()
    assert sum(SourceVolume.objects.filter(source=source).values_list("n", flat=True)) == 5


def test_half_of_the_usual_is_told_and_little_is_not():
    one, two, three = named("halved"), named("well"), named("small")
    volume(one, today=40, before=100)
    volume(two, today=60, before=100)
    volume(three, today=1, before=99)
    user = User.objects.create_superuser("boss", password="secret-1234")
    (line,) = Drift().lines(user, database_now())
    assert "halved" in line.sentence


def test_a_property_that_comes_as_something_else_is_told():
    source = named("shop")
    for value in (1, 2, None):
        ingest.record(source, [an_event(member(1), at=NOW, properties={"size": value})])
        schema.look()
    assert SeenProperty.objects.get(key="size").changed_at is None
    ingest.record(source, [an_event(member(1), at=NOW, properties={"size": "L"})])
    schema.look()
    assert SeenProperty.objects.get(key="size").changed_at is not None
    assert len(home.drift(database_now())) == 1


def test_the_page_shows_each_way_and_tries_again(desk):
    queue = a_queue()
    QueueState.objects.create(
        queue=queue, waiting=7, last_error="The broker did not answer in time."
    )
    volume(queue.source, today=10, before=1000)
    ingest.record(a_source(), [an_event(member(1), at=NOW)])
    Quarantine.objects.create(
        source=queue.source, format="queue", code="x", raw="e30=", received_at=database_now()
    )
    page = desk.get(reverse("ways_in")).content.decode()
    assert "Less than half of the usual: 10 instead of 1000." in page
    assert "The broker did not answer in time." in page
    assert "Try all again" in page
    address = reverse("ways_in_replay", args=[queue.source.pk])
    assert desk.get(address).status_code == 405
    assert "1 refusal is tried again." in desk.post(address, follow=True).content.decode()
    while running.work():
        pass
    with CaptureQueriesContext(connection) as few:
        home.ways(database_now())
    for _ in range(5):
        volume(a_source(), today=1, before=1)
        a_queue()
    with CaptureQueriesContext(connection) as many:
        home.ways(database_now())
    assert len(many) == len(few)


def test_rights_are_asked(client):
    user = User.objects.create_user("one", is_staff=True)
    client.force_login(user)
    assert client.get(reverse("ways_in")).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_source"))
    assert client.get(reverse("ways_in")).status_code == 200
    address = reverse("ways_in_replay", args=[a_source().pk])
    assert client.post(address).status_code == 403
