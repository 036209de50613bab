"""A push is stored and answered; what follows from it is done by its event's reaction, once,
however often and in whatever order it was told, and whoever dies in between."""

from datetime import timedelta

import pytest

from campaigns import automation
from campaigns.models import Suppression
from crm_project.queue.due import database_now
from customers.models import ErasureRequest
from demo.vendors.wechat import events
from events.models import Event, Reaction
from integrations.models import Grant, ServiceWindow
from integrations.wechat import account
from tests.faults.test_failpoints import dies
from tests.integrations.wechat.app import App, a_person, a_template, an_app, pushed, react

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def app():
    account.forget()
    return an_app()


@pytest.fixture
def at() -> float:
    """A while ago, as the platform counts."""
    return (database_now() - timedelta(hours=1)).timestamp() // 1


def three_times(client, one) -> None:
    for _time in range(3):
        assert pushed(client, one).content == b"success"


def free() -> list[str]:
    rows = Grant.objects.filter(state="free").order_by("identity__value", "template__key")
    return list(rows.values_list("identity__value", flat=True))


@pytest.mark.parametrize("kind", ["one_time", "long_term"])
def test_an_accept_is_not_lost_and_counts_once(client, app, at, kind):
    template = a_template(app, kind=kind)
    choices = [(template.key, "accept"), ("another", "accept"), ("a third", "reject")]
    one = events.popup(App, "oX", at, choices)
    three_times(client, one)
    assert not Grant.objects.exists()

    react()
    assert free() == ["oX", "oX"]
    three_times(client, one)
    react()
    assert free() == ["oX", "oX"]


def test_many_people_at_once_and_one_of_them_several_times(client, app, at):
    template, hourly = a_template(app), a_template(app, kind="long_term")
    for n in range(20):
        pushed(client, events.popup(App, f"o{n:02}", at + n, [(template.key, "accept")]))
    for n in range(3):
        pushed(client, events.popup(App, "o00", at + 600 + n, [(template.key, "accept")]))
        pushed(client, events.popup(App, "o00", at + 900 + n, [(hourly.key, "accept")]))
    react()
    assert len(free()) == 20 + 3 + 1
    assert free().count("o00") == 1 + 3 + 1


def test_everything_else_is_done_by_reactions(client, app, at):
    template = a_template(app)
    for openid in ("oX", "oY"):
        three_times(client, events.popup(App, openid, at - 60, [(template.key, "accept")]))
    three_times(client, events.change(App, "oX", at, [template.key]))
    three_times(client, events.revoked(App, "oY", at, "201"))
    three_times(client, events.message(App, "oX", at, 1, "text", Content="hello"))
    assert not Grant.objects.exists()
    assert not ErasureRequest.objects.exists()

    react()

    assert not free()
    assert Suppression.objects.get().reason == "authorization_revoked"
    assert ErasureRequest.objects.count() == 1
    assert ServiceWindow.objects.get().kind == "wrote"


def test_who_agrees_anew_after_a_withdrawal_has_agreed(client, app, at):
    """Though all of it is taken up at once, and the last was told first."""
    template = a_template(app)
    a_person("oX")
    pushed(client, events.popup(App, "oX", at + 120, [(template.key, "accept")]))
    pushed(client, events.revoked(App, "oX", at + 60, "201"))
    pushed(client, events.popup(App, "oX", at, [(template.key, "accept")]))

    react()

    assert free() == ["oX"]
    assert not Suppression.objects.exists()
    assert ErasureRequest.objects.count() == 1


def test_each_of_several_openids_of_one_customer_has_its_own(client, app, at):
    template, first = a_template(app), a_person("oX")
    a_person("oY", customer=first.customer)
    for openid in ("oX", "oY"):
        pushed(client, events.popup(App, openid, at, [(template.key, "accept")]))
    react()
    assert free() == ["oX", "oY"]


def test_an_event_of_an_older_release_says_no_openid(client, app, at):
    template = a_template(app)
    pushed(client, events.popup(App, "oX", at, [(template.key, "accept")]))
    Event.objects.update(context={})
    react()
    assert free() == ["oX"]


@pytest.mark.parametrize("apart", [timedelta(days=-8), timedelta(hours=2)])
def test_what_sets_nothing_in_motion_is_done_in_the_request(client, app, apart):
    """It came a week late, out of the spool of a host that stood still."""
    template = a_template(app)
    then = (database_now() + apart).timestamp() // 1
    one = events.popup(App, "oX", then, [(template.key, "accept")])
    three_times(client, one)
    assert not Reaction.objects.exists()
    assert free() == ["oX"]


def test_a_kill_in_the_middle_counts_nothing_twice(client, app, at, tmp_path):
    template = a_template(app)
    for n in range(5):
        pushed(client, events.popup(App, f"o{n}", at, [(template.key, "accept")]))
    dies("react.worked", automation.process_reactions, tmp_path)
    assert not free()
    Reaction.objects.update(due_at=database_now())
    react()
    assert len(free()) == 5
